-- Rows and values of types that are not the server's own come back where no code of users turns them into text and back.
CREATE EXTENSION surefoot;
CREATE EXTENSION citext;
SET client_min_messages = warning;
\set ECHO none
\i test/fixtures/rows_there_and_back.sql
\set ECHO all

CREATE TYPE mood AS ENUM ('sad', 'ok', 'a "b", {c}');
CREATE SCHEMA "odd, schema";
CREATE TYPE "odd, schema"."type." AS ENUM ('x', 'y');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE people (id int PRIMARY KEY, mood mood, moods mood[], odd "odd, schema"."type.", name citext, names citext[]);
INSERT INTO people VALUES (1, 'sad', '{sad,NULL,"a \"b\", {c}"}', 'x', 'Ann', '{A,b}'), (2, 'a "b", {c}', '{}', NULL, NULL, NULL), (3, NULL, NULL, 'y', 'bob', '{}');
CREATE TABLE moods (mood mood, n int);
INSERT INTO moods VALUES ('sad', 1), ('ok', NULL);
CREATE TABLE counts (id int PRIMARY KEY, n positive, note text);
INSERT INTO counts VALUES (1, 1, 'one');

\pset tuples_only on
SELECT * FROM there_and_back('UPDATE people SET mood = ''ok'', moods = ''{ok}'', odd = ''y'', name = upper(name), names = NULL');
SELECT * FROM there_and_back('DELETE FROM people; UPDATE moods SET n = 5; INSERT INTO moods VALUES (NULL, NULL)');
SELECT * FROM there_and_back('CREATE TYPE state AS ENUM (''on'', ''off''); ALTER TABLE people ADD COLUMN state state; UPDATE people SET state = ''off'', mood = ''ok''');
SELECT * FROM there_and_back('ALTER TABLE people ADD COLUMN n positive DEFAULT 3; UPDATE people SET mood = ''ok'', n = id');
-- Values of columns that go, with their types too.
SELECT * FROM there_and_back('ALTER TABLE people DROP COLUMN odd; DROP TYPE "odd, schema"."type."');
SELECT * FROM there_and_back('ALTER TABLE people DROP COLUMN names');
SELECT * FROM there_and_back('ALTER TABLE counts DROP COLUMN note');
-- Whole tables.
SELECT * FROM there_and_back('DROP TABLE people');
SELECT * FROM there_and_back('DROP TABLE people; DROP TYPE "odd, schema"."type."; DROP TABLE moods; DROP TYPE mood');
-- By their storage: enums as numbers, which are others when the type is made anew, and are called what they were called.
CREATE TYPE word AS ENUM ('a', E'b\n\\n', ' c ');
CREATE TABLE words (id int, w word, dropped int, x word DEFAULT ' c ');
INSERT INTO words (id, w) VALUES (1, 'a'), (2, E'b\n\\n'), (3, NULL), (4, ' c ');
SELECT * FROM there_and_back('DROP TABLE words');
SELECT * FROM there_and_back('DROP TABLE words; DROP TYPE word');
SELECT * FROM there_and_back('DROP TABLE words; ALTER TYPE word RENAME VALUE ''a'' TO ''z''');
SELECT * FROM there_and_back('TRUNCATE words');
SELECT * FROM there_and_back('DROP TABLE words; ALTER TYPE word RENAME VALUE ''a'' TO ''z''; ALTER TYPE word RENAME VALUE '' c '' TO ''a''; ALTER TYPE word RENAME VALUE ''z'' TO '' c ''');
SELECT * FROM there_and_back('TRUNCATE words; ALTER TYPE word RENAME VALUE ''a'' TO ''z''; ALTER TYPE word RENAME VALUE '' c '' TO ''a''; ALTER TYPE word RENAME VALUE ''z'' TO '' c ''');
ALTER TABLE words DROP COLUMN dropped;
SELECT * FROM there_and_back('DROP TABLE words');
ALTER TABLE words ADD COLUMN late word DEFAULT 'a';
SELECT * FROM there_and_back('DROP TABLE words');
SELECT migrate_register('1001', 'truncate', 'TRUNCATE words');
SELECT migrate_apply('1001');
ALTER TYPE word ADD VALUE 'new';
INSERT INTO words (id, w) VALUES (5, 'new');
SELECT migrate_revert('1001', accept => '{conflicts}');
SELECT * FROM words ORDER BY id;
SELECT migrate_register('1002', 'drop', 'DROP TABLE words');
SELECT migrate_apply('1002');
ALTER TYPE word RENAME VALUE 'new' TO 'newer';
SELECT migrate_revert('1002');
SELECT * FROM words ORDER BY id;
-- Values that are called otherwise meanwhile.
SELECT * FROM there_and_back('DROP TABLE people; ALTER TYPE mood RENAME VALUE ''sad'' TO ''blue''');
SELECT * FROM there_and_back('TRUNCATE people');
TRUNCATE people;
INSERT INTO people (id, mood, name) VALUES (1, 'ok', 'Ann');
SELECT * FROM there_and_back('UPDATE people SET mood = ''sad''; ALTER TYPE mood RENAME VALUE ''sad'' TO ''blue''');
SELECT * FROM there_and_back('ALTER TYPE mood RENAME TO feeling; UPDATE people SET mood = ''sad''');
-- A domain's checks may be code of users; keys of citext are compared by its own operators.
BEGIN;
SELECT * FROM there_and_back('UPDATE counts SET n = 2');
SELECT * FROM there_and_back('ALTER TABLE counts DROP COLUMN n');
CREATE TABLE named (name citext PRIMARY KEY);
INSERT INTO named VALUES ('ANN'), ('BOB');
CREATE TABLE naming (name citext REFERENCES named, n int);
INSERT INTO naming VALUES ('Ann', 1);
SELECT * FROM there_and_back('UPDATE naming SET n = 2');
SELECT * FROM there_and_back('DELETE FROM named WHERE name = ''bob''');
ROLLBACK;
-- A cast of users, which would say that no row is what it was.
CREATE FUNCTION cast_text(text) RETURNS mood LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'as %', current_user; RETURN NULL; END $$;
CREATE CAST (text AS mood) WITH FUNCTION cast_text(text);
CREATE TABLE felt (mood mood UNIQUE, n int);
CREATE TABLE of_felt (mood mood REFERENCES felt (mood));
INSERT INTO felt VALUES ('sad', 1), ('ok', 2);
INSERT INTO of_felt VALUES ('ok'), (NULL);
SELECT * FROM there_and_back('DELETE FROM of_felt; UPDATE felt SET mood = ''a "b", {c}'', n = 7 WHERE mood = ''sad''');
SELECT migrate_register('2000', 'change', 'INSERT INTO felt VALUES (''a "b", {c}'')');
SELECT migrate_apply('2000');
INSERT INTO of_felt VALUES ('a "b", {c}');
SELECT migrate_revert('2000');
DELETE FROM of_felt WHERE mood = 'a "b", {c}';
SELECT migrate_revert('2000');
TABLE felt;
DROP TABLE of_felt, felt;
DROP FUNCTION cast_text CASCADE;
-- Such a key that came since: what cannot be checked is not put back.
CREATE TABLE named (name citext);
INSERT INTO named VALUES ('ANN'), ('BOB');
SELECT migrate_register('2001', 'change', 'DELETE FROM named WHERE name = ''bob''');
SELECT migrate_apply('2001');
ALTER TABLE named ADD PRIMARY KEY (name);
CREATE TABLE naming (name citext REFERENCES named);
SELECT migrate_revert('2001');
\echo :LAST_ERROR_SQLSTATE
DROP TABLE naming;
SELECT migrate_revert('2001');
TABLE named;
-- A value that is gone.
SELECT migrate_register('2002', 'change', 'UPDATE moods SET mood = ''ok''');
SELECT migrate_apply('2002');
ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';
SELECT migrate_revert('2002');
\echo :LAST_ERROR_SQLSTATE
ALTER TYPE mood RENAME VALUE 'blue' TO 'sad';
SELECT migrate_revert('2002');
TABLE moods;
DROP EXTENSION surefoot;

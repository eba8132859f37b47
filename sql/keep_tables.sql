-- The rows of a table that is dropped are kept by its storage, and come back, whatever its size.
CREATE EXTENSION surefoot;
SET surefoot.keep_rows = off;
CREATE FUNCTION shows(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE sql;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
-- A hash of all rows, and whether they can be found by their key.
CREATE FUNCTION rows_of(t regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE hash text;
BEGIN
    EXECUTE format('SELECT count(*) || '' '' || md5(string_agg(t::text, '' '' ORDER BY t::text)) FROM %s t', t) INTO hash;
    RETURN hash;
END
$$;
CREATE FUNCTION schema_hash() RETURNS text LANGUAGE sql AS $$SELECT md5(string_agg(m::text, ' ' ORDER BY m::text)) FROM migrate_fingerprint() m$$;
SET client_min_messages = warning;
-- Values apart, a dropped column, one that came with a default, sequences.
CREATE TABLE users (id serial PRIMARY KEY, gone int, name text NOT NULL, code text UNIQUE, n bigint GENERATED ALWAYS AS IDENTITY, CHECK (length(name) > 0));
ALTER TABLE users DROP COLUMN gone;
ALTER TABLE users ALTER COLUMN name SET STORAGE EXTERNAL;
INSERT INTO users (name, code) SELECT repeat(chr(64 + i), 3000 * i), i FROM generate_series(1, 20) i;
ALTER TABLE users ADD COLUMN later date DEFAULT '2020-02-02', ADD COLUMN "Odd ""one" numeric[] DEFAULT '{1.5,NULL}';
CREATE INDEX ON users (later);
CREATE TABLE plain (a int PRIMARY KEY, b text);
INSERT INTO plain SELECT i, repeat('p', i) FROM generate_series(1, 5000) i;
CREATE TABLE nothing (a int);
CREATE TABLE orders (id int PRIMARY KEY, u int REFERENCES users ON DELETE CASCADE, p int REFERENCES plain);
INSERT INTO orders VALUES (1, 3, 4), (2, 5, 6);
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON users USING (id > 100);
CREATE VIEW names AS SELECT name FROM users;
GRANT SELECT ON plain TO pg_monitor;
SELECT rows_of('users') AS users, rows_of('plain') AS plain, schema_hash() AS hash \gset

SELECT migrate_register('1', 'drop', 'DROP TABLE users, plain CASCADE; DROP TABLE nothing');
SELECT migrate_apply('1');
SELECT way_back, reason FROM surefoot.derived;
SELECT version, direction, kind, name, rows FROM migrate_archive() ORDER BY name;
SELECT c.relname, c.relkind, pg_get_userbyid(c.relowner) = current_user AS ours, c.relacl, (SELECT count(*) FROM pg_index i WHERE i.indrelid = c.oid) AS indexes
FROM pg_class c WHERE c.relnamespace = 'surefoot_archive'::regnamespace AND c.relname <> 'kept_rows' ORDER BY c.oid;
SELECT count(*) FROM surefoot.kept_rows('1', 'public.plain');
SELECT migrate_revert('1');
SELECT rows_of('users') = :'users' AS users, rows_of('plain') = :'plain' AS plain, schema_hash() = :'hash' AS schema;
SELECT id, length(name), n, later, "Odd ""one" FROM users WHERE code = '3';
INSERT INTO users (name) VALUES ('next') RETURNING id, n;
SELECT count(*) FROM migrate_archive();
SELECT count(*) FROM pg_class WHERE relnamespace = 'surefoot_archive'::regnamespace OR relname LIKE 'pg_toast_%_kept%';
DELETE FROM orders WHERE id = 1;
VACUUM FULL users;
ANALYZE users;
-- Once more, and by files this time: all columns are there from the beginning.
SELECT migrate_apply('1');
SELECT migrate_revert('1');
SELECT count(*), sum(length(name)) FROM users;

-- What is purged does not come back, and that is told.
DROP TABLE orders;
SELECT migrate_register('2', 'plain', 'DROP TABLE plain');
SELECT migrate_apply('2');
SELECT migrate_purge('2');
SELECT way_back, reason FROM surefoot.derived ORDER BY run DESC LIMIT 1;
SELECT migrate_revert('2');
SELECT count(*) FROM plain;

-- Of two migrations that drop tables of the same name each has its own.
INSERT INTO plain VALUES (1, 'first');
SELECT migrate_apply('2');
CREATE TABLE plain (a int, c int);
INSERT INTO plain VALUES (2, 22);
SELECT migrate_register('3', 'plain again', 'DROP TABLE plain');
SELECT migrate_apply('3');
SELECT migrate_revert('3');
SELECT * FROM plain;
DROP TABLE plain;
SELECT migrate_revert('2');
SELECT * FROM plain;

-- Rows that were written into a table are kept when the migration that made it is walked back.
SELECT migrate_register('4', 'new', 'CREATE TABLE fresh (a int)');
SELECT migrate_apply('4');
INSERT INTO fresh SELECT generate_series(1, 10);
SELECT migrate_revert('4');
SELECT version, direction, kind, name, rows FROM migrate_archive('4');
SELECT migrate_purge('4');

-- Not for types of users, nor where it is not wanted.
CREATE TYPE mood AS ENUM ('sad');
CREATE TABLE moods (m mood);
INSERT INTO moods VALUES ('sad');
CREATE TABLE other (a int);
INSERT INTO other VALUES (1);
SELECT migrate_register('5', 'moods', 'DROP TABLE moods; DROP TYPE mood');
SELECT migrate_apply('5');
SELECT way_back, reason FROM surefoot.derived ORDER BY run DESC LIMIT 1;
SELECT migrate_register('6', 'off', '-- surefoot: keep=off' || E'\nDROP TABLE other');
SELECT migrate_apply('6');
SELECT way_back, reason FROM surefoot.derived ORDER BY run DESC LIMIT 1;
SELECT migrate_revert('6');
INSERT INTO other VALUES (1);
SELECT migrate_register('7', 'off', 'DROP TABLE other');
SET surefoot.keep_tables = off;
SELECT migrate_apply('7');
SELECT way_back, reason FROM surefoot.derived ORDER BY run DESC LIMIT 1;
SELECT migrate_revert('7');
RESET surefoot.keep_tables;

-- A role without rights on the archive, whose constraints and functions are its own.
CREATE ROLE keep_owner;
CREATE ROLE keep_other;
CALL surefoot.allow('keep_owner', 'apply');
CALL surefoot.allow('keep_other', 'apply');
CREATE SCHEMA keep AUTHORIZATION keep_owner;
GRANT USAGE ON SCHEMA keep TO keep_other;
SET ROLE keep_owner;
CREATE FUNCTION keep.who(int) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE WARNING 'as %', current_user; RETURN true; END$$;
CREATE TABLE keep.t (gone int, a int CHECK (keep.who(a)), b text);
INSERT INTO keep.t VALUES (0, 1, 'one');
ALTER TABLE keep.t DROP COLUMN gone;
SELECT migrate_register('8', 't', 'DROP TABLE keep.t');
SELECT migrate_apply('8');
SELECT shows('SELECT * FROM surefoot_archive.table_1'), shows($$SELECT surefoot.restore_table('8', 'public.other')$$);
CREATE TABLE keep.mine (a int, b text);
SELECT shows($$SELECT surefoot.restore_table('8', 'keep.mine')$$);
SET ROLE keep_other;
SELECT shows($$SELECT surefoot.kept_rows('8', 'keep.t')$$), shows($$SELECT surefoot.restore_table('8', 'keep.t')$$);
SET ROLE keep_owner;
SELECT migrate_revert('8');
SELECT * FROM keep.t;
RESET ROLE;
SET client_min_messages = error;
DROP SCHEMA keep CASCADE;
CALL surefoot.allow('keep_owner', 'nothing');
CALL surefoot.allow('keep_other', 'nothing');
DROP ROLE keep_owner, keep_other;
-- The archive goes with the extension, when that is meant.
DROP TABLE users CASCADE;
SELECT migrate_register('9', 'p', 'DROP TABLE plain');
SELECT migrate_apply('9');
SELECT shows('DROP EXTENSION surefoot');
DROP EXTENSION surefoot CASCADE;
SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'surefoot%';

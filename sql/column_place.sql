-- A column that was dropped gets its place again, with the values of rows that were not written since.
CREATE EXTENSION surefoot;
SET surefoot.keep_rows = off;
CREATE FUNCTION shows(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE sql;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SET client_min_messages = warning;
CREATE TABLE users (id int PRIMARY KEY, email varchar(20) NOT NULL UNIQUE, note text, age int NOT NULL DEFAULT 5 CHECK (age > 0), last text);
INSERT INTO users SELECT i, 'u' || i, repeat(md5(i::text), 300 * i), 10 * i, 'z' FROM generate_series(1, 4) i;
ALTER TABLE users ADD COLUMN later numeric(6,2) DEFAULT 1.25, ALTER COLUMN note SET STORAGE EXTERNAL, ALTER COLUMN age SET STATISTICS 77;
COMMENT ON COLUMN users.note IS 'words';
GRANT SELECT (email) ON users TO pg_monitor;
CREATE TABLE before AS SELECT * FROM users;
SELECT md5(string_agg(m::text, ' ' ORDER BY m::text)) AS start FROM migrate_fingerprint() m \gset

SELECT migrate_register('1', 'drop', 'ALTER TABLE users DROP COLUMN email, DROP COLUMN note, DROP COLUMN age; ALTER TABLE users DROP COLUMN later');
SELECT migrate_apply('1');
SELECT way_back, line FROM surefoot.derived, regexp_split_to_table(script, E'\n') line WHERE line LIKE 'SELECT %';
-- Nothing was written meanwhile: rows and all.
SELECT migrate_revert('1');
SELECT md5(string_agg(m::text, ' ' ORDER BY m::text)) = :'start' AS same FROM migrate_fingerprint() m;
SELECT u.id, u.email = b.email AS email, u.note = b.note AS note, u.age = b.age AS age, u.later, b.later AS before FROM users u JOIN before b USING (id) ORDER BY id;
\d users
-- Rows that were written have what a new column would give them, and no trigger sees it.
CREATE FUNCTION complain() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'a trigger ran'; END$$;
SELECT migrate_apply('1');
UPDATE users SET last = 'y' WHERE id = 2;
INSERT INTO users VALUES (5, 'x');
CREATE TRIGGER complain BEFORE UPDATE OR DELETE ON users FOR EACH ROW EXECUTE FUNCTION complain();
SELECT shows($$SELECT migrate_revert('1')$$);
-- Both have nothing in a unique column: told, and nothing is changed.
SELECT state FROM migrate_status('1');
ALTER TABLE users DISABLE TRIGGER complain;
DELETE FROM users WHERE id IN (5, 6);
ALTER TABLE users ENABLE TRIGGER complain;
SELECT migrate_revert('1');
SELECT id, email, length(note), age, last, later FROM users ORDER BY id;
DROP TRIGGER complain ON users;

-- Stored anew by the same migration: the place alone is promised. Of another type in between: what is in the rows is not what it was.
SELECT migrate_register('2', 'anew', 'ALTER TABLE users ALTER COLUMN id TYPE bigint; ALTER TABLE users DROP COLUMN note');
SELECT migrate_apply('2');
SELECT count(*) FROM surefoot.dropped_column WHERE version = '2';
SELECT migrate_revert('2');
SELECT migrate_register('3', 'longer', 'ALTER TABLE users ALTER COLUMN email TYPE varchar(30); UPDATE users SET email = repeat(''e'', 25) WHERE id = 1; ALTER TABLE users DROP COLUMN email');
SELECT migrate_apply('3');
SELECT count(*) FROM surefoot.dropped_column WHERE version = '3';
SELECT migrate_revert('3');

-- Written anew since: NULL, and what NOT NULL asks for.
SELECT migrate_register('4', 'age', 'ALTER TABLE users DROP COLUMN age');
SELECT migrate_apply('4');
VACUUM FULL users;
SELECT migrate_revert('4');
SELECT id, age FROM users ORDER BY id;

-- Another table of that name: as the last one, and empty.
SELECT migrate_apply('4');
CREATE TABLE copy (LIKE users INCLUDING ALL);
INSERT INTO copy SELECT * FROM users;
DROP TABLE users;
ALTER TABLE copy RENAME TO users;
CALL surefoot.allow('pg_monitor', 'look');
SELECT shows($$SELECT surefoot.restore_place('4', 'public.users.age')$$);
SELECT attname, attnum FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0 ORDER BY attnum;
ALTER TABLE users DROP COLUMN age;
SELECT migrate_revert('4', accept => '{all}');

-- Not for children, partitions, generated and identity columns, and types of users.
CREATE TYPE mood AS ENUM ('sad');
CREATE TABLE odd (a int, b mood, c int GENERATED ALWAYS AS (a) STORED, d int GENERATED ALWAYS AS IDENTITY, e int, f int[]);
CREATE TABLE part (a int, b int) PARTITION BY RANGE (a);
CREATE TABLE part1 PARTITION OF part FOR VALUES FROM (1) TO (2);
CREATE TABLE parent (a int, b int);
CREATE TABLE child () INHERITS (parent);
SELECT migrate_register('5', 'odd', 'ALTER TABLE odd DROP COLUMN b; ALTER TABLE odd DROP COLUMN c; ALTER TABLE odd DROP COLUMN d; ALTER TABLE odd DROP COLUMN f; '
    'ALTER TABLE part DROP COLUMN b; ALTER TABLE parent DROP COLUMN b; DO $b$BEGIN ALTER TABLE odd DROP COLUMN e; END$b$');
SELECT migrate_apply('5');
SELECT name FROM surefoot.dropped_column WHERE version = '5' ORDER BY name;
SELECT migrate_revert('5');

-- Nobody says of what type the bytes are; and it takes the owner of the table.
CREATE ROLE place_owner;
CREATE ROLE place_other;
CALL surefoot.allow('place_owner', 'apply');
CALL surefoot.allow('place_other', 'apply');
CREATE SCHEMA place AUTHORIZATION place_owner;
SET ROLE place_owner;
CREATE TABLE place.t (a int, b text);
INSERT INTO place.t VALUES (1, 'one');
SELECT migrate_register('6', 'b', 'ALTER TABLE place.t DROP COLUMN b');
SELECT migrate_apply('6');
SELECT shows($$INSERT INTO surefoot.dropped_column SELECT * FROM surefoot.dropped_column$$);
SELECT shows($$SELECT surefoot.restore_place('6', 'place.t.a')$$), shows($$SELECT surefoot.restore_place('6', 'place.t')$$);
SELECT shows($$SELECT surefoot.restore_place('6', 'pg_catalog.pg_class.relname')$$), shows($$SELECT surefoot.fill_column('place.t.a', '1; DROP TABLE place.t')$$);
RESET ROLE;
GRANT USAGE ON SCHEMA place TO place_other;
SET ROLE place_other;
SELECT shows($$SELECT surefoot.restore_place('6', 'place.t.b')$$), shows($$SELECT surefoot.fill_column('place.t.a', '1')$$);
SET ROLE place_owner;
SELECT migrate_revert('6');
SELECT * FROM place.t;
SELECT shows($$SELECT surefoot.restore_place('6', 'place.t.b')$$);

-- The switch.
SET surefoot.restore_places = off;
SELECT migrate_apply('6');
SELECT way_back, reason FROM surefoot.derived ORDER BY run DESC LIMIT 1;
SELECT migrate_revert('6');
SELECT * FROM place.t;
RESET ROLE;
DROP SCHEMA place CASCADE;
CALL surefoot.allow('place_owner', 'nothing');
CALL surefoot.allow('place_other', 'nothing');
CALL surefoot.allow('pg_monitor', 'nothing');
DROP ROLE place_owner, place_other;

-- A table that is dropped and made anew in between has the places, too.
RESET ROLE;
RESET surefoot.restore_places;
CREATE TABLE again (id int UNIQUE, a varchar(10), b text, c bit(3), d int DEFAULT 3);
INSERT INTO again VALUES (1, 'a', 'b', '101', 4);
ALTER TABLE again DROP COLUMN b;
SELECT migrate_fingerprint() AS start \gset
SELECT migrate_register('60', 'columns', 'ALTER TABLE again DROP COLUMN a, DROP COLUMN c');
SELECT migrate_register('61', 'table', 'DROP TABLE again');
SELECT migrate_apply('60');
SELECT migrate_apply('61');
SELECT words FROM surefoot.derived d JOIN surefoot.run r ON r.id = d.run, regexp_split_to_table(script, E'\n') words WHERE r.version = '61';
SELECT migrate_revert('61');
SELECT name, number, relation::regclass, hidden FROM surefoot.dropped_column WHERE version = '60';
SELECT migrate_revert('60');
SELECT migrate_fingerprint() = :'start' AS same;
SELECT * FROM again;
-- And once more, with its rows written anew while the columns are away.
SELECT migrate_apply('60');
ALTER TABLE again ALTER COLUMN d TYPE bigint;
ALTER TABLE again ALTER COLUMN d TYPE int;
SELECT migrate_revert('60');
SELECT migrate_fingerprint() = :'start' AS same;
-- Also when it is called otherwise by then.
CREATE SCHEMA elsewhere;
SELECT migrate_fingerprint() AS start \gset
SELECT migrate_register('62', 'columns', 'ALTER TABLE again DROP COLUMN c'), migrate_register('63', 'name', 'ALTER TABLE again RENAME TO later; ALTER TABLE later SET SCHEMA elsewhere'),
    migrate_register('64', 'table', 'DROP TABLE elsewhere.later');
SELECT migrate_apply(version) FROM unnest('{62,63,64}'::text[]) version;
SELECT migrate_revert(version) FROM unnest('{64,63,62}'::text[]) version;
SELECT migrate_fingerprint() = :'start' AS same;
-- Only of what this transaction has made.
SELECT shows($$SELECT surefoot.keep_places('public.again')$$);
DROP TABLE again;

-- With keep=hidden a column that a migration drops stays in its table under another name, and comes back with all its values.
CREATE EXTENSION surefoot;
SET client_min_messages = warning;
CREATE FUNCTION verdict(migration text) RETURNS text LANGUAGE sql AS $$
    SELECT d.way_back || coalesce(' (' || nullif(d.reason, '') || ')', '')
    FROM surefoot.derived d JOIN surefoot.migration m ON m.run = d.run WHERE m.version = migration $$;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id int PRIMARY KEY, email varchar(20) NOT NULL UNIQUE, feels mood, age int DEFAULT 5 CHECK (age > 0), last text);
INSERT INTO users SELECT i, 'u' || i, 'ok', i, 'z' FROM generate_series(1, 4) i;
ALTER TABLE users ADD COLUMN later numeric(6,2) DEFAULT 1.25;
COMMENT ON COLUMN users.email IS 'where to';
GRANT SELECT (email) ON users TO pg_monitor;
CREATE TABLE before AS SELECT * FROM users;
SELECT migrate_fingerprint() AS start \gset

SELECT migrate_register('1', 'drop', E'-- surefoot: keep=hidden\nALTER TABLE users DROP COLUMN email, DROP COLUMN age, DROP COLUMN later');
SELECT statement, way_back FROM migrate_plan('1');
SELECT migrate_apply('1');
SELECT verdict('1');
SELECT line FROM surefoot.derived, regexp_split_to_table(script, E'\n') line WHERE line LIKE 'SELECT %';
SELECT regexp_replace(attname, '_[0-9]+_', '_N_') AS attname, attnotnull, atthasdef, attacl FROM pg_attribute WHERE attrelid = 'users'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum;
SELECT kind, name, rows FROM migrate_archive();
-- Definitions are as if it were gone.
SELECT count(*) FROM migrate_drift();
-- Applied again it does nothing.
SELECT migrate_apply('1');
-- Rows that are written meanwhile keep theirs.
UPDATE users SET last = 'y' WHERE id <= 3;
SELECT migrate_revert('1');
SELECT migrate_fingerprint() = :'start' AS same;
SELECT u.id, u.email = b.email AS email, u.age = b.age AS age, u.later = b.later AS later FROM users u JOIN before b USING (id) ORDER BY id;
SELECT count(*) FROM migrate_archive();
\d users

-- New rows have what NOT NULL asks for.
SELECT migrate_register('2', 'drop', E'-- surefoot: keep=hidden\nALTER TABLE users DROP COLUMN email');
SELECT migrate_apply('2');
INSERT INTO users (id, last) VALUES (5, 'new');
SELECT migrate_revert('2');
SELECT id, email FROM users ORDER BY id;

DELETE FROM users WHERE id = 5;
-- Purged, it is as any dropped column.
SELECT migrate_apply('2');
SELECT migrate_purge('2');
SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname LIKE 'surefoot%';
SELECT verdict('2');
UPDATE users SET last = 'x' WHERE id = 1;
SELECT migrate_revert('2');
SELECT id, email FROM users ORDER BY id;

-- Of a type of users' it is dropped, and said to be.
SELECT migrate_register('3', 'drop', E'-- surefoot: keep=hidden\nALTER TABLE users DROP COLUMN feels');
SET client_min_messages = notice;
SELECT migrate_apply('3');
SET client_min_messages = warning;
SELECT verdict('3');
SELECT migrate_revert('3');

-- Others' changes to the table while it is hidden, and a table that is dropped with such a column.
SELECT migrate_register('4', 'drop', E'-- surefoot: keep=hidden\nALTER TABLE users DROP COLUMN last');
SELECT migrate_apply('4');
ALTER TABLE users ADD COLUMN after int DEFAULT 7;
SELECT migrate_revert('4');
SELECT id, last, after FROM users ORDER BY id;
ALTER TABLE users DROP COLUMN feels;
SELECT migrate_register('5', 'drop', E'-- surefoot: keep=hidden\nALTER TABLE users DROP COLUMN last');
SELECT migrate_register('6', 'drop', 'DROP TABLE users');
SELECT migrate_apply('5');
SELECT migrate_apply('6');
SELECT verdict('6');
SELECT migrate_revert('6');
SELECT count(*) FROM users;
SELECT migrate_revert('5');
SELECT id, last FROM users ORDER BY id;
-- Rows that a later migration changes come back with what is hidden, while that is there.
CREATE TABLE pairs (n int, note text);
INSERT INTO pairs VALUES (1, 'one'), (2, 'two');
SELECT migrate_register('61', 'drop', E'-- surefoot: keep=hidden\nALTER TABLE pairs DROP COLUMN note; ALTER TABLE users DROP COLUMN last');
SELECT migrate_apply('61');
SELECT migrate_register('62', 'change', 'UPDATE pairs SET n = 2; DELETE FROM users WHERE id = 1; COMMENT ON TABLE users IS ''u''');
SELECT migrate_apply('62');
SELECT verdict('62');
SELECT migrate_revert('62');
SELECT migrate_apply('62');
SELECT migrate_revert('62');
SELECT migrate_revert('61');
SELECT * FROM pairs ORDER BY n;
SELECT id, last FROM users ORDER BY id;
SELECT migrate_apply('61');
SELECT migrate_apply('62');
SELECT migrate_purge('61');
SELECT migrate_revert('62');
SELECT * FROM pairs ORDER BY n;
SELECT migrate_revert('61');
DROP TABLE pairs;
-- With a down script, which may ask for it.
SELECT migrate_register('7', 'drop', E'-- surefoot: keep=hidden\nALTER TABLE users DROP COLUMN after', 'SELECT surefoot.restore_place(''7'', ''public.users.after''); ALTER TABLE users ALTER COLUMN after SET DEFAULT 7');
SELECT migrate_apply('7');
SELECT migrate_revert('7');
SELECT id, after FROM users ORDER BY id;
DROP TABLE users, before;

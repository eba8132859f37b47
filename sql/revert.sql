-- The way back is exact, or it is refused before anything is committed, or it was accepted by name.
CREATE EXTENSION surefoot;
CREATE TABLE users (id int PRIMARY KEY, name text, mail text);
INSERT INTO users VALUES (1, 'Ada', 'ada@example.org');
SELECT migrate_fingerprint() AS before \gset

-- forgotten: the index that came with it
SELECT migrate_register('0001', 'inexact', $$
ALTER TABLE users ADD COLUMN status text DEFAULT 'x';
CREATE INDEX users_mail ON users (mail);
$$, 'ALTER TABLE users DROP COLUMN status;');
SELECT migrate_apply('0001');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_fingerprint() = :'before' AS as_before;
-- brought back as another thing
SELECT migrate_register('0001', 'inexact', 'ALTER TABLE users ALTER COLUMN name SET DEFAULT ''nobody''', 'ALTER TABLE users ALTER COLUMN name SET DEFAULT ''''');
SELECT migrate_apply('0001');
-- accepted by name, in the script: then it is said, and not refused
SELECT migrate_register('0001', 'inexact', $$
ALTER TABLE users ADD COLUMN status text DEFAULT 'x';
CREATE INDEX users_mail ON users (mail);
$$, $$-- surefoot: accept=public.users_mail
ALTER TABLE users DROP COLUMN status;$$);
SELECT migrate_apply('0001');
SELECT migrate_revert('0001');
\d users
DROP INDEX users_mail;
-- accepting one thing is not accepting another
SELECT migrate_register('0001', 'inexact', $$
ALTER TABLE users ADD COLUMN status text DEFAULT 'x';
CREATE INDEX users_mail ON users (mail);
$$, $$-- surefoot: accept=public.users_name
ALTER TABLE users DROP COLUMN status;$$);
SELECT migrate_apply('0001');
-- names with blanks and commas
SELECT migrate_register('0001', 'inexact', $$
ALTER TABLE users ADD CONSTRAINT "No, no" CHECK (id > 0);
CREATE FUNCTION "F"(a int, b text) RETURNS int LANGUAGE sql AS 'SELECT 1';
$$, $$-- surefoot: accept="No, no" on public.users, public."F"(integer,text)
SELECT 1;$$);
SELECT migrate_apply('0001');
SELECT migrate_revert('0001');
ALTER TABLE users DROP CONSTRAINT "No, no";
DROP FUNCTION "F"(int, text);

-- a down script that fails is found out before it is needed, with its line
SELECT migrate_register('0001', 'fails', 'CREATE TABLE a (id int);', E'DROP TABLE a;\nDROP TABLE b;');
SELECT migrate_apply('0001');
\echo :LAST_ERROR_SQLSTATE
-- unless that is what is meant; then the caller decides when it is time
SELECT migrate_register('0001', 'meant', 'CREATE TABLE a (id int);', E'-- surefoot: accept=inexact-down\nSELECT 1;');
SELECT migrate_apply('0001');
SELECT migrate_revert('0001');
DROP TABLE a;
-- mended while it stands applied, wrongly: the comparison at the end finds it, and nothing is changed
SELECT migrate_register('0001', 'mended', 'CREATE TABLE a (id int); CREATE TABLE b (id int);', 'DROP TABLE a, b');
SELECT migrate_apply('0001');
SELECT migrate_register('0001', 'mended', 'CREATE TABLE a (id int); CREATE TABLE b (id int);', 'DROP TABLE a');
SELECT migrate_revert('0001');
\echo :LAST_ERROR_SQLSTATE
SELECT to_regclass('a'), to_regclass('b');
SELECT migrate_revert('0001', accept => '{public.other}');
SELECT migrate_revert('0001', accept => '{public.b}');
SELECT to_regclass('a'), to_regclass('b');
DROP TABLE b;
SELECT migrate_fingerprint() = :'before' AS as_before;

-- a column that comes back at the end: told, and accepted
SELECT migrate_register('0001', 'order', 'ALTER TABLE users DROP COLUMN name', 'ALTER TABLE users ADD COLUMN name text');
SELECT migrate_apply('0001');
SELECT migrate_revert('0001');
SELECT * FROM users;

-- without a down script the way back is derived
SELECT migrate_register('0001', 'none', 'CREATE TABLE a (id int)');
SELECT migrate_inverse('0001');
SELECT migrate_apply('0001');
SELECT migrate_inverse('0001');
SELECT migrate_revert('0001', dry_run => true);
SELECT migrate_revert('0001');
SELECT migrate_revert('0001');
-- a script may come later, and is what counts then
SELECT migrate_apply('0001');
SELECT migrate_register('0001', 'none', 'CREATE TABLE a (id int)', 'DROP TABLE IF EXISTS a');
SELECT migrate_revert('0001');
-- what has no way back is not applied unless that is meant, and not reverted unless what it leaves is accepted
CREATE TABLE parent (p int);
CREATE TABLE child () INHERITS (parent);
SELECT migrate_register('0001', 'none', 'ALTER TABLE child NO INHERIT parent; CREATE TABLE a (id int)');
SELECT statement, way_back FROM migrate_plan('0001');
SELECT level, message, detail, hint FROM migrate_checklist('0001') WHERE code = 'way_back';
SELECT migrate_apply('0001');
\echo :LAST_ERROR_SQLSTATE
BEGIN;
SET LOCAL surefoot.allow_no_way_back = on;
SELECT migrate_apply('0001');
ROLLBACK;
SELECT migrate_register('0001', 'none', E'-- surefoot: accept=no-way-back\nALTER TABLE child NO INHERIT parent; CREATE TABLE a (id int)');
SELECT migrate_apply('0001');
SELECT way_back FROM migrate_status('0001');
SELECT migrate_revert('0001');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_revert('0001', accept => '{public.child}');
SELECT migrate_revert('0001', accept => '{public.child.p}');
DROP TABLE parent CASCADE;
-- what belongs to the whole cluster is not recorded, wherever it is changed
SELECT migrate_register('0001', 'role', 'CREATE ROLE regress_made');
SELECT migrate_apply('0001');
SELECT migrate_register('0001', 'role', 'DO $$BEGIN CREATE ROLE regress_made; END$$; CREATE TABLE made (id int)');
SELECT migrate_apply('0001');
SELECT migrate_register('0001', 'role', 'CREATE ROLE regress_made', 'DROP ROLE regress_made');
SELECT migrate_apply('0001');
SELECT migrate_revert('0001');

-- a large table is not read for the proof of its way back
CREATE TABLE large (id int, filler text);
INSERT INTO large SELECT n, repeat('x', 200) FROM generate_series(1, 100000) n;
ANALYZE large;
SELECT pg_stat_force_next_flush();
SELECT seq_tup_read AS read FROM pg_stat_user_tables WHERE relname = 'large' \gset
SELECT relfilenode AS file FROM pg_class WHERE relname = 'large' \gset
SELECT migrate_register('0001', 'large', 'ALTER TABLE large ADD COLUMN extra int DEFAULT 1; ALTER TABLE large ALTER COLUMN id DROP NOT NULL',
    'ALTER TABLE large ADD CONSTRAINT c CHECK (id > 0); ALTER TABLE large DROP CONSTRAINT c; ALTER TABLE large ALTER COLUMN id TYPE bigint; ALTER TABLE large ALTER COLUMN id TYPE int; ALTER TABLE large DROP COLUMN extra');
SELECT migrate_apply('0001');
SELECT pg_stat_force_next_flush();
SELECT seq_tup_read - :read AS read FROM pg_stat_user_tables WHERE relname = 'large';
SELECT relfilenode = :file AS same_file, (SELECT count(*) FROM large) FROM pg_class WHERE relname = 'large';
SELECT migrate_register('0001', 'large', 'ALTER TABLE large ADD COLUMN extra int DEFAULT 1; ALTER TABLE large ALTER COLUMN id DROP NOT NULL', 'ALTER TABLE large DROP COLUMN extra');
SELECT migrate_revert('0001');

-- newest first; an older one alone only when nothing that came later has to do with it
SELECT migrate_register('0001', 'a', 'CREATE TABLE a (id int PRIMARY KEY)', 'DROP TABLE a');
SELECT migrate_register('0002', 'b', 'CREATE TABLE b (id int)', 'DROP TABLE b');
SELECT migrate_register('0003', 'on a', 'ALTER TABLE a ADD COLUMN n int', 'ALTER TABLE a DROP COLUMN n');
SELECT migrate_register('0004', 'hangs on a', 'CREATE VIEW v AS SELECT id FROM a', 'DROP VIEW v');
SELECT migrate_register('0005', 'refers to a', 'ALTER TABLE b ADD CONSTRAINT to_a FOREIGN KEY (id) REFERENCES a', 'ALTER TABLE b DROP CONSTRAINT to_a');
\set VERBOSITY terse
CALL migrate_apply_all();
\set VERBOSITY default
SELECT migrate_revert('0001');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_revert('0002');
\set VERBOSITY terse
SELECT migrate_revert('0005');
SELECT migrate_revert('0002');
SELECT migrate_revert('0004');
SELECT migrate_revert('0003');
SELECT migrate_revert('0001');
\set VERBOSITY default

-- what others have changed in between is a warning, and stays
SELECT migrate_register('0001', 'status', $$
ALTER TABLE users ADD COLUMN status text DEFAULT 'x';
ALTER TABLE users ALTER COLUMN mail SET DEFAULT 'none';
CREATE TABLE a (id int);
$$, $$
DROP TABLE a;
ALTER TABLE users ALTER COLUMN mail DROP DEFAULT;
ALTER TABLE users DROP COLUMN status;
$$);
SELECT migrate_apply('0001');
ALTER TABLE users ADD COLUMN more int;
COMMENT ON COLUMN users.mail IS 'by somebody else';
ALTER TABLE a ADD COLUMN theirs int;
CREATE TABLE unrelated (id int);
SELECT migrate_revert('0001');
\d users
SELECT level, message FROM surefoot.event WHERE level = 'warning';
-- but what the migration did has to be undone all the same
SELECT migrate_register('0001', 'status', $$ALTER TABLE users ADD COLUMN status text DEFAULT 'x', ADD COLUMN other int$$,
    $$ALTER TABLE users DROP COLUMN status, DROP COLUMN other$$);
SELECT migrate_apply('0001');
SELECT migrate_register('0001', 'status', $$ALTER TABLE users ADD COLUMN status text DEFAULT 'x', ADD COLUMN other int$$,
    $$ALTER TABLE users DROP COLUMN status$$);
ALTER TABLE users ADD COLUMN still_more int;
SELECT migrate_revert('0001');
SELECT migrate_register('0001', 'status', $$ALTER TABLE users ADD COLUMN status text DEFAULT 'x', ADD COLUMN other int$$,
    $$ALTER TABLE users DROP COLUMN status, DROP COLUMN other$$);
SELECT migrate_revert('0001');

-- What was undone has taken as long as it took, however late it was undone.
SELECT migrate_register('900', 'late', 'CREATE TABLE late ();', 'DROP TABLE late;');
SELECT migrate_apply('900');
SELECT pg_sleep(1.2);
SELECT migrate_revert('900');
SELECT direction, state, duration < '1s' AS short FROM migrate_history('900');

-- A materialized view that the down script makes anew has rows, though its query is not run when that is tried.
CREATE MATERIALIZED VIEW sums AS SELECT 1 AS a;
SELECT migrate_register('901', 'sums', 'DROP MATERIALIZED VIEW sums; CREATE MATERIALIZED VIEW sums AS SELECT 2 AS a;',
    'DROP MATERIALIZED VIEW sums; CREATE MATERIALIZED VIEW sums AS SELECT 1 AS a;');
SELECT migrate_apply('901');
SELECT migrate_revert('901');
SELECT a FROM sums;

-- Nothing was changed, and nothing is run to undo it; a derived way back that fails tells which statement of it did.
SELECT migrate_register('902', 'nothing', 'SELECT 1'), migrate_register('903', 'column', 'ALTER TABLE late DROP COLUMN a');
SELECT migrate_apply('902');
SELECT migrate_revert('902', dry_run => true);
SELECT migrate_revert('902');
CREATE TABLE late (a int, b int);
SELECT migrate_apply('903');
ALTER TABLE late RENAME b TO a;
SELECT migrate_revert('903');
DROP TABLE late;

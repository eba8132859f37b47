-- What should not have been asked for: a clear error, or the right result, and nothing half done.
CREATE EXTENSION surefoot;
CREATE TABLE users (id int PRIMARY KEY, name text);

-- an applied script that was changed: comments and blanks do not matter, statements do
SELECT migrate_register('0001', 'first', 'CREATE TABLE a (id int);', 'DROP TABLE a;');
SELECT migrate_register('0001', 'first', 'CREATE TABLE a (id int);', 'DROP TABLE a;');
SELECT migrate_register('0001', 'first', 'CREATE TABLE a (id bigint);', 'DROP TABLE a;');
SELECT migrate_register('0001', 'first', 'CREATE TABLE a (id int);', 'DROP TABLE a;');
-- nor do newlines at the end, of which psql's backquotes take one away
SELECT migrate_register('0001', 'first', E'CREATE TABLE a (id int);\n\n', E'DROP TABLE a;\r\n');
SELECT surefoot.differing('{0001,0001,0001}', ARRAY[E'CREATE TABLE a (id int);\n', 'CREATE TABLE a (id int); ', 'CREATE TABLE a ()']);
SELECT migrate_apply('0001');
SELECT migrate_register('0001', 'first', $$
-- now with a comment
create   table A ( id integer ) ;
$$, 'DROP TABLE a;');
SELECT migrate_register('0001', 'first', $$
/* the parser's tree is the same */ CREATE TABLE "a" (id int);
$$, 'DROP TABLE a;');
SELECT migrate_register('0001', 'first', 'CREATE TABLE a (id bigint);', 'DROP TABLE a;');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_register('0001', 'first', 'CREATE TABLE a (id int); CREATE TABLE b (id int);', 'DROP TABLE a;');
SELECT migrate_register('0001', 'first', '', 'DROP TABLE a;');
-- its down and verify scripts may be mended
SELECT migrate_register('0001', 'first', 'CREATE TABLE a (id int);', 'DROP TABLE public.a;', 'SELECT true');
SELECT migrate_revert('0001');

-- nothing at all
SELECT migrate_register('0002', 'empty', '');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_register('0002', 'empty', E'\n;;\n');
SELECT migrate_register('0002', 'empty', NULL);
SELECT migrate_register(NULL, 'empty', 'SELECT 1');
SELECT migrate_register('0002', NULL, 'SELECT 1');
SELECT migrate_register('0002', '', 'SELECT 1');
SELECT migrate_apply('0002');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_apply('two');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_apply(NULL);
SELECT migrate_revert('');
SELECT migrate_apply('-1');

-- versions are numbers of any length
SELECT migrate_register('3', 'three', 'CREATE TABLE three (id int)', 'DROP TABLE three');
SELECT migrate_register('0003', 'three', 'CREATE TABLE three (id int)', 'DROP TABLE three');
SELECT migrate_apply('00003');
SELECT migrate_apply('0003');
SELECT version, state FROM migrate_status('03');
SELECT migrate_register('20261122101112000001', 'long', 'CREATE TABLE long (id int)', 'DROP TABLE long');
SELECT migrate_apply('20261122101112000001');
-- below what is applied: only when asked for
SELECT migrate_register('0010', 'late', 'CREATE TABLE late (id int)', 'DROP TABLE late');
SELECT migrate_apply('0010');
\echo :LAST_ERROR_SQLSTATE
SET surefoot.allow_out_of_order = on;
SELECT migrate_apply('0010');
RESET surefoot.allow_out_of_order;
SELECT migrate_revert('0010');
SELECT migrate_revert('20261122101112000001');

-- Windows' line ends and a byte-order mark
SELECT migrate_register('0004', 'windows', E'\uFEFF-- a comment\r\nCREATE TABLE windows (\r\n    id int,\r\n    note text DEFAULT ''x''\r\n);\r\nSELECT oops;\r\n', E'DROP TABLE windows;\r\n');
SELECT migrate_apply('0004');
SELECT migrate_register('0004', 'windows', E'\uFEFFCREATE TABLE windows (\r\n    id int,\r\n    note text DEFAULT ''x''\r\n);\r\n', E'\uFEFFDROP TABLE windows;\r\n');
SELECT migrate_apply('0004');
\d windows
SELECT migrate_revert('0004');

-- names that need quotes, and names of 63 bytes and more
CREATE SCHEMA "Größe";
SELECT migrate_register('0005', 'it''s "quoted"', $$
CREATE TABLE "Größe"."select, from" ("drop table users;--" int PRIMARY KEY, "a""b" text, " " int);
ALTER TABLE "Größe"."select, from" ADD COLUMN "ADD COLUMN x, y" int DEFAULT 1, ADD CONSTRAINT "(" CHECK (" " > 0);
CREATE INDEX "an index" ON "Größe"."select, from" ("a""b");
CREATE FUNCTION "Größe"."f(x)"("a b" int) RETURNS int LANGUAGE sql AS 'SELECT 1';
COMMENT ON COLUMN "Größe"."select, from"."drop table users;--" IS 'it''s';
GRANT SELECT ON "Größe"."select, from" TO PUBLIC;
$$, $$
DROP FUNCTION "Größe"."f(x)"(int);
DROP INDEX "Größe"."an index";
DROP TABLE "Größe"."select, from";
$$);
SELECT migrate_apply('0005');
SELECT level, code, message ~ '^1[01] objects are as the migration made them$' AS told FROM migrate_validate('0005'); -- 18 counts NOT NULL constraints
SELECT migrate_revert('0005');
SELECT migrate_apply('0005');
-- of several columns with such names, only what is missing
SELECT migrate_register('0006', 'more', $$ALTER TABLE "Größe"."select, from" ADD COLUMN "ADD COLUMN x, y" int DEFAULT 1, ADD COLUMN "c,d" text DEFAULT ',;';$$,
    $$ALTER TABLE "Größe"."select, from" DROP COLUMN "ADD COLUMN x, y", DROP COLUMN "c,d"$$);
SELECT migrate_apply('0006');
SELECT migrate_revert('0006');
SELECT migrate_revert('0005');
SELECT migrate_register('0007', 'long', $$
CREATE TABLE abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_123456789 (abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_123456789 int UNIQUE, other int);
CREATE INDEX ON abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_123456789 (other);
CREATE INDEX ON abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_123456789 (other);
$$, $$
DROP TABLE abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_123456789;
$$);
SELECT migrate_apply('0007');
SELECT migrate_revert('0007');

-- who may
CREATE ROLE regress_nobody;
CREATE ROLE regress_looker;
CREATE ROLE regress_applier LOGIN;
GRANT CREATE ON SCHEMA public TO regress_applier;
CALL surefoot.allow('regress_looker', 'look');
CALL surefoot.allow('regress_applier', 'apply');
CALL surefoot.allow('regress_nobody', 'everything');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_register('0008', 'who', 'CREATE TABLE who (id int)', 'DROP TABLE who');
SET ROLE regress_nobody;
SELECT migrate_status();
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_apply('0008');
SELECT count(*) FROM surefoot.migration;
CALL surefoot.allow('regress_nobody', 'apply');
SET ROLE regress_looker;
SELECT version, name, state FROM migrate_status('0008');
SELECT message FROM migrate_validate('0008');
SELECT migrate_apply('0008', dry_run => true);
SELECT migrate_apply('0008');
SELECT migrate_register('0008', 'who', 'DROP TABLE users');
SELECT migrate_revert('0008');
SELECT migrate_cancel('0008');
CALL migrate_wait();
UPDATE surefoot.migration SET up = 'DROP TABLE users';
SET ROLE regress_applier;
SELECT migrate_apply('0008');
SELECT tableowner FROM pg_tables WHERE tablename = 'who';
-- the history is written by Surefoot alone
UPDATE surefoot.migration SET up = 'DROP TABLE users';
DELETE FROM surefoot.run;
INSERT INTO surefoot.event_log (run, level, message) VALUES (1, 'info', 'made up');
TRUNCATE surefoot.root_effect;
SELECT setval('surefoot.run_id', 1);
SELECT session_role, role FROM migrate_history('0008');
-- and so within a script
SELECT migrate_register('0009', 'forged', $$UPDATE surefoot.migration SET state = 'reverted'$$);
SELECT migrate_apply('0009');
-- what the role may not do by itself, its migration may not do either
SELECT migrate_register('0009', 'not mine', 'ALTER TABLE users ADD COLUMN x int', 'ALTER TABLE users DROP COLUMN x');
SELECT migrate_apply('0009');
SELECT migrate_revert('0008');
RESET ROLE;

-- a migration in a migration
SELECT migrate_register('0009', 'nested', $$SELECT migrate_apply('0008')$$);
SELECT migrate_apply('0009');
\echo :LAST_ERROR_SQLSTATE
SELECT version, state FROM migrate_status();

-- a dry run writes nothing
CREATE TABLE counts AS SELECT (SELECT count(*) FROM surefoot.event_log) AS events, (SELECT count(*) FROM surefoot.run) AS runs,
    (SELECT last_value FROM surefoot.run_id) AS last_run, migrate_fingerprint() AS fingerprint;
SELECT migrate_register('0009', 'dry', $$
CREATE TABLE dry (id int);
SELECT pg_notify('x', 'this must not run');
DO $do$ BEGIN RAISE EXCEPTION 'this must not run'; END $do$;
VACUUM users;
$$, 'DROP TABLE dry');
\pset format unaligned
SELECT migrate_apply('0009', dry_run => true);
SELECT migrate_revert('0008', dry_run => true);
\pset format aligned
SELECT count(*) - (SELECT events FROM counts) AS events, (SELECT count(*) FROM surefoot.run) - (SELECT runs FROM counts) AS runs,
    (SELECT last_value FROM surefoot.run_id) - (SELECT last_run FROM counts) AS run_ids FROM surefoot.event_log;
SELECT to_regclass('dry');

-- the wrong moment
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT migrate_apply('0008');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
BEGIN;
CALL migrate_wait('0008');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
BEGIN READ ONLY;
SELECT migrate_apply('0009');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;

DROP OWNED BY regress_looker, regress_applier;
DROP ROLE regress_nobody, regress_looker, regress_applier;
-- What is missing at the end of a script is missing on its last line that has something in it.
SELECT migrate_register('0077', 'open', E'CREATE TABLE w (\n  a int\n\n\n');

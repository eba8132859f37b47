-- A directive is about the whole script, wherever one of its statements is looked at by itself.
CREATE EXTENSION surefoot;
\set VERBOSITY terse
CREATE TABLE t (id int, v int);
INSERT INTO t SELECT g, g FROM generate_series(1, 30000) g;
SELECT migrate_register('1', 'password', $$-- surefoot: accept=literal-password
CREATE TABLE x ();
CREATE ROLE regress_directives PASSWORD 'hunter2';
ALTER ROLE regress_directives PASSWORD 'hunter3';$$, $$-- surefoot: accept=literal-password
ALTER ROLE regress_directives PASSWORD 'hunter2';
DROP ROLE regress_directives;
DROP TABLE x;$$);
SELECT migrate_apply('1');
SELECT migrate_revert('1');
-- a part of the statement is left, as its column is there already: built as it is written, too
SELECT migrate_register('2', 'plain', $$-- surefoot: plain-indexes
ALTER TABLE t ADD COLUMN v int, ADD CONSTRAINT uq UNIQUE (id);$$, 'ALTER TABLE t DROP CONSTRAINT uq, DROP COLUMN v');
SELECT migrate_apply('2', dry_run => true);
SELECT migrate_apply('2');

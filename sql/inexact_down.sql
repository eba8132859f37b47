-- A down script that may leave what it likes still has to do what it says, and what it leaves or takes along is named.
CREATE EXTENSION surefoot;
CREATE TABLE users (id int PRIMARY KEY, name text, logins int);
SELECT migrate_fingerprint() AS before \gset

-- what was never there is not gone already: in one step, and in several
SELECT migrate_register('0001', 'one step', 'ALTER TABLE users ADD COLUMN v4 int; CREATE INDEX users_v4 ON users (v4);',
    E'-- surefoot: accept=inexact-down\nDROP INDEX users_v4;\nALTER TABLE users DROP COLUMN v4x;');
SELECT migrate_apply('0001');
SELECT migrate_revert('0001');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_register('0001', 'several', 'ALTER TABLE users ADD COLUMN v4 int; CREATE INDEX users_v4 ON users (v4);',
    E'-- surefoot: accept=inexact-down\nDROP INDEX CONCURRENTLY users_v4;\nALTER TABLE users DROP COLUMN v4x;');
SELECT migrate_revert('0001');
CALL migrate_wait('0001');
\echo :LAST_ERROR_SQLSTATE
SELECT state FROM migrate_status('0001');
-- nor when it is tried again; what the first try has done is done
SELECT migrate_resume('0001');
CALL migrate_wait('0001');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_revert('0001');
\echo :LAST_ERROR_SQLSTATE
-- mended
SELECT migrate_register('0001', 'several', 'ALTER TABLE users ADD COLUMN v4 int; CREATE INDEX users_v4 ON users (v4);',
    E'-- surefoot: accept=inexact-down\nDROP INDEX CONCURRENTLY users_v4;\nALTER TABLE users DROP COLUMN v4;');
SELECT migrate_revert('0001');
SELECT state FROM migrate_status('0001');
SELECT migrate_fingerprint() = :'before' AS as_before;

-- what is left, and what goes although the migration has not touched it
SELECT migrate_register('0002', 'another column', 'ALTER TABLE users ADD COLUMN v5 int; CREATE INDEX users_v5 ON users (v5);',
    E'-- surefoot: accept=inexact-down\nDROP INDEX users_v5;\nALTER TABLE users DROP COLUMN logins;');
SELECT migrate_apply('0002');
SELECT migrate_revert('0002');
CREATE TABLE other (id int UNIQUE);
SELECT migrate_register('0003', 'another table', 'CREATE TABLE made (id int);', E'-- surefoot: accept=inexact-down\nDROP TABLE made, other;');
SELECT migrate_apply('0003');
SELECT migrate_revert('0003');
-- what others have put into what goes, goes with it
SELECT migrate_register('0004', 'exact', 'CREATE TABLE made (id int);', 'DROP TABLE made;');
SELECT migrate_apply('0004');
ALTER TABLE made ADD COLUMN theirs int UNIQUE;
SELECT migrate_revert('0004');
SELECT message FROM surefoot.event WHERE level = 'warning' ORDER BY id;

-- A verify script runs before the commit, with the locks of the migration held: not for long.
CREATE EXTENSION surefoot;
SET surefoot.verify_timeout = '200ms';
CREATE TABLE t (a int);
SELECT migrate_register('1', 'slow', 'ALTER TABLE t ADD COLUMN z int', 'ALTER TABLE t DROP COLUMN z', E'SELECT true;\nSELECT pg_sleep(30);');
SELECT migrate_apply('1');
\echo :LAST_ERROR_SQLSTATE
SELECT state FROM migrate_status();
-- the statement_timeout of whoever asks is another thing
SET statement_timeout = '100ms';
SELECT migrate_apply('1');
\echo :LAST_ERROR_SQLSTATE
RESET statement_timeout;
-- nobody waits when it is asked for afterwards
SELECT migrate_register('1', 'slow', 'ALTER TABLE t ADD COLUMN z int', 'ALTER TABLE t DROP COLUMN z', 'SELECT pg_sleep(0.5);');
SET surefoot.verify_timeout = 0;
SELECT migrate_apply('1');
SET surefoot.verify_timeout = '200ms';
SELECT level, code, message FROM migrate_validate('1');
-- the checklist says so beforehand, if what it reads is large
SET surefoot.direct_index_pages = 0;
INSERT INTO t SELECT 1;
SELECT migrate_register('2', 'large', 'ALTER TABLE t ADD COLUMN y int', NULL, 'SELECT count(*) = 1 FROM t WHERE y IS NULL');
SELECT level, object, message, detail FROM migrate_checklist('2') WHERE code = 'verify_script';
-- nor where it runs after the commit
SELECT migrate_register('2', 'steps', 'VACUUM t', NULL, 'SELECT pg_sleep(0.5);');
SELECT migrate_apply('2');
CALL migrate_wait('2');
SELECT state FROM migrate_status('2');

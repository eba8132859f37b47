-- Secrets stay out of the history, and nobody is held to what others have written.
CREATE EXTENSION surefoot;
\pset null '-'
CREATE TABLE t (id int, v int);
INSERT INTO t VALUES (1, 1);
SET surefoot.direct_index_pages = 0;

-- What a session holds in settings of its own is not what the script has SET.
SET app.jwt_secret = 'hunter2';
SET app.mine = 'as before';
SET work_mem = '5MB';
SELECT migrate_register('1', 'settings', $$SET app.greeting = 'hello'; SET app.mine = 'as before'; CREATE INDEX t_v ON t (v);
CREATE TABLE seen AS SELECT current_setting('app.greeting') AS greeting, current_setting('app.mine') AS mine,
    current_setting('app.jwt_secret', true) AS secret, current_setting('work_mem') AS work_mem$$, 'DROP TABLE seen; DROP INDEX t_v');
BEGIN;
SELECT migrate_apply('1');
SELECT carried[i], carried[i + 1] FROM surefoot.run, generate_series(1, cardinality(carried), 2) i
WHERE carried[i] LIKE 'app.%' OR carried[i] = 'work_mem' ORDER BY carried[i] COLLATE "C";
COMMIT;
CALL migrate_wait('1');
SELECT * FROM seen;
SELECT count(*) FROM surefoot.run r WHERE r::text LIKE '%hunter2%' OR carried <> '{}';

-- What only a superuser may set holds in all steps of another role.
CREATE ROLE deployer LOGIN;
ALTER TABLE t OWNER TO deployer;
GRANT CREATE ON SCHEMA public TO deployer;
CALL surefoot.allow('deployer', 'apply');
SET log_min_duration_statement = '10s';
SET ROLE deployer;
SELECT migrate_register('2', 'suset', $$-- surefoot: accept=inexact-down
CREATE INDEX ON t (v); CREATE TABLE b (); CREATE INDEX ON t (id)$$);
SELECT migrate_apply('2');
CALL migrate_wait('2');
SELECT state, steps FROM migrate_status('2');
RESET ROLE;
RESET log_min_duration_statement;

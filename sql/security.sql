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

-- A password is refused wherever it stands.
\set VERBOSITY terse
SELECT migrate_register('3', 'x', $$SELECT dblink_connect('host=h user=u password=hunter2')$$);
SELECT migrate_register('3', 'x', $$CREATE VIEW dv AS SELECT * FROM dblink('host=h password=hunter2', 'SELECT 1') AS t (i int)$$);
SELECT migrate_register('3', 'x', $$ALTER SYSTEM SET primary_conninfo = 'host=h password=hunter2'$$);
SELECT migrate_register('3', 'x', $$COPY t FROM PROGRAM 'PGPASSWORD=hunter2 psql -c "SELECT 1"'$$);
SELECT migrate_register('3', 'x', $$COPY t FROM PROGRAM 'cd /tmp && PGPASSWORD=hunter2 psql'$$);
SELECT migrate_register('3', 'x', $$SELECT 'postgresql://u:hunter2@h/db'$$);
SELECT migrate_register('3', 'x', $$SELECT dblink_exec('c', 'ALTER ROLE a PASSWORD ''hunter2''')$$);
SELECT migrate_register('3', 'x', 'SELECT 1', 'SELECT 1', $$SELECT dblink_connect($q$host=h password=hunter2$q$) IS NOT NULL$$);
-- What only looks like one is not.
SELECT migrate_register('3', 'x', $$CREATE FUNCTION login(text, text) RETURNS bool LANGUAGE sql AS
    'SELECT EXISTS (SELECT FROM users WHERE name = $1 AND password = crypt($2, password))'$$);
SELECT migrate_register('3', 'x', $$CREATE TABLE users (name text, password text DEFAULT 'none');
COMMENT ON COLUMN users.password IS 'the user''s password = a hash';
UPDATE users SET password = 'x' WHERE password = 'y';
CREATE TYPE kind AS ENUM ('password', 'token');
DO $q$ BEGIN EXECUTE 'ALTER ROLE a PASSWORD ''md5c5fae4cb4fb9ff44c3b20b6bd1b3a5f9'''; END $q$;
SELECT 'http://example.org/secret';$$);
SELECT migrate_register('3', 'x', E'-- surefoot: accept=literal-password\n' || $$SELECT 'postgresql://u:hunter2@h/db'$$);
\set VERBOSITY default

-- In errors and in the history it is covered, whoever repeats it.
SELECT migrate_register('4', 'x', $$-- surefoot: accept=literal-password
DO $d$ BEGIN EXECUTE 'CREATE ROLE nope PASSWORD ''hunter2'' IN ROLE missing'; END $d$;$$);
SELECT migrate_apply('4');
SELECT migrate_register('4', 'x', $$-- surefoot: accept=literal-password, inexact-down
CREATE INDEX t_both ON t (v, id); CREATE TABLE c AS SELECT 1 AS i;
DO $d$ BEGIN
    IF current_setting('application_name') NOT LIKE 'pg_regress%' THEN
        RAISE EXCEPTION 'cannot connect with host=h password=hunter2' USING DETAIL = 'postgresql://u:hunter2@h/db';
    END IF;
END $d$;$$, 'SELECT 1');
SELECT migrate_apply('4');
CALL migrate_wait('4');
SELECT message, detail, context FROM surefoot.run WHERE version = '4' AND state = 'failed';
SELECT count(*) FROM surefoot.run r WHERE version = '4' AND r::text LIKE '%hunter2%';
SELECT count(*) FROM surefoot.event e WHERE version = '4' AND e::text LIKE '%hunter2%';
SELECT migrate_revert('4');

-- A version that nobody can read.
SELECT migrate_register(repeat('9', 200000), 'x', 'SELECT 1');
SELECT migrate_apply(repeat('9', 101));

-- A verify script that says neither yes nor no has proved nothing; what it locks by hand is given back, and nothing else.
SELECT pg_advisory_lock(1);
SELECT migrate_register('6', 'verify', 'SELECT 1', 'SELECT 1', 'SELECT bool_and(v > 0) FROM t WHERE v < 0');
SELECT migrate_apply('6');
SELECT migrate_register('6', 'verify', 'SELECT 1', 'SELECT 1',
    'SELECT pg_advisory_lock(1), pg_advisory_lock(42), pg_advisory_lock(42), pg_advisory_lock_shared(7, 8), pg_advisory_xact_lock(9); SELECT NULL::int');
SELECT migrate_apply('6');
SELECT classid, objid, objsubid, mode FROM pg_locks WHERE locktype = 'advisory';
SELECT pg_advisory_unlock_all();

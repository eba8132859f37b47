-- A migration is applied as a whole or not at all, and an error keeps all that the server said of it.
CREATE EXTENSION surefoot;
CREATE TABLE users (id int PRIMARY KEY, name text);
INSERT INTO users VALUES (1, 'Ada'), (2, 'Ada');
SELECT migrate_fingerprint() AS before \gset

-- the third statement fails: the first two are gone, and the migration is as it was
SELECT migrate_register('0019', 'add_status', $$ALTER TABLE users ADD COLUMN status varchar(50) NOT NULL DEFAULT 'active';
CREATE TABLE audit (id int);
  ALTER TABLE users ADD CONSTRAINT name_key UNIQUE (name);
$$);
SELECT migrate_apply('0019');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_fingerprint() = :'before' AS nothing_left;
SELECT version, state, next FROM migrate_status();
SELECT to_regclass('audit');

-- the attempt is in the history although it was rolled back, with the whole error
SELECT version, direction, state, failed_step, sqlstate, message, detail, hint, line, col FROM migrate_history();
-- mended, it goes through
SELECT migrate_register('0019', 'add_status', $$ALTER TABLE users ADD COLUMN status varchar(50) NOT NULL DEFAULT 'active';$$);
SELECT migrate_apply('0019');
SELECT version, direction, state, sqlstate FROM migrate_history();

-- the same after data were changed: an INSERT is no different from a CREATE
SELECT migrate_register('0020', 'rows', $$
INSERT INTO users (id, name) VALUES (3, 'Grace');
INSERT INTO users (id, name)
    VALUES (3, 'Hopper');
$$);
SELECT migrate_apply('0020');
SELECT id, name, status FROM users ORDER BY id;

-- the caller's own transaction: what it rolls back takes the migration along, to a savepoint too
SELECT migrate_register('0020', 'rows', $$INSERT INTO users (id, name) VALUES (3, 'Grace');$$);
BEGIN;
SELECT migrate_apply('0020');
ROLLBACK;
SELECT version, state FROM migrate_status('0020');
BEGIN;
SAVEPOINT here;
SELECT migrate_apply('0020');
ROLLBACK TO here;
COMMIT;
SELECT version, state FROM migrate_status('0020');
SELECT count(*) FROM users;

-- the place of an error: the statement, or the very word where the server knows it
SELECT migrate_register('0021', 'place', $$SELECT 1;
/* a comment with a ; in it */ SELECT '¿dónde?',
    'größe' AS "Größe", nmae FROM users;$$);
SELECT migrate_apply('0021');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_register('0021', 'place', $$-- naïve café
SELECT 1; ALTER TABLE users ADD COLUMN größe integer, ADD COLUMN länge integr;$$);
SELECT migrate_apply('0021');
SELECT migrate_register('0021', 'place', $$SELECT 'é'; SELECT 1/0;$$);
SELECT migrate_apply('0021');
SELECT line, col, message FROM migrate_history('0021') WHERE state = 'rolled back';
-- a statement that does not parse is refused at once, at its place
SELECT migrate_register('0022', 'place', $$SELECT 1;
SELECT 'é' FROM FROM users;$$);

-- an error in a function: the server's own context follows
CREATE FUNCTION fails() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'not like this' USING ERRCODE = 'P0815', DETAIL = 'The detail.', HINT = 'The hint.';
END $$;
SELECT migrate_register('0022', 'raise', $$
DO $do$ BEGIN PERFORM fails(); END $do$;$$);
SELECT migrate_apply('0022');
\echo :LAST_ERROR_SQLSTATE

-- BEGIN and COMMIT around the whole file are accepted
SELECT migrate_register('0023', 'wrapped', $$BEGIN;
CREATE TABLE wrapped (id int);
COMMIT;
$$, $$START TRANSACTION; DROP TABLE wrapped; END;$$);
SELECT migrate_apply('0023');
SELECT migrate_revert('0023');

-- what the script sets is over afterwards
CREATE ROLE regress_maker;
CREATE SCHEMA workshop AUTHORIZATION regress_maker;
SET search_path = public, pg_catalog;
SET work_mem = '5MB';
SET timezone = 'UTC';
SELECT migrate_register('0024', 'settings', $$
SET search_path = workshop;
SET ROLE regress_maker;
SET work_mem = '77MB';
SET LOCAL timezone = 'Asia/Tokyo';
CREATE TABLE made (work_mem text DEFAULT current_setting('work_mem'), zone text DEFAULT current_setting('timezone'));
INSERT INTO made DEFAULT VALUES;
SELECT set_config('my.own', 'x', false);
$$);
SELECT migrate_apply('0024');
SELECT * FROM workshop.made;
SELECT tableowner FROM pg_tables WHERE tablename = 'made';
SELECT current_user, current_setting('search_path') AS search_path, current_setting('work_mem') AS work_mem,
       current_setting('timezone') AS zone, current_setting('my.own', true) AS custom;
-- and after an error
SELECT migrate_register('0025', 'settings', $$
SET ROLE regress_maker;
SET search_path = workshop;
SELECT 1/0;
$$);
SELECT migrate_apply('0025');
SELECT current_user, current_setting('search_path') AS search_path;
-- in the caller's transaction too
BEGIN;
SELECT migrate_register('0025', 'settings', $$SET ROLE regress_maker; SET search_path = workshop; SELECT 1;$$);
SELECT migrate_apply('0025');
SELECT current_user, current_setting('search_path') AS search_path;
COMMIT;
SELECT current_user, current_setting('search_path') AS search_path;

-- a statement_timeout of the script counts for each statement by itself
SELECT migrate_register('0026', 'timeout', $$
SET statement_timeout = '800ms';
SELECT pg_sleep(0.45);
SELECT pg_sleep(0.45);
SELECT pg_sleep(60);
$$);
SELECT migrate_apply('0026');
\echo :LAST_ERROR_SQLSTATE
SELECT current_setting('statement_timeout') = '800ms' AS leaked;

-- a constraint that is checked at the commit fails there, and nothing is left
CREATE TABLE orders (id int, user_id int, CONSTRAINT orders_user FOREIGN KEY (user_id) REFERENCES users DEFERRABLE INITIALLY DEFERRED);
SELECT migrate_register('0027', 'deferred', $$INSERT INTO orders VALUES (1, 815); CREATE TABLE also (id int);$$);
SELECT migrate_apply('0027');
\echo :LAST_ERROR_SQLSTATE
SELECT state FROM migrate_status('0027');
SELECT to_regclass('also');
-- a worker writes that down, and is not waited for as long as locks are held
DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM surefoot.run WHERE version = '0027') LOOP PERFORM pg_sleep(0.01); END LOOP; END $$;
SELECT state, sqlstate, message FROM migrate_history('0027');
-- what the caller has deferred in a transaction of its own stays deferred
BEGIN;
INSERT INTO orders VALUES (2, 4711);
SELECT migrate_register('0028', 'later', 'CREATE TABLE also (id int)');
SELECT migrate_apply('0028');
INSERT INTO users (id, name) VALUES (4711, 'Edsger');
COMMIT;

-- code that commits by itself: what it takes
CREATE PROCEDURE commits() LANGUAGE plpgsql AS 'BEGIN COMMIT; END';
CREATE PROCEDURE commits_as_owner() SECURITY DEFINER LANGUAGE plpgsql AS 'BEGIN COMMIT; END';
SELECT migrate_register('0029', 'commits', 'CALL commits()');
SELECT migrate_apply('0029');
SELECT migrate_register('0029', 'commits', E'-- surefoot: no-transaction\nCALL commits_as_owner()');
SELECT migrate_apply('0029');
CALL migrate_wait('0029');
SELECT migrate_revert('0029');

DROP SCHEMA workshop CASCADE;
DROP ROLE regress_maker;

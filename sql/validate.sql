-- Validation finds what is not as the migration made it. It is part of every apply, and can be repeated at any time.
CREATE EXTENSION surefoot;
CREATE TABLE users (id int PRIMARY KEY, name text);
INSERT INTO users SELECT n, 'user ' || n FROM generate_series(1, 10) n;
SELECT migrate_register('0001', 'status', $$
ALTER TABLE users ADD COLUMN status text NOT NULL DEFAULT 'active' CHECK (status <> '');
CREATE INDEX users_status ON users (status);
CREATE VIEW active AS SELECT id, name FROM users WHERE status = 'active';
CREATE FUNCTION is_active(id int) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT status = ''active'' FROM users WHERE id = $1';
$$, $$
DROP FUNCTION is_active(int);
DROP VIEW active;
DROP INDEX users_status;
ALTER TABLE users DROP COLUMN status;
$$, $$
SELECT count(*) = 10 FROM active;
SELECT is_active(1);
$$);
SELECT * FROM migrate_validate('0001');
SELECT migrate_apply('0001');
SELECT * FROM migrate_validate('0001');
SELECT * FROM migrate_validate('1');

-- something is gone, something is another thing
BEGIN;
DROP FUNCTION is_active;
DROP INDEX users_status;
ALTER TABLE users ALTER COLUMN status SET DEFAULT 'idle';
SELECT level, code, object, message FROM migrate_validate('0001');
SELECT detail FROM migrate_validate('0001') WHERE code = 'differs';
ROLLBACK;
-- invalid indexes and constraints that are not validated
BEGIN;
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'users_status'::regclass;
SELECT level, code, object, message, hint FROM migrate_validate('0001');
ROLLBACK;
BEGIN;
ALTER TABLE users DROP CONSTRAINT users_status_check, ADD CONSTRAINT users_status_check CHECK (status <> '') NOT VALID;
SELECT level, code, object, message, hint FROM migrate_validate('0001');
ROLLBACK;
-- what others made since is not our business, nor is what a later migration changed
BEGIN;
ALTER TABLE users ADD COLUMN more int;
CREATE TABLE unrelated (id int);
SELECT level, code, object, message FROM migrate_validate('0001');
ROLLBACK;
SELECT migrate_register('0002', 'idle', $$ALTER TABLE users ALTER COLUMN status SET DEFAULT 'idle'; DROP FUNCTION is_active(int)$$,
    $$ALTER TABLE users ALTER COLUMN status SET DEFAULT 'active';
    CREATE FUNCTION is_active(id int) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT status = ''active'' FROM users WHERE id = $1'$$);
SELECT migrate_apply('0002');
SELECT level, code, object, message FROM migrate_validate('0001');
SELECT level, code, object, message FROM migrate_validate('0002');
SELECT migrate_revert('0002');
SELECT level, code, object, message FROM migrate_validate('0001');

-- the verify script: data may be wrong though the objects are right
DELETE FROM users WHERE id = 1;
SELECT level, code, object, message FROM migrate_validate('0001');
-- it cannot change anything, whatever it tries, and what it sets is over
SELECT migrate_register('0003', 'writer', 'CREATE TABLE made (id int)', 'DROP TABLE made', $$
SET work_mem = '77MB';
INSERT INTO made VALUES (1);
$$);
SELECT migrate_apply('0003');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_register('0003', 'writer', 'CREATE TABLE made (id int)', 'DROP TABLE made', $$
SET work_mem = '77MB';
SELECT set_config('search_path', 'nowhere', false);
SET ROLE pg_monitor;
DO $do$ BEGIN PERFORM 1; END $do$;
SELECT current_setting('transaction_read_only') = 'on';
$$);
SELECT migrate_apply('0003');
SELECT current_setting('work_mem') <> '77MB' AS as_before, current_setting('search_path'), current_user;
SHOW transaction_read_only;
SELECT migrate_revert('0003');
-- not even by calling back
SELECT migrate_register('0003', 'writer', 'CREATE TABLE made (id int)', 'DROP TABLE made', $$SET transaction_read_only = off; INSERT INTO made VALUES (1);$$);
SELECT migrate_apply('0003');
SELECT to_regclass('made');

-- a boolean first column that is false or NULL fails the apply, and nothing is left; other values are no failure
SELECT migrate_register('0003', 'false', 'CREATE TABLE made (id int); INSERT INTO made VALUES (1), (2)', 'DROP TABLE made', $$
SELECT 'a text', false;
SELECT count(*) FROM made;
SELECT NULL::int;
SELECT true, 1;
-- the second row is not right
SELECT id = 1 FROM made ORDER BY id;
$$);
SELECT migrate_apply('0003');
\echo :LAST_ERROR_SQLSTATE
SELECT to_regclass('made');
SELECT state FROM migrate_status('0003');
-- a worker writes that down, and is not waited for as long as locks are held
DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM surefoot.run WHERE version = '0003' AND message ~ 'is false') LOOP PERFORM pg_sleep(0.01); END LOOP; END $$;
SELECT state, sqlstate, message FROM migrate_history('0003') ORDER BY run DESC LIMIT 1;
-- an error in it fails the apply too
SELECT migrate_register('0003', 'error', 'CREATE TABLE made (id int)', 'DROP TABLE made', $$
SELECT 1;
SELECT 1/0;
$$);
SELECT migrate_apply('0003');
-- so does one that asks for what was not made
SELECT migrate_register('0003', 'error', 'CREATE TABLE made (id int)', 'DROP TABLE made', 'SELECT id, nmae FROM made');
SELECT migrate_apply('0003');
SELECT to_regclass('made');

-- what was not applied cannot be validated
SELECT * FROM migrate_validate('0003');
SELECT * FROM migrate_validate('4711');

-- what a later migration has changed is not an earlier one's fault, also when that has stopped half way
SELECT migrate_register('0010', 'first', 'CREATE TABLE people (id int, a int, b int); CREATE INDEX people_a ON people (a); CREATE TABLE other (id int)');
SELECT migrate_register('0011', 'then', $$ALTER TABLE people ALTER b SET DEFAULT 1; INSERT INTO people SELECT n, n % 7 FROM generate_series(1, 30000) n$$);
SELECT migrate_register('0012', 'half', 'ALTER TABLE people ALTER a TYPE bigint, ALTER b TYPE bigint, ALTER b SET DEFAULT 2; ALTER TABLE other RENAME TO another; CREATE UNIQUE INDEX ON people (a)');
SELECT migrate_apply('0010');
SELECT migrate_apply('0011');
SELECT migrate_apply('0012');
CALL migrate_wait('0012');
SELECT state FROM migrate_status('0012');
SELECT level, code, object, message FROM migrate_validate('0010');
SELECT level, code, object, message FROM migrate_validate('0011');
SELECT migrate_revert('0012');
SELECT level, code, object, message FROM migrate_validate('0011');
-- a table that has another name by now, with its index
SELECT migrate_register('0013', 'rename', 'ALTER TABLE people RENAME TO folk');
SELECT migrate_apply('0013');
SELECT level, code, object, message FROM migrate_validate('0010');
DROP INDEX people_a;
SELECT level, code, object, message FROM migrate_validate('0010');

-- an index that waits for its partitions
CREATE TABLE parted (id int) PARTITION BY RANGE (id);
CREATE TABLE part PARTITION OF parted FOR VALUES FROM (1) TO (10);
SELECT migrate_register('0014', 'only', 'CREATE INDEX parted_id ON ONLY parted (id)'), migrate_register('0015', 'attach', E'-- surefoot: accept=no-way-back\nCREATE INDEX part_id ON part (id);\nALTER INDEX parted_id ATTACH PARTITION part_id');
SELECT migrate_apply('0014');
SELECT * FROM migrate_validate('0014');
SELECT migrate_apply('0015');
SELECT * FROM migrate_validate('0014');

-- all of it was there before
CREATE TABLE pasted (id int);
SELECT migrate_register('0016', 'pasted', 'CREATE TABLE pasted (id int)');
SELECT migrate_apply('0016');
SELECT * FROM migrate_validate('0016');
SELECT migrate_revert('0016');
SELECT to_regclass('pasted');

-- A rehearsal runs a migration up and both ways back, rolls everything back, and tells what was seen.
CREATE EXTENSION surefoot;
SET surefoot.rehearse_timeout = '60s';

CREATE TABLE users (id int PRIMARY KEY, name text, note text);
INSERT INTO users SELECT n, 'name ' || n, 'note' FROM generate_series(1, 1000) AS n;
CREATE VIEW findings AS SELECT 1;
CREATE FUNCTION look() RETURNS text LANGUAGE sql AS $$ SELECT migrate_fingerprint(kind => 'physical') $$;
SELECT look() AS before \gset

-- A column, its constraint, an index, rows; a down script that is exact.
SELECT migrate_register('1', 'status',
    'ALTER TABLE users ADD COLUMN status text DEFAULT ''active'';
     ALTER TABLE users ADD CONSTRAINT status_known CHECK (status IN (''active'', ''gone''));
     CREATE INDEX users_status ON users (status);
     UPDATE users SET status = ''gone'' WHERE id <= 10;',
    'DROP INDEX users_status; ALTER TABLE users DROP COLUMN status;',
    'SELECT count(*) = 10 FROM users WHERE status = ''gone''');
SELECT * FROM migrate_rehearse('1');
SELECT direction, step, line, statement, tried, locks, rewritten, scanned, rows, written FROM migrate_rehearse_statements('1');
SELECT bool_and(wal_bytes >= 0 AND duration >= '0 s'), sum(wal_bytes) > 0 AS wal FROM migrate_rehearse_statements('1');
SELECT look() = :'before' AS unchanged, count(*) AS migrations, min(state) AS state FROM surefoot.migration;

-- A down script that forgets something is named with what it leaves, and the derived one is offered.
SELECT migrate_register('1', 'status', 'ALTER TABLE users ADD COLUMN status text; CREATE TABLE active (id int);',
    'ALTER TABLE users DROP COLUMN status;');
SELECT level, code, object, message, detail, hint FROM migrate_rehearse('1') WHERE code IN ('down_script', 'derived', 'way_back');
-- One that fails.
SELECT migrate_register('1', 'status', 'ALTER TABLE users ADD COLUMN status text;', 'ALTER TABLE users DROP COLUMN stattus;');
SELECT level, code, message FROM migrate_rehearse('1') WHERE code IN ('down_script', 'derived', 'way_back');
-- One that is meant to be as it is.
SELECT migrate_register('1', 'status', 'ALTER TABLE users ADD COLUMN status text; CREATE TABLE active (id int);',
    '-- surefoot: accept=public.active
     ALTER TABLE users DROP COLUMN status;');
SELECT level, code, message FROM migrate_rehearse('1') WHERE code IN ('down_script', 'derived', 'way_back');

-- One that is exact, and does not bring back what the derived one does.
SELECT migrate_register('1', 'status', 'ALTER TABLE users DROP COLUMN note;', 'ALTER TABLE users ADD COLUMN note text;');
SELECT level, code, message, detail FROM migrate_rehearse('1') WHERE code IN ('down_script', 'derived', 'way_back');

-- Without a down script: the four verdicts of what is derived.
SELECT migrate_register('1', 'status', 'ALTER TABLE users ADD COLUMN status text;');
SELECT level, code, message, detail, hint FROM migrate_rehearse('1') WHERE code IN ('derived', 'way_back');
SELECT migrate_register('1', 'status', 'ALTER TABLE users DROP COLUMN name;');
SELECT level, code, message, detail FROM migrate_rehearse('1') WHERE code IN ('derived', 'way_back');
SELECT migrate_register('1', 'status', 'DROP TABLE users;');
SELECT level, code, object, message, detail FROM migrate_rehearse('1') WHERE code <> 'effect';
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE FUNCTION cheer(mood) RETURNS mood LANGUAGE sql AS 'SELECT $1';
CREATE TABLE moods (m mood);
SELECT look() AS before \gset
SELECT migrate_register('1', 'status', 'ALTER TYPE mood ADD VALUE ''happy'';');
SELECT level, code, message, detail FROM migrate_rehearse('1') WHERE code IN ('derived', 'way_back');
-- Used by the same script, it needs a commit in between.
SELECT migrate_register('1', 'status', 'ALTER TYPE mood ADD VALUE ''happy''; INSERT INTO moods VALUES (''happy'');');
SELECT level, code, message, hint FROM migrate_rehearse('1');

-- An up script that fails, a verify script that does.
SELECT migrate_register('1', 'status', E'CREATE TABLE fine (id int);\nALTER TABLE users ADD CHECK (id > 1);');
SELECT * FROM migrate_rehearse('1');
SELECT migrate_register('1', 'status', 'CREATE TABLE fine (id int);', NULL, 'SELECT count(*) > 0 FROM fine');
SELECT level, code, message FROM migrate_rehearse('1') WHERE code = 'verify';

-- What is too large is rehearsed on empty storage, or prepared only, and that is said.
SET surefoot.rehearse_pages = 1;
SELECT migrate_register('1', 'status',
    E'ALTER TABLE users ALTER COLUMN id TYPE bigint;\nUPDATE users SET name = upper(name);\nCREATE TABLE copy AS SELECT * FROM users;');
SELECT level, code, object, message FROM migrate_rehearse('1');
SELECT line, tried, locks, rewritten, rows FROM migrate_rehearse_statements('1');
RESET surefoot.rehearse_pages;
SELECT level, code, object, message FROM migrate_rehearse('1');

-- A key without a name takes the place of one that the same statement drops.
SELECT migrate_register('1', 'status', 'ALTER TABLE users DROP CONSTRAINT users_pkey, DROP COLUMN id, ADD PRIMARY KEY (name);');
SELECT level, code, message FROM migrate_rehearse('1') WHERE code IN ('up', 'recorded', 'way_back');

-- What would act outside of the transaction is not done.
CREATE SEQUENCE numbers;
SELECT migrate_register('1', 'status', 'SELECT setval(''numbers'', 1000);');
SELECT level, code, message, hint FROM migrate_rehearse('1');
SELECT last_value FROM numbers;

-- A superuser does not run what somebody else has written; who may apply may rehearse.
CREATE ROLE author;
CREATE ROLE watcher;
CALL surefoot.allow('author', 'apply');
CALL surefoot.allow('watcher', 'look');
GRANT CREATE ON SCHEMA public TO author;
SET ROLE author;
SELECT migrate_register('3', 'his', 'CREATE TABLE his (id int);');
SELECT code, message FROM migrate_rehearse('3') WHERE code IN ('effect', 'way_back');
RESET ROLE;
SELECT * FROM migrate_rehearse('3');
SET ROLE watcher;
SELECT * FROM migrate_rehearse('3');
RESET ROLE;

-- The schema of a while ago, for whoever walks to and fro.
SELECT surefoot.remember_schema('then') = migrate_fingerprint() AS same;
ALTER TABLE users ADD COLUMN extra int, ADD COLUMN last int;
SELECT surefoot.remember_schema('later') IS NOT NULL;
ALTER TABLE users DROP COLUMN extra;
ALTER TABLE users ADD COLUMN extra int;
SELECT * FROM surefoot.compare_schema('then');
SELECT kind, identity, only_column_order FROM surefoot.compare_schema('later');
SELECT * FROM surefoot.compare_schema('never');
ALTER TABLE users DROP COLUMN extra, DROP COLUMN last;

-- Of what is applied the ways back are rehearsed.
SELECT migrate_register('1', 'status', 'CREATE TABLE fine (id int); ALTER TABLE users ADD COLUMN status text;');
SELECT migrate_apply('1');
SELECT look() AS before \gset
SELECT level, code, object, message, hint FROM migrate_rehearse('1');
SELECT migrate_register('1', 'status', 'CREATE TABLE fine (id int); ALTER TABLE users ADD COLUMN status text;', 'DROP TABLE fine;');
SELECT level, code, object, message, detail, hint FROM migrate_rehearse('1') WHERE code IN ('down_script', 'derived', 'way_back');
SELECT direction, line, statement, locks FROM migrate_rehearse_statements('1');
SELECT look() = :'before' AS unchanged;
SELECT * FROM migrate_rehearse('2');

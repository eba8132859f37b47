-- migrate_checklist tells what should be looked at before a migration runs. It changes nothing.
CREATE EXTENSION surefoot;
\pset null '-'
CREATE TABLE users (id bigint PRIMARY KEY, email text, created_at timestamptz DEFAULT now());
INSERT INTO users SELECT i, 'user ' || i FROM generate_series(1, 30000) i;
CREATE TABLE small (id int);
VACUUM ANALYZE;
SELECT migrate_register('0019', 'add_status', $$
ALTER TABLE users ADD COLUMN status varchar(50) NOT NULL DEFAULT 'active';
CREATE INDEX ON users (status, created_at);
CREATE INDEX ON small (id);
$$, $$
DROP INDEX CONCURRENTLY users_status_created_at_idx;
DROP INDEX small_id_idx;
ALTER TABLE users DROP COLUMN status;
$$);

-- All rows; what differs from server to server is left out.
SELECT level, code, CASE code WHEN 'connection' THEN '...' ELSE object END AS object,
       CASE WHEN code IN ('server_version', 'connection') THEN '...' ELSE regexp_replace(message, '\d+ kB', '... kB') END AS message
FROM migrate_checklist('0019');
SELECT code, detail, hint FROM migrate_checklist('19')
WHERE code IN ('migration', 'plan', 'direct_index', 'way_back', 'way_back_command');
SELECT detail ~ '^About [0-9]+ \w+ are needed for a time; [0-9]+ \w+ are free\.$' AS "disk space" FROM migrate_checklist('0019')
WHERE code = 'disk_space';
SELECT level, code, object, message FROM migrate_checklist('0019', 'down')
WHERE code IN ('migration', 'plan', 'hazard', 'way_back', 'way_back_command', 'disk_space');

-- What goes wrong is a row, not an error; only what does not exist is one.
SELECT migrate_register('0020', 'no_way_back', $$
-- surefoot: plain-indexes
CREATE INDEX ON users (email);
ALTER TABLE users ALTER id TYPE int;
ALTER TABLE users DROP COLUMN created_at;
$$);
SELECT level, code, object, message, detail FROM migrate_checklist('20')
WHERE code IN ('plan', 'hazard', 'plain_index', 'way_back', 'order');
SELECT migrate_register('0021', 'session', E'CREATE TEMP TABLE t (a int);\nVACUUM;\nSELECT * FROM t;');
SELECT level, code, object, message, detail, hint FROM migrate_checklist('21') WHERE level = 'fail';
SELECT level, code, message FROM migrate_checklist('21', 'down') WHERE level = 'fail';
SELECT * FROM migrate_checklist('22');

-- An invalid index of a table that is touched.
SET client_min_messages = error;
INSERT INTO users VALUES (30001, 'user 1');
CREATE UNIQUE INDEX CONCURRENTLY broken ON users (email);
SELECT level, message, detail, hint FROM migrate_checklist('19') WHERE code = 'invalid_indexes';

-- A role that may look may look at this, too.
CREATE ROLE regress_surefoot_looks;
SET ROLE regress_surefoot_looks;
SELECT count(*) FROM migrate_checklist('19');
RESET ROLE;
CALL surefoot.allow('regress_surefoot_looks', 'look');
SET ROLE regress_surefoot_looks;
SELECT count(*) > 15 AS rows FROM migrate_checklist('19');
SELECT substring(message FROM 'acting as .*') AS message FROM migrate_checklist('19') WHERE code = 'connection';
RESET ROLE;

-- The rows of a table that was never analyzed are guessed from its size, as the planner does.
CREATE TABLE unknown (id int, name text) WITH (autovacuum_enabled = off);
INSERT INTO unknown SELECT n, 'name' FROM generate_series(1, 20000) AS n;
SELECT migrate_register('22', 'unknown', 'ALTER TABLE unknown ADD COLUMN x int;');
SELECT rows BETWEEN 5000 AND 50000 AS guessed FROM migrate_plan('22');

-- What comes after a step of its own is dropped for good, and alone it is kept.
CREATE TABLE old (id int);
SELECT migrate_register('23', 'drop_late', E'CREATE INDEX ON users (created_at);\nDROP TABLE old;'), migrate_register('24', 'drop', 'DROP TABLE old');
SELECT m.version, c.message, c.detail, c.hint FROM surefoot.migration m, migrate_checklist(m.version) c
WHERE m.version IN ('23', '24') AND c.code = 'way_back' ORDER BY m.version;

-- Rows that will not come back are a warning, beforehand and when that way is taken.
SELECT migrate_register('25', 'update', 'UPDATE users SET email = NULL'), migrate_register('26', 'rename', 'ALTER TABLE small RENAME id TO n');
SELECT level, message, detail FROM migrate_checklist('25') WHERE code = 'way_back';
SELECT migrate_apply('25'), migrate_apply('26');
SELECT m.version, c.level, c.code, c.message, c.detail FROM surefoot.migration m, migrate_checklist(m.version, 'down') c
WHERE m.version IN ('25', '26') AND c.code = 'comes_back' ORDER BY m.version;

-- What is not there, and is not made before: told, as far as nothing may have made it unseen.
SELECT migrate_register('27', 'missing', $$ALTER TABLE nowhere ADD x int; ALTER TABLE nowhere ADD y int;
CREATE TABLE made (id int); CREATE INDEX made_id ON made (id); INSERT INTO made VALUES (1); ALTER TABLE made RENAME TO remade; TRUNCATE remade;
ALTER TABLE IF EXISTS neither ADD x int;
UPDATE other.gone SET a = 1;
DO $x$ BEGIN EXECUTE 'CREATE TABLE by_code (id int)'; END $x$;
INSERT INTO by_code VALUES (1);$$);
SELECT level, object, message, detail, hint FROM migrate_checklist('27') WHERE code = 'missing';
SELECT count(*) FROM migrate_checklist('27', 'up') WHERE level = 'fail';

-- Rows that go with the way back, and are not kept; nor are those of an emptier table missed.
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
SELECT migrate_register('28', 'made', 'CREATE TABLE loose (a positive); CREATE TABLE bare (a positive); CREATE TABLE kept (a int)');
SELECT migrate_register('29', 'made', 'CREATE TABLE loose_too (a positive)', 'DROP TABLE loose_too');
SELECT migrate_apply('28'), migrate_apply('29');
INSERT INTO loose VALUES (1);
INSERT INTO loose_too VALUES (1);
INSERT INTO kept VALUES (1);
SELECT m.version, c.level, c.object, c.message, c.detail, c.hint FROM surefoot.migration m, migrate_checklist(m.version, 'down') c
WHERE m.version IN ('28', '29') AND c.code = 'not_kept' ORDER BY m.version;

-- Rows that are kept, and for which the down script does not ask.
CREATE TABLE before (a int PRIMARY KEY);
INSERT INTO before VALUES (1), (2);
SELECT migrate_register('30', 'drop', 'DROP TABLE before', 'CREATE TABLE before (a int PRIMARY KEY)');
SELECT migrate_register('31', 'drop', 'DROP TABLE before', $$CREATE TABLE before (a int PRIMARY KEY); SELECT surefoot.restore_table('31', 'public.before')$$);
SELECT m.version, c.level, c.message, c.detail, c.hint FROM surefoot.migration m, migrate_checklist(m.version) c
WHERE m.version IN ('30', '31') AND c.code = 'way_back' ORDER BY m.version;
SELECT migrate_apply('30');
SELECT level, message, detail, hint FROM migrate_checklist('30', 'down') WHERE code = 'comes_back';
SET client_min_messages = notice;
SELECT migrate_revert('30');
SET client_min_messages = error;
SELECT surefoot.restore_table('30', 'public.before');
SELECT * FROM before;
SELECT * FROM surefoot.kept_aside;

-- Nor are the values of a column kept in a table that is large or has no key; and a partition that is detached before keeps its rows.
CREATE TABLE large (id int PRIMARY KEY, name text);
INSERT INTO large SELECT n, repeat('x', 500) FROM generate_series(1, 1000) n;
CREATE TABLE tiny (id int PRIMARY KEY);
CREATE TABLE keyless (id int);
INSERT INTO tiny VALUES (1);
INSERT INTO keyless VALUES (1);
SELECT migrate_register('98', 'columns', 'ALTER TABLE large ADD COLUMN a int, ADD COLUMN "B" int; ALTER TABLE tiny ADD COLUMN a int; ALTER TABLE keyless ADD COLUMN a int;');
SELECT migrate_register('99', 'parts', 'CREATE TABLE whole (id int NOT NULL, name text) PARTITION BY LIST (id); ALTER TABLE whole ATTACH PARTITION keyless_large DEFAULT;');
CREATE TABLE keyless_large AS TABLE large;
ALTER TABLE keyless_large ALTER id SET NOT NULL;
SELECT migrate_apply('98'), migrate_apply('99');
SELECT m.version, c.level, c.object, c.message, c.detail FROM surefoot.migration m, migrate_checklist(m.version, 'down') c
WHERE m.version IN ('98', '99') AND c.code = 'not_kept' ORDER BY m.version, c.object;
CREATE TABLE more PARTITION OF whole FOR VALUES IN (-1);
INSERT INTO whole VALUES (-1, 'x');
SELECT c.object, c.message, c.detail FROM migrate_checklist('99', 'down') c WHERE c.code = 'not_kept';

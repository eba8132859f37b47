-- migrate_plan shows what would happen, and does nothing of it.
CREATE EXTENSION surefoot;
\pset null '-'

-- A table that is worth a concurrent build, and one that is not.
CREATE TABLE users (id bigint PRIMARY KEY, email varchar(20), created_at timestamptz DEFAULT now());
INSERT INTO users SELECT i, 'user ' || i FROM generate_series(1, 30000) i;
CREATE TABLE small (id int);
CREATE TABLE parent (k int, a text) PARTITION BY RANGE (k);
CREATE TABLE child_1 PARTITION OF parent FOR VALUES FROM (0) TO (30000);
CREATE TABLE child_2 PARTITION OF parent FOR VALUES FROM (30000) TO (60000);
INSERT INTO parent SELECT i, repeat('x', 50) FROM generate_series(0, 29999) i;
VACUUM ANALYZE;

CREATE FUNCTION plan(script text)
RETURNS TABLE (step int, kind text, line int, statement text, lock text, object text, rows bigint, rewrites boolean,
               scans boolean, hazards text[], way_back text)
LANGUAGE sql AS $$
    SELECT step, left(kind, 1), line, statement, lock, object, rows, rewrites, scans, hazards, way_back
    FROM migrate_plan_script(script)
$$;
CREATE FUNCTION steps(script text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT step || left(kind, 1) || ' ' || statement FROM migrate_plan_script(script)
$$;

-- The migration that everything is about.
SELECT migrate_register('0019', 'add_status', $$
ALTER TABLE users ADD COLUMN status varchar(50) NOT NULL DEFAULT 'active';
CREATE INDEX ON users (status, created_at);
COMMENT ON INDEX users_status_created_at_idx IS 'who is active';
$$, $$
DROP INDEX CONCURRENTLY users_status_created_at_idx;
ALTER TABLE users DROP COLUMN status;
$$);
\x
SELECT step, kind, line, statement, lock, object, rows, bytes > 0 AS bytes, rewrites, scans, hazards, way_back
    FROM migrate_plan('19');
SELECT step, kind, line, statement, lock, object, rows, hazards, way_back FROM migrate_plan('0019', 'down');
\x
SELECT count(*) FROM pg_attribute WHERE attrelid = 'users'::regclass AND attname = 'status';
SELECT * FROM migrate_plan('0019', 'sideways');
SELECT * FROM migrate_plan('0020');

-- Without a down script the way back is derived.
SELECT migrate_register('0021', 'drop', 'ALTER TABLE users ADD a int; ALTER TABLE users DROP COLUMN email;');
SELECT statement, hazards, way_back FROM migrate_plan('21');
SELECT * FROM migrate_plan('21', 'down');
SELECT migrate_register('0022', 'role', 'INSERT INTO users (id) VALUES (7); CREATE ROLE regress_new; CREATE VIEW v AS SELECT 1; SELECT 1;');
SELECT statement, hazards, way_back FROM migrate_plan('22');

-- Where indexes go.
SELECT * FROM steps('CREATE INDEX ON users (email); CREATE INDEX ON users (email); CREATE UNIQUE INDEX u ON users (lower(email), (id + 1))');
SELECT * FROM steps('CREATE INDEX ON small (id); CREATE INDEX CONCURRENTLY ON small (id)');
SELECT * FROM steps('CREATE TABLE n (a int); CREATE INDEX ON n (a); CREATE INDEX CONCURRENTLY x ON n (a); CREATE INDEX ON users (id); CREATE INDEX CONCURRENTLY ON n (a)');
SELECT * FROM steps('CREATE TEMP TABLE t (a int); CREATE INDEX CONCURRENTLY ON t (a)');
SELECT * FROM steps('CREATE INDEX ON parent (k, a); CREATE INDEX ON ONLY parent (a); CREATE INDEX CONCURRENTLY p ON parent (a)');
SELECT * FROM steps('ALTER TABLE users RENAME TO people; CREATE INDEX ON people (email); CREATE TABLE users (a int); CREATE INDEX ON users (a)');
SELECT * FROM steps(E'-- surefoot: plain-indexes\nCREATE INDEX ON users (email); ALTER TABLE users ADD UNIQUE (email)');
SELECT * FROM steps(E'-- surefoot: no-transaction\nINSERT INTO small VALUES (1); DO $$BEGIN END$$; DO $$BEGIN COMMIT; END$$; INSERT INTO small VALUES (2)');
SET surefoot.direct_index_pages = 100000;
SELECT * FROM steps('CREATE INDEX ON users (email); ALTER TABLE users ADD UNIQUE (email)');
RESET surefoot.direct_index_pages;

-- Constraints with an index.
SELECT * FROM steps('ALTER TABLE users ADD CONSTRAINT "U" UNIQUE (email, id) INCLUDE (created_at) WITH (fillfactor = 50) DEFERRABLE INITIALLY DEFERRED');
SELECT * FROM steps('ALTER TABLE ONLY users ADD x int UNIQUE DEFAULT 5, ADD UNIQUE (email), ALTER email SET NOT NULL');
SELECT * FROM steps('ALTER TABLE users DROP CONSTRAINT users_pkey, ADD CONSTRAINT users_pkey PRIMARY KEY (email)');
SELECT * FROM steps('ALTER TABLE users ADD PRIMARY KEY (email)');
SELECT * FROM steps('ALTER TABLE users ADD parent bigint, ADD UNIQUE (email), ADD FOREIGN KEY (parent) REFERENCES users, REPLICA IDENTITY USING INDEX users_email_key');
SELECT * FROM steps('ALTER TABLE parent ADD UNIQUE (k)');
SELECT statement, hazards FROM plan('ALTER TABLE users ADD EXCLUDE USING btree (id WITH =)');

-- What cannot run in a transaction block.
SELECT * FROM steps($$
VACUUM users; ANALYZE users; DROP INDEX CONCURRENTLY users_pkey; REINDEX TABLE users; REINDEX TABLE CONCURRENTLY users;
REINDEX TABLE parent; CLUSTER users USING users_pkey; CLUSTER; ALTER SYSTEM SET work_mem = '1MB'; CREATE DATABASE x;
ALTER TABLE parent DETACH PARTITION child_1 CONCURRENTLY; ALTER TABLE parent DETACH PARTITION child_1;
CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p; CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p WITH (connect = false);
$$);

-- A new enum value is of no use before it is committed.
SELECT * FROM steps($$
CREATE TYPE mood AS ENUM ('a'); ALTER TYPE mood ADD VALUE 'b'; ALTER TYPE mood ADD VALUE 'c' AFTER 'b';
COMMENT ON TYPE mood IS 'b'; CREATE TABLE m (x mood DEFAULT 'b'); INSERT INTO m VALUES ('c')
$$);

-- Locks, rewrites and scans.
SELECT substr(statement, 19) AS "ALTER TABLE users", lock, rewrites, scans, hazards FROM plan($$
ALTER TABLE users ADD a float DEFAULT random();
ALTER TABLE users ADD a timestamptz DEFAULT now();
ALTER TABLE users ADD a serial;
ALTER TABLE users ADD a int GENERATED ALWAYS AS (1) STORED;
ALTER TABLE users ADD a int NOT NULL;
ALTER TABLE users ADD a int CHECK (a > 1);
ALTER TABLE users ALTER email TYPE text;
ALTER TABLE users ALTER email TYPE varchar(30);
ALTER TABLE users ALTER email TYPE varchar(10);
ALTER TABLE users ALTER id TYPE int;
ALTER TABLE users ALTER email TYPE text USING upper(email);
ALTER TABLE users ALTER email SET NOT NULL;
ALTER TABLE users ALTER id SET NOT NULL;
ALTER TABLE users ADD CHECK (id > 0);
ALTER TABLE users ADD CHECK (id > 0) NOT VALID;
ALTER TABLE users VALIDATE CONSTRAINT x;
ALTER TABLE users SET (fillfactor = 90);
ALTER TABLE users SET UNLOGGED;
ALTER TABLE users DROP COLUMN email;
$$);
SELECT statement, lock, object, hazards FROM plan($$
CREATE TABLE n (id bigint REFERENCES users);
INSERT INTO n VALUES (1);
ALTER TABLE small ADD FOREIGN KEY (id) REFERENCES users;
DELETE FROM small;
DO 'BEGIN END';
TRUNCATE small;
CREATE TRIGGER t AFTER INSERT ON users EXECUTE FUNCTION f();
DROP TABLE users CASCADE;
$$);

-- More locks than there is room for.
\set VERBOSITY sqlstate
SELECT count(*) FROM migrate_plan_script((SELECT string_agg('CREATE TABLE t' || i || ' (a int)', ';') FROM generate_series(1, 10000) i));

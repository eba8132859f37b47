-- A fingerprint differs when the schema does, and is the same again when the change has been walked back.
CREATE EXTENSION surefoot;
SET client_min_messages = warning;
CREATE ROLE regress_joe;
CREATE ROLE regress_ann;

CREATE SCHEMA app;
SET search_path = app, public;
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN positive AS int CHECK (value > 0);
CREATE TYPE pair AS (a int, b text);
CREATE SEQUENCE counter;
CREATE TABLE ref (id int PRIMARY KEY);
CREATE TABLE users (id int PRIMARY KEY, name varchar(50), m mood, r int REFERENCES ref, d date DEFAULT '2020-01-02', note text);
CREATE TABLE plain (a int, b int);
CREATE INDEX users_name ON users (name);
CREATE TABLE part (k int) PARTITION BY RANGE (k);
CREATE TABLE part1 PARTITION OF part FOR VALUES FROM (1) TO (10);
CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
CREATE POLICY readers ON users FOR SELECT USING (id > 0);
CREATE RULE keep AS ON DELETE TO ref DO INSTEAD NOTHING;
CREATE VIEW named AS SELECT id, name FROM users;
CREATE MATERIALIZED VIEW counts AS SELECT count(*) AS n FROM users;
CREATE STATISTICS both_of (dependencies) ON id, name FROM users;
CREATE COLLATION german FROM "C";
CREATE FOREIGN DATA WRAPPER wrapper;
CREATE SERVER far FOREIGN DATA WRAPPER wrapper;
SET client_min_messages = error; -- it warns of wal_level in words of its own on each major
CREATE PUBLICATION pub FOR TABLE ref;
SET client_min_messages = warning;
ALTER TABLE users OWNER TO regress_joe;
ALTER TABLE plain OWNER TO regress_joe;

-- Runs both and says what the fingerprints say; nothing remains.
-- The name of a temporary schema differs from run to run.
\set SHOW_CONTEXT never
CREATE FUNCTION pg_temp.walk(up text, down text, OUT seen text, OUT walked_back text) LANGUAGE plpgsql AS $$
DECLARE
    before text[] := ARRAY[migrate_fingerprint(), migrate_fingerprint('app'), migrate_fingerprint(NULL, 'physical')];
    during text[];
    after text[];
BEGIN
    BEGIN
        EXECUTE up;
        during := ARRAY[migrate_fingerprint(), migrate_fingerprint('app'), migrate_fingerprint(NULL, 'physical')];
        EXECUTE down;
        after := ARRAY[migrate_fingerprint(), migrate_fingerprint('app'), migrate_fingerprint(NULL, 'physical')];
        RAISE EXCEPTION USING errcode = 'ZZ000';
    EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
        NULL;
    END;
    seen := CASE WHEN during = before THEN 'no' WHEN during[1] = before[1] THEN 'physical'
                 WHEN during[2] = before[2] THEN 'outside app' ELSE 'yes' END;
    walked_back := CASE WHEN after = before THEN 'yes' WHEN after[1] = before[1] THEN 'but for holes' ELSE 'no' END;
END $$;

\pset format unaligned
\pset footer off
SELECT up, down, seen, walked_back FROM (VALUES
    -- tables and columns
    ('CREATE TABLE t (a int)', 'DROP TABLE t'),
    ('CREATE UNLOGGED TABLE t (a int)', 'ALTER TABLE t SET LOGGED; DROP TABLE t'),
    ('ALTER TABLE users RENAME TO people', 'ALTER TABLE people RENAME TO users'),
    ('ALTER TABLE users RENAME note TO remark', 'ALTER TABLE users RENAME remark TO note'),
    ('ALTER TABLE users SET SCHEMA public', 'ALTER TABLE public.users SET SCHEMA app'),
    ('ALTER TABLE users ADD z int', 'ALTER TABLE users DROP z'),
    ('ALTER TABLE users DROP note', 'ALTER TABLE users ADD note text'),
    ('ALTER TABLE plain DROP a', 'ALTER TABLE plain ADD a int'),
    ('ALTER TABLE users ALTER note TYPE varchar', 'ALTER TABLE users ALTER note TYPE text'),
    ('ALTER TABLE users ALTER note TYPE text COLLATE "C"', 'ALTER TABLE users ALTER note TYPE text'),
    ('ALTER TABLE users ALTER note SET DEFAULT ''x''', 'ALTER TABLE users ALTER note DROP DEFAULT'),
    ('ALTER TABLE users ALTER note SET NOT NULL', 'ALTER TABLE users ALTER note DROP NOT NULL'),
    ('ALTER TABLE users ALTER id SET NOT NULL', 'SELECT'),
    ('ALTER TABLE users ALTER note SET STATISTICS 5', 'ALTER TABLE users ALTER note SET STATISTICS -1'),
    ('ALTER TABLE users ALTER note SET (n_distinct = 5)', 'ALTER TABLE users ALTER note RESET (n_distinct)'),
    ('ALTER TABLE users ALTER note SET STORAGE MAIN', 'ALTER TABLE users ALTER note SET STORAGE EXTENDED'),
    ('ALTER TABLE users ALTER note SET COMPRESSION pglz', 'ALTER TABLE users ALTER note SET COMPRESSION DEFAULT'),
    ('ALTER TABLE users ALTER id ADD GENERATED ALWAYS AS IDENTITY', 'ALTER TABLE users ALTER id DROP IDENTITY'),
    ('ALTER TABLE users SET (fillfactor = 50)', 'ALTER TABLE users RESET (fillfactor)'),
    ('ALTER TABLE users SET (toast.autovacuum_enabled = off)', 'ALTER TABLE users RESET (toast.autovacuum_enabled)'),
    ('ALTER TABLE users REPLICA IDENTITY FULL', 'ALTER TABLE users REPLICA IDENTITY DEFAULT'),
    ('ALTER TABLE users CLUSTER ON users_name', 'ALTER TABLE users SET WITHOUT CLUSTER'),
    ('ALTER TABLE users ENABLE ROW LEVEL SECURITY', 'ALTER TABLE users DISABLE ROW LEVEL SECURITY'),
    ('ALTER TABLE users FORCE ROW LEVEL SECURITY', 'ALTER TABLE users NO FORCE ROW LEVEL SECURITY'),
    ('CREATE TABLE c () INHERITS (users)', 'DROP TABLE c'),
    ('CREATE TABLE c (LIKE plain); ALTER TABLE c INHERIT plain', 'ALTER TABLE c NO INHERIT plain; DROP TABLE c'),
    ('ALTER TABLE part DETACH PARTITION part1', 'ALTER TABLE part ATTACH PARTITION part1 FOR VALUES FROM (1) TO (10)'),
    ('ALTER TABLE part DETACH PARTITION part1', 'ALTER TABLE part ATTACH PARTITION part1 FOR VALUES FROM (1) TO (11)'),
    -- what is not schema
    ('INSERT INTO ref VALUES (1)', 'TRUNCATE ref CASCADE'),
    ('SELECT nextval(''counter'')', 'SELECT'),
    ('ANALYZE users', 'SELECT'),
    ('REINDEX TABLE users', 'SELECT'),
    ('CREATE TEMP TABLE tmp (a int)', 'DROP TABLE tmp'),
    -- constraints and indexes
    ('ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0)', 'ALTER TABLE users DROP CONSTRAINT c'),
    ('ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID', 'ALTER TABLE users VALIDATE CONSTRAINT c; ALTER TABLE users DROP CONSTRAINT c'),
    ('ALTER TABLE users RENAME CONSTRAINT users_r_fkey TO f', 'ALTER TABLE users RENAME CONSTRAINT f TO users_r_fkey'),
    ('ALTER TABLE users ALTER CONSTRAINT users_r_fkey DEFERRABLE', 'ALTER TABLE users ALTER CONSTRAINT users_r_fkey NOT DEFERRABLE'),
    ('ALTER TABLE users DROP CONSTRAINT users_r_fkey', 'ALTER TABLE users ADD FOREIGN KEY (r) REFERENCES ref'),
    ('ALTER TABLE users DROP CONSTRAINT users_r_fkey', 'ALTER TABLE users ADD FOREIGN KEY (r) REFERENCES ref ON DELETE CASCADE'),
    ('ALTER TABLE users DISABLE TRIGGER ALL', 'ALTER TABLE users ENABLE TRIGGER ALL'),
    ('ALTER TABLE plain ADD PRIMARY KEY (a)', 'ALTER TABLE plain DROP CONSTRAINT plain_pkey, ALTER a DROP NOT NULL'),
    ('ALTER TABLE plain ADD PRIMARY KEY (a)', 'ALTER TABLE plain DROP CONSTRAINT plain_pkey'),
    ('ALTER TABLE plain ADD UNIQUE (a)', 'ALTER TABLE plain DROP CONSTRAINT plain_a_key'),
    ('CREATE INDEX i ON users (note)', 'DROP INDEX i'),
    ('CREATE INDEX i ON users (note)', 'DROP INDEX i; CREATE INDEX i ON users (note DESC)'),
    ('DROP INDEX users_name', 'CREATE INDEX users_name ON users (name)'),
    ('DROP INDEX users_name', 'CREATE INDEX users_name ON users (name) WHERE id > 0'),
    ('ALTER INDEX users_name RENAME TO i', 'ALTER INDEX i RENAME TO users_name'),
    ('ALTER INDEX users_name SET (fillfactor = 50)', 'ALTER INDEX users_name RESET (fillfactor)'),
    ('UPDATE pg_index SET indisvalid = false WHERE indexrelid = ''users_name''::regclass', 'UPDATE pg_index SET indisvalid = true WHERE indexrelid = ''users_name''::regclass'),
    ('DROP STATISTICS both_of', 'CREATE STATISTICS both_of (dependencies) ON id, name FROM users'),
    ('ALTER STATISTICS both_of SET STATISTICS 7', 'ALTER STATISTICS both_of SET STATISTICS -1'),
    -- views, rules, triggers, policies
    ('CREATE OR REPLACE VIEW named AS SELECT id, name FROM users WHERE id > 1', 'CREATE OR REPLACE VIEW named AS SELECT id, name FROM users'),
    ('ALTER VIEW named SET (security_barrier)', 'ALTER VIEW named RESET (security_barrier)'),
    ('CREATE OR REPLACE VIEW named AS SELECT id, name, 1 AS n FROM users', 'DROP VIEW named; CREATE VIEW named AS SELECT id, name FROM users'),
    ('REFRESH MATERIALIZED VIEW counts WITH NO DATA', 'REFRESH MATERIALIZED VIEW counts'),
    ('ALTER TABLE ref DISABLE RULE keep', 'ALTER TABLE ref ENABLE RULE keep'),
    ('CREATE OR REPLACE RULE keep AS ON DELETE TO ref DO ALSO NOTHING', 'CREATE OR REPLACE RULE keep AS ON DELETE TO ref DO INSTEAD NOTHING'),
    ('ALTER TABLE users DISABLE TRIGGER touched', 'ALTER TABLE users ENABLE TRIGGER touched'),
    ('CREATE OR REPLACE TRIGGER touched BEFORE UPDATE OF name ON users FOR EACH ROW EXECUTE FUNCTION touch()', 'CREATE OR REPLACE TRIGGER touched BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()'),
    ('ALTER POLICY readers ON users TO regress_ann', 'ALTER POLICY readers ON users TO PUBLIC'),
    ('ALTER POLICY readers ON users USING (id > 1)', 'ALTER POLICY readers ON users USING (id > 0)'),
    -- functions and types
    ('CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS ''SELECT 2''', 'CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS ''SELECT 1'''),
    ('ALTER FUNCTION one() STABLE', 'ALTER FUNCTION one() VOLATILE'),
    ('ALTER FUNCTION one() SET work_mem = ''1MB''', 'ALTER FUNCTION one() RESET work_mem'),
    ('CREATE FUNCTION one(int) RETURNS int LANGUAGE sql AS ''SELECT 1''', 'DROP FUNCTION one(int)'),
    ('CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int)', 'DROP AGGREGATE total(int)'),
    ('ALTER TYPE mood ADD VALUE ''ok'' BEFORE ''happy''', 'DELETE FROM pg_enum WHERE enumlabel = ''ok'''),
    ('ALTER TYPE mood ADD VALUE ''ok''', 'UPDATE pg_enum SET enumsortorder = enumsortorder + 100; DELETE FROM pg_enum WHERE enumlabel = ''ok'''),
    ('ALTER TYPE mood RENAME VALUE ''sad'' TO ''blue''', 'ALTER TYPE mood RENAME VALUE ''blue'' TO ''sad'''),
    ('UPDATE pg_enum SET enumsortorder = - enumsortorder', 'UPDATE pg_enum SET enumsortorder = - enumsortorder'),
    ('ALTER DOMAIN positive ADD CONSTRAINT small CHECK (value < 9)', 'ALTER DOMAIN positive DROP CONSTRAINT small'),
    ('ALTER DOMAIN positive SET DEFAULT 3', 'ALTER DOMAIN positive DROP DEFAULT'),
    ('ALTER TYPE pair ADD ATTRIBUTE c int', 'ALTER TYPE pair DROP ATTRIBUTE c'),
    ('ALTER TYPE pair RENAME ATTRIBUTE a TO c', 'ALTER TYPE pair RENAME ATTRIBUTE c TO a'),
    ('CREATE TYPE r AS RANGE (subtype = int)', 'DROP TYPE r'),
    ('ALTER SEQUENCE counter INCREMENT 2', 'ALTER SEQUENCE counter INCREMENT 1'),
    ('ALTER SEQUENCE counter OWNED BY plain.a', 'ALTER SEQUENCE counter OWNED BY NONE'),
    -- owners, grants, comments
    ('ALTER TABLE users OWNER TO regress_ann', 'ALTER TABLE users OWNER TO regress_joe'),
    ('GRANT SELECT ON users TO regress_ann', 'REVOKE SELECT ON users FROM regress_ann'),
    ('GRANT SELECT (name) ON users TO regress_ann', 'REVOKE SELECT (name) ON users FROM regress_ann'),
    ('GRANT ALL ON users TO regress_joe', 'SELECT'),
    ('REVOKE INSERT ON users FROM regress_joe', 'GRANT INSERT ON users TO regress_joe'),
    ('GRANT SELECT ON users TO regress_ann', 'GRANT SELECT ON users TO regress_ann WITH GRANT OPTION'),
    ('REVOKE EXECUTE ON FUNCTION one() FROM PUBLIC', 'GRANT EXECUTE ON FUNCTION one() TO PUBLIC'),
    ('GRANT USAGE ON SCHEMA app TO regress_ann', 'REVOKE USAGE ON SCHEMA app FROM regress_ann'),
    ('GRANT USAGE ON TYPE mood TO regress_ann', 'REVOKE USAGE ON TYPE mood FROM regress_ann'),
    ('ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO regress_ann', 'ALTER DEFAULT PRIVILEGES IN SCHEMA app REVOKE SELECT ON TABLES FROM regress_ann'),
    ('COMMENT ON TABLE users IS ''x''', 'COMMENT ON TABLE users IS NULL'),
    ('COMMENT ON COLUMN users.name IS ''x''', 'COMMENT ON COLUMN users.name IS NULL'),
    ('COMMENT ON INDEX users_name IS ''x''', 'COMMENT ON INDEX users_name IS NULL'),
    ('COMMENT ON CONSTRAINT users_r_fkey ON users IS ''x''', 'COMMENT ON CONSTRAINT users_r_fkey ON users IS NULL'),
    ('COMMENT ON TRIGGER touched ON users IS ''x''', 'COMMENT ON TRIGGER touched ON users IS NULL'),
    ('COMMENT ON SCHEMA app IS ''x''', 'COMMENT ON SCHEMA app IS NULL'),
    ('COMMENT ON TYPE mood IS ''x''', 'COMMENT ON TYPE mood IS NULL'),
    -- the rest
    ('CREATE SCHEMA other', 'DROP SCHEMA other'),
    ('ALTER SCHEMA app RENAME TO app2; CREATE SCHEMA app', 'DROP SCHEMA app; ALTER SCHEMA app2 RENAME TO app'),
    ('CREATE CAST (int AS mood) WITH INOUT', 'DROP CAST (int AS mood)'),
    ('CREATE OPERATOR ### (leftarg = int, rightarg = int, function = int4pl)', 'DROP OPERATOR ### (int, int)'),
    ('CREATE OPERATOR CLASS o FOR TYPE int USING hash AS OPERATOR 1 =', 'DROP OPERATOR FAMILY o USING hash'),
    ('ALTER COLLATION german RENAME TO g', 'ALTER COLLATION g RENAME TO german'),
    ('CREATE TEXT SEARCH CONFIGURATION s (copy = simple)', 'DROP TEXT SEARCH CONFIGURATION s'),
    ('ALTER SERVER far OPTIONS (ADD host ''h'')', 'ALTER SERVER far OPTIONS (DROP host)'),
    ('CREATE USER MAPPING FOR regress_ann SERVER far', 'DROP USER MAPPING FOR regress_ann SERVER far'),
    ('CREATE FOREIGN TABLE ft (a int) SERVER far', 'DROP FOREIGN TABLE ft'),
    ('ALTER PUBLICATION pub ADD TABLE plain', 'ALTER PUBLICATION pub DROP TABLE plain'),
    ('ALTER PUBLICATION pub SET (publish = ''insert'')', 'ALTER PUBLICATION pub SET (publish = ''insert, update, delete, truncate'')'),
    ('CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS ''BEGIN END''; CREATE EVENT TRIGGER ev ON sql_drop EXECUTE FUNCTION e()', 'DROP EVENT TRIGGER ev; DROP FUNCTION e()')
) AS pairs(up, down), LATERAL pg_temp.walk(up, down);

-- It stands for the schema, not for its creation.
\pset format aligned
CREATE SCHEMA copy;
SELECT migrate_fingerprint('copy') = migrate_fingerprint('app') AS an_empty_schema_is_the_same;
SELECT migrate_fingerprint('app') = migrate_fingerprint('app', 'logical') AS logical_by_default,
       migrate_fingerprint('app') = migrate_fingerprint('app', 'physical') AS same_without_holes,
       migrate_fingerprint() ~ '^[0-9a-f]{64}$' AS looks_like_a_hash;

-- What is asked wrongly is refused.
SELECT migrate_fingerprint('nowhere');
SELECT migrate_fingerprint(NULL, 'spiritual');
SET ROLE regress_joe;
SELECT migrate_fingerprint();
SELECT * FROM surefoot.definitions('users');
RESET ROLE;

-- The definitions for people.
SELECT * FROM surefoot.definitions('plain');
SELECT surefoot.root('pg_class', 'users_name'::regclass), surefoot.root('pg_class', 'pg_class'::regclass);

-- What is there by the name is compared with all that the statement has a say in; IF NOT EXISTS hides no difference.
CREATE EXTENSION surefoot;
\set VERBOSITY terse
CREATE ROLE regress_say_bob;
CREATE FUNCTION try(script text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v text := nextval('versions');
BEGIN
    PERFORM migrate_register(v, 'try', script);
    RETURN migrate_apply(v);
EXCEPTION WHEN sqlstate 'SF007' THEN
    RETURN sqlerrm;
END $$;
CREATE SEQUENCE versions;

-- the owner of a schema
CREATE SCHEMA sb;
SELECT try('CREATE SCHEMA sb AUTHORIZATION regress_say_bob');
SELECT try('CREATE SCHEMA IF NOT EXISTS sb AUTHORIZATION regress_say_bob');
ALTER SCHEMA sb OWNER TO regress_say_bob;
SELECT try('CREATE SCHEMA sb');
SELECT try('CREATE SCHEMA IF NOT EXISTS sb AUTHORIZATION regress_say_bob');
-- an index that checks at the end is none for ON CONFLICT
CREATE TABLE d (a int, b int, UNIQUE (a) DEFERRABLE);
SELECT try('CREATE UNIQUE INDEX ON d (a)');
SELECT try('CREATE UNIQUE INDEX IF NOT EXISTS d_a_key ON d (a)');
ALTER TABLE d DROP CONSTRAINT d_a_key, ADD CONSTRAINT d_a_key UNIQUE (a);
SELECT try('CREATE UNIQUE INDEX IF NOT EXISTS d_a_key ON d (a)');
INSERT INTO d VALUES (1, 1) ON CONFLICT (a) DO NOTHING;
-- a materialized view without rows
CREATE MATERIALIZED VIEW mv AS SELECT 1 AS x WITH NO DATA;
SELECT try('CREATE MATERIALIZED VIEW mv AS SELECT 1 AS x');
SELECT try('CREATE MATERIALIZED VIEW IF NOT EXISTS mv AS SELECT 1 AS x WITH NO DATA');
REFRESH MATERIALIZED VIEW mv;
SELECT try('CREATE MATERIALIZED VIEW mv AS SELECT 1 AS x WITH NO DATA');
-- statistics, collations, servers, foreign tables
CREATE TABLE t (a int, b int, c int);
CREATE STATISTICS ss ON a, b FROM t;
SELECT try('CREATE STATISTICS IF NOT EXISTS ss ON a, c FROM t');
SELECT try('CREATE STATISTICS IF NOT EXISTS ss ON a, b FROM t');
SELECT try('CREATE STATISTICS ss ON a, b FROM t');
CREATE COLLATION cc (LOCALE = 'C');
SELECT try('CREATE COLLATION IF NOT EXISTS cc (LOCALE = ''POSIX'')');
SELECT try('CREATE COLLATION IF NOT EXISTS cc (LOCALE = ''C'')');
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'a');
SELECT try('CREATE SERVER IF NOT EXISTS s FOREIGN DATA WRAPPER w OPTIONS (host ''b'')');
SELECT try('CREATE SERVER IF NOT EXISTS s FOREIGN DATA WRAPPER w OPTIONS (host ''a'')');
CREATE FOREIGN TABLE f (a int) SERVER s;
SELECT try('CREATE FOREIGN TABLE IF NOT EXISTS f (a bigint) SERVER s');
SELECT try('CREATE FOREIGN TABLE IF NOT EXISTS f (a int) SERVER s');
-- an extension, of which the version and the schema count if they are named
SET client_min_messages = warning;
CREATE EXTENSION cube;
SELECT try('CREATE EXTENSION IF NOT EXISTS cube');
SELECT try('CREATE EXTENSION IF NOT EXISTS cube SCHEMA public');
SELECT try('CREATE EXTENSION IF NOT EXISTS cube SCHEMA sb');
SELECT try('CREATE EXTENSION IF NOT EXISTS cube VERSION ''0.1''');
RESET client_min_messages;
-- the place of a value
CREATE TYPE e AS ENUM ('a', 'b');
SELECT try('ALTER TYPE e ADD VALUE IF NOT EXISTS ''b'' BEFORE ''a''');
SELECT try('ALTER TYPE e ADD VALUE IF NOT EXISTS ''b'' AFTER ''a''');
SELECT try('ALTER TYPE e ADD VALUE IF NOT EXISTS ''a''');
DROP SCHEMA sb;
DROP ROLE regress_say_bob;

-- The effect of a migration is what it changed, no more and no less, and after its way back the schema is what it was.
CREATE EXTENSION surefoot;
CREATE ROLE regress_reader;
CREATE TABLE users (id int PRIMARY KEY, name text, mail text, created_at timestamptz);
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, total numeric);
CREATE VIEW totals AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id;
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TYPE mood AS ENUM ('sad', 'ok');

-- Applies and reverts. The effect is compared with the difference of all definitions before and after, the fingerprint after
-- the way back with the one before. Says which objects changed.
CREATE SEQUENCE number;
CREATE PROCEDURE there_and_back(up text, down text) LANGUAGE plpgsql AS $$
DECLARE
    n text := nextval('number');
    before text := migrate_fingerprint();
    r record;
BEGIN
    CREATE TEMP TABLE then_ ON COMMIT DROP AS SELECT * FROM surefoot.schema_definitions();
    SET LOCAL client_min_messages = error;
    PERFORM migrate_register(n, 'test', up, down);
    PERFORM migrate_apply(n);
    CREATE TEMP TABLE now_ ON COMMIT DROP AS SELECT * FROM surefoot.schema_definitions();
    SET LOCAL client_min_messages = notice;
    FOR r IN SELECT kind, identity, CASE WHEN t.definition IS NULL THEN 'added' WHEN n.definition IS NULL THEN 'dropped' ELSE 'changed' END AS what
             FROM then_ t FULL JOIN now_ n USING (kind, identity) WHERE t.definition IS DISTINCT FROM n.definition
             ORDER BY kind COLLATE "C", identity COLLATE "C"
    LOOP RAISE NOTICE '% % %', r.what, r.kind, r.identity; END LOOP;
    FOR r IN SELECT coalesce(d.kind, e.kind) AS kind, coalesce(d.identity, e.identity) AS identity, d.what AS is, e.what AS recorded FROM
          (SELECT kind, identity, CASE WHEN t.definition IS NULL THEN 'added' WHEN n.definition IS NULL THEN 'dropped' ELSE 'changed' END AS what
           FROM then_ t FULL JOIN now_ n USING (kind, identity) WHERE t.definition IS DISTINCT FROM n.definition) d
        FULL JOIN
          (SELECT kind, identity, CASE WHEN e.before IS NULL THEN 'added' WHEN e.after IS NULL THEN 'dropped' ELSE 'changed' END AS what
           FROM surefoot.effect e JOIN surefoot.migration m ON m.run = e.run WHERE m.version = n) e
        ON d.kind = e.kind AND d.identity = e.identity
        WHERE d.what IS DISTINCT FROM e.what ORDER BY 1, 2
    LOOP RAISE WARNING 'the effect is not what changed: % % was %, recorded is %', r.kind, r.identity, r.is, r.recorded; END LOOP;
    DROP TABLE then_, now_;
    SET LOCAL client_min_messages = error;
    PERFORM migrate_revert(n);
    SET LOCAL client_min_messages = notice;
    IF migrate_fingerprint() <> before THEN RAISE WARNING 'the way back is not exact'; END IF;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS n = PG_EXCEPTION_DETAIL;
    RAISE WARNING E'% %\n%', SQLSTATE, SQLERRM, n;
END $$;
\set SHOW_CONTEXT never

-- tables, columns, defaults
CALL there_and_back('CREATE TABLE a (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, u text UNIQUE, o int REFERENCES orders)', 'DROP TABLE a');
CALL there_and_back('ALTER TABLE users ADD COLUMN status varchar(50) NOT NULL DEFAULT ''active''', 'ALTER TABLE users DROP COLUMN status');
CALL there_and_back('ALTER TABLE users ALTER COLUMN name SET DEFAULT ''nobody'', ALTER mail SET NOT NULL',
                    'ALTER TABLE users ALTER COLUMN name DROP DEFAULT, ALTER mail DROP NOT NULL');
CALL there_and_back('ALTER TABLE users ALTER COLUMN name TYPE varchar(80)', 'ALTER TABLE users ALTER COLUMN name TYPE text');
CALL there_and_back('ALTER TABLE users RENAME COLUMN name TO full_name', 'ALTER TABLE users RENAME COLUMN full_name TO name');
CALL there_and_back('ALTER TABLE users RENAME TO people', 'ALTER TABLE people RENAME TO users');
CALL there_and_back('ALTER TABLE users SET (fillfactor = 70)', 'ALTER TABLE users RESET (fillfactor)');
CALL there_and_back('ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY own ON users USING (name = current_user)',
                    'DROP POLICY own ON users; ALTER TABLE users DISABLE ROW LEVEL SECURITY');
CALL there_and_back('CREATE TABLE a AS SELECT 1 AS one; INSERT INTO a VALUES (2)', 'DROP TABLE a');
CALL there_and_back('CREATE TABLE a (LIKE users INCLUDING ALL)', 'DROP TABLE a');
-- constraints and indexes
CALL there_and_back('ALTER TABLE users ADD CONSTRAINT named CHECK (name <> '''') NOT VALID, ADD UNIQUE (mail), ADD EXCLUDE (id WITH =)',
                    'ALTER TABLE users DROP CONSTRAINT named, DROP CONSTRAINT users_mail_key, DROP CONSTRAINT users_id_excl');
CALL there_and_back('ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey',
                    'ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users');
CALL there_and_back('ALTER TABLE orders RENAME CONSTRAINT orders_pkey TO orders_primary', 'ALTER TABLE orders RENAME CONSTRAINT orders_primary TO orders_pkey');
CALL there_and_back('CREATE INDEX ON users (lower(name)) WHERE mail IS NOT NULL; CREATE UNIQUE INDEX one ON users (mail) INCLUDE (name)',
                    'DROP INDEX users_lower_idx, one');
CALL there_and_back('CREATE UNIQUE INDEX one ON users (mail); ALTER TABLE users ADD CONSTRAINT users_mail UNIQUE USING INDEX one', 'ALTER TABLE users DROP CONSTRAINT users_mail');
-- sequences
CALL there_and_back('CREATE SEQUENCE s INCREMENT 5 OWNED BY users.id', 'DROP SEQUENCE s');
CALL there_and_back('ALTER SEQUENCE number INCREMENT 2', 'ALTER SEQUENCE number INCREMENT 1');
-- views
CALL there_and_back('CREATE VIEW v AS SELECT * FROM users; CREATE MATERIALIZED VIEW mv AS SELECT * FROM v; CREATE INDEX ON mv (id)',
                    'DROP MATERIALIZED VIEW mv; DROP VIEW v');
CALL there_and_back('CREATE OR REPLACE VIEW totals AS SELECT user_id, sum(total) * 2 AS total FROM orders GROUP BY user_id',
                    'CREATE OR REPLACE VIEW totals AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id');
CALL there_and_back('DROP VIEW totals', 'CREATE VIEW totals AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id');
-- functions
CALL there_and_back('CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS ''SELECT $1''; CREATE FUNCTION f(text) RETURNS int LANGUAGE sql AS ''SELECT 1''; '
                    'CREATE PROCEDURE p() LANGUAGE sql AS ''SELECT 1''; CREATE AGGREGATE total(int) (SFUNC = int4pl, STYPE = int)',
                    'DROP AGGREGATE total(int); DROP PROCEDURE p(); DROP FUNCTION f(text); DROP FUNCTION f(int)');
CALL there_and_back('CREATE OR REPLACE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN new; END''',
                    'CREATE OR REPLACE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NULL; END''');
CALL there_and_back('DROP FUNCTION nothing()', 'CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NULL; END''');
CALL there_and_back('ALTER FUNCTION nothing() RENAME TO something; ALTER FUNCTION something() STABLE', 'ALTER FUNCTION something() RENAME TO nothing; ALTER FUNCTION nothing() VOLATILE');
-- types
CALL there_and_back('CREATE TYPE color AS ENUM (''red'', ''green''); CREATE DOMAIN positive AS int CHECK (value > 0); CREATE TYPE pair AS (a int, b color); '
                    'CREATE TYPE span AS RANGE (subtype = int); CREATE TABLE a (c color, p positive, q pair, r span)',
                    'DROP TABLE a; DROP TYPE span; DROP TYPE pair; DROP DOMAIN positive; DROP TYPE color');
CALL there_and_back('ALTER TYPE mood RENAME VALUE ''ok'' TO ''fine''', 'ALTER TYPE mood RENAME VALUE ''fine'' TO ''ok''');
CALL there_and_back('DROP TYPE mood', 'CREATE TYPE mood AS ENUM (''sad'', ''ok'')');
-- triggers
CALL there_and_back('CREATE TRIGGER t AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION nothing()', 'DROP TRIGGER t ON users');
CALL there_and_back('CREATE RULE r AS ON DELETE TO users DO INSTEAD NOTHING', 'DROP RULE r ON users');
-- schemas
CALL there_and_back('CREATE SCHEMA app; CREATE TABLE app.a (id int); CREATE VIEW app.v AS SELECT * FROM users', 'DROP VIEW app.v; DROP TABLE app.a; DROP SCHEMA app');
CALL there_and_back('CREATE SCHEMA app; ALTER TABLE orders SET SCHEMA app', 'ALTER TABLE app.orders SET SCHEMA public; DROP SCHEMA app');
CALL there_and_back('CREATE SCHEMA app CREATE TABLE a (id int PRIMARY KEY) CREATE VIEW v AS SELECT * FROM a', 'DROP SCHEMA app CASCADE');
-- comments and grants
CALL there_and_back('COMMENT ON TABLE users IS ''who''; COMMENT ON COLUMN users.mail IS ''where''; COMMENT ON VIEW totals IS ''how much''; '
                    'COMMENT ON INDEX users_pkey IS ''key''; COMMENT ON CONSTRAINT users_pkey ON users IS ''key''; COMMENT ON FUNCTION nothing() IS ''none''; '
                    'COMMENT ON TYPE mood IS ''how''; COMMENT ON SCHEMA public IS ''p''',
                    'COMMENT ON TABLE users IS NULL; COMMENT ON COLUMN users.mail IS NULL; COMMENT ON VIEW totals IS NULL; '
                    'COMMENT ON INDEX users_pkey IS NULL; COMMENT ON CONSTRAINT users_pkey ON users IS NULL; COMMENT ON FUNCTION nothing() IS NULL; '
                    'COMMENT ON TYPE mood IS NULL; COMMENT ON SCHEMA public IS ''standard public schema''');
CALL there_and_back('GRANT SELECT, INSERT ON users TO regress_reader; GRANT SELECT (id) ON orders TO regress_reader; GRANT USAGE ON SCHEMA public TO regress_reader; '
                    'GRANT EXECUTE ON FUNCTION nothing() TO regress_reader; GRANT USAGE ON SEQUENCE number TO regress_reader; GRANT USAGE ON TYPE mood TO regress_reader',
                    'REVOKE SELECT, INSERT ON users FROM regress_reader; REVOKE SELECT (id) ON orders FROM regress_reader; REVOKE USAGE ON SCHEMA public FROM regress_reader; '
                    'REVOKE EXECUTE ON FUNCTION nothing() FROM regress_reader; REVOKE USAGE ON SEQUENCE number FROM regress_reader; REVOKE USAGE ON TYPE mood FROM regress_reader');
CALL there_and_back('GRANT SELECT ON ALL TABLES IN SCHEMA public TO regress_reader', 'REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM regress_reader');
CALL there_and_back('ALTER TABLE users OWNER TO regress_reader', 'ALTER TABLE users OWNER TO postgres');
CALL there_and_back('ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO regress_reader', 'ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM regress_reader');
-- what a DO block or a function does
CALL there_and_back('DO $do$ BEGIN FOR i IN 1 .. 3 LOOP EXECUTE format(''CREATE TABLE part_%s (id int)'', i); END LOOP; END $do$',
                    'DO $do$ BEGIN FOR i IN 1 .. 3 LOOP EXECUTE format(''DROP TABLE part_%s'', i); END LOOP; END $do$');
CREATE FUNCTION make(name text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    EXECUTE format('ALTER TABLE users ADD COLUMN %I int', name);
    EXECUTE format('COMMENT ON COLUMN users.%I IS ''made''', name);
    EXECUTE format('CREATE TABLE %I AS SELECT 1 AS n', 'of_' || name);
END $$;
CREATE FUNCTION unmake(name text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    EXECUTE format('DROP TABLE %I', 'of_' || name);
    EXECUTE format('ALTER TABLE users DROP COLUMN %I', name);
END $$;
CALL there_and_back('SELECT make(''x'')', 'SELECT unmake(''x'')');
-- cascades: everything that went is told, and has to come back
CALL there_and_back('DROP TABLE orders CASCADE',
                    'CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, total numeric); '
                    'CREATE VIEW totals AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id');
CALL there_and_back('ALTER TABLE orders DROP COLUMN total CASCADE',
                    'ALTER TABLE orders ADD COLUMN total numeric; CREATE VIEW totals AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id');
CALL there_and_back('DROP FUNCTION nothing() CASCADE', 'CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NULL; END''');
-- partitions and inheritance
CREATE TABLE log (id int, day date) PARTITION BY RANGE (day);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE parent (id int);
CREATE TABLE child (more int) INHERITS (parent);
CALL there_and_back('CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM (''2026-02-01'') TO (''2026-03-01'')', 'DROP TABLE log_2');
CALL there_and_back('ALTER TABLE log ADD COLUMN line text; CREATE INDEX log_day ON log (day)', 'DROP INDEX log_day; ALTER TABLE log DROP COLUMN line');
CALL there_and_back('ALTER TABLE log DETACH PARTITION log_1', 'ALTER TABLE log ATTACH PARTITION log_1 FOR VALUES FROM (''2026-01-01'') TO (''2026-02-01'')');
CALL there_and_back('ALTER TABLE log ADD PRIMARY KEY (id, day)', 'ALTER TABLE log DROP CONSTRAINT log_pkey; ALTER TABLE log ALTER id DROP NOT NULL, ALTER day DROP NOT NULL');
CALL there_and_back('ALTER TABLE parent ADD COLUMN n int CHECK (n > 0)', 'ALTER TABLE parent DROP COLUMN n');
CALL there_and_back('CREATE TABLE other (more int, id int); ALTER TABLE other INHERIT parent', 'DROP TABLE other');
-- names that need quotes, and long ones
CALL there_and_back('CREATE TABLE "Größe, ""x"" . y" ("select" int PRIMARY KEY, "ä.b" text); CREATE INDEX "an index" ON "Größe, ""x"" . y" ("ä.b")', 'DROP TABLE "Größe, ""x"" . y"');
CALL there_and_back('CREATE TABLE abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_123456789 (abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_123456789 serial PRIMARY KEY)',
                    'DROP TABLE abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_123456789');
CALL there_and_back('ALTER TABLE users ADD COLUMN abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_123456789_too_long int',
                    'ALTER TABLE users DROP COLUMN abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwxyz_123456789_too_long');
-- others
CALL there_and_back('CREATE STATISTICS st ON name, mail FROM users; CREATE COLLATION c (provider = libc, locale = ''C''); CREATE CAST (mood AS int) WITH INOUT; '
                    'CREATE PUBLICATION pub FOR TABLE users; CREATE TEXT SEARCH CONFIGURATION conf (COPY = english)',
                    'DROP TEXT SEARCH CONFIGURATION conf; DROP PUBLICATION pub; DROP CAST (mood AS int); DROP COLLATION c; DROP STATISTICS st');
CALL there_and_back('TRUNCATE orders; INSERT INTO users VALUES (1); UPDATE users SET name = ''x''', 'DELETE FROM users');
DROP OWNED BY regress_reader;
DROP ROLE regress_reader;

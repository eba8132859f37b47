-- Whatever a statement changes in the catalog is noticed: a useless down script is refused, or the fingerprint is as before.
CREATE EXTENSION surefoot;
SET client_min_messages = error;
CREATE ROLE regress_every_a;
CREATE ROLE regress_every_b;

-- Runs statement as a migration with the down script SELECT 1.
CREATE TABLE tried (n int GENERATED ALWAYS AS IDENTITY, statement text, result text, changed boolean, rehearsed text[]);
CREATE PROCEDURE try(statement text) LANGUAGE plpgsql AS $$
DECLARE
    before text := migrate_fingerprint();
    answer text;
    v text := (SELECT count(*) + 1 FROM tried);
    findings text[];
BEGIN
    PERFORM migrate_register(v, 'every', statement, 'SELECT 1');
    -- What is recorded is the difference of the whole schema, and nothing is left of a rehearsal.
    SELECT array_agg(f.code || ' ' || f.message || coalesce(E'\n' || f.detail, '')) INTO findings FROM migrate_rehearse(v) f
    WHERE f.code NOT IN ('down_script', 'way_back', 'derived') AND f.level = 'fail';
    IF migrate_fingerprint() <> before THEN
        findings := findings || 'something is left';
    END IF;
    BEGIN
        answer := migrate_apply(v);
    EXCEPTION WHEN sqlstate 'SF008' THEN
        answer := 'refused';
    WHEN OTHERS THEN
        answer := sqlstate || ' ' || sqlerrm;
    END;
    INSERT INTO tried (statement, result, changed, rehearsed) VALUES (statement, answer, migrate_fingerprint() <> before, findings);
END
$$;
SET surefoot.allow_out_of_order = on;
SET surefoot.rehearse_timeout = '60s';

-- what there is
CREATE TABLE parent (a int PRIMARY KEY, b text DEFAULT 'x' NOT NULL, c int);
CREATE TABLE child (a int REFERENCES parent, b text);
CREATE TABLE t (a int, b text, c int, r int4range);
CREATE TABLE heir () INHERITS (t);
CREATE TABLE p (a int, b text) PARTITION BY RANGE (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE p2 (a int, b text);
CREATE INDEX t_a ON t (a);
CREATE INDEX t_ab ON t (a, (c + 1));
CREATE VIEW v AS SELECT a, b FROM t;
CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t;
CREATE UNIQUE INDEX m_a ON m (a);
CREATE SEQUENCE s;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION f1(int) RETURNS int LANGUAGE sql IMMUTABLE STRICT AS 'SELECT $1';
CREATE FUNCTION cmp(p2, p2) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE PROCEDURE pr() LANGUAGE sql AS '';
CREATE AGGREGATE ag(int) (SFUNC = int4pl, STYPE = int);
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION ef() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE TRIGGER tg AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf();
CREATE RULE ru AS ON UPDATE TO t DO ALSO NOTHING;
CREATE POLICY po ON t TO regress_every_a USING (a > 0);
CREATE STATISTICS st (dependencies) ON a, b FROM t;
CREATE TYPE en AS ENUM ('x', 'y');
CREATE TYPE co AS (a int, b text);
CREATE TYPE ra AS RANGE (SUBTYPE = float8);
CREATE DOMAIN do_ AS int;
ALTER DOMAIN do_ ADD CONSTRAINT positive CHECK (value > 0) NOT VALID;
CREATE COLLATION cl (LOCALE = 'C');
CREATE CONVERSION cv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE OPERATOR FAMILY fa USING btree;
CREATE OPERATOR CLASS oc FOR TYPE co USING btree FAMILY fa AS STORAGE co;
CREATE TEXT SEARCH CONFIGURATION tc (COPY = english);
CREATE TEXT SEARCH DICTIONARY td (TEMPLATE = simple);
CREATE FOREIGN DATA WRAPPER fw;
CREATE SERVER sv FOREIGN DATA WRAPPER fw;
CREATE FOREIGN TABLE ft (a int OPTIONS (x 'y')) SERVER sv;
CREATE USER MAPPING FOR regress_every_a SERVER sv OPTIONS ("user" 'x');
CREATE PUBLICATION pu FOR TABLE p2;
CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION ef();
ALTER EVENT TRIGGER et DISABLE;
CREATE SCHEMA sc CREATE TABLE inner_ (a int);
CREATE CAST (en AS int) WITH INOUT;
CREATE TABLE owned (a int);
ALTER TABLE owned OWNER TO regress_every_a;
GRANT SELECT ON t TO regress_every_a;
GRANT SELECT (a) ON p2 TO regress_every_a;
GRANT USAGE ON SCHEMA sc TO regress_every_a;
GRANT EXECUTE ON FUNCTION f() TO regress_every_a;
CREATE EXTENSION hstore;

-- tables
CALL try('CREATE TABLE n (a int)');
CALL try('CREATE TABLE n AS SELECT 1 AS a');
CALL try('SELECT 1 AS a INTO n');
CALL try('CREATE UNLOGGED TABLE n (LIKE t INCLUDING ALL)');
CALL try('CREATE TABLE n PARTITION OF p FOR VALUES FROM (20) TO (30)');
CALL try('ALTER TABLE t ADD COLUMN z int');
CALL try('ALTER TABLE t DROP COLUMN r');
CALL try('ALTER TABLE parent ALTER c TYPE bigint, ALTER c SET NOT NULL');
CALL try('ALTER TABLE t ALTER c SET DEFAULT 1');
CALL try('ALTER TABLE parent ALTER b DROP DEFAULT');
CALL try('ALTER TABLE parent ALTER b DROP NOT NULL');
CALL try('ALTER TABLE t ALTER a SET STATISTICS 7');
CALL try('ALTER TABLE t ALTER a SET (n_distinct = 5)');
CALL try('ALTER TABLE t ALTER b SET STORAGE external');
CALL try('ALTER TABLE parent ALTER a ADD GENERATED ALWAYS AS IDENTITY');
CALL try('ALTER TABLE t ADD CHECK (a > 0) NOT VALID');
CALL try('ALTER TABLE child DROP CONSTRAINT child_a_fkey');
CALL try('ALTER TABLE child ALTER CONSTRAINT child_a_fkey DEFERRABLE');
CALL try('ALTER TABLE t ADD EXCLUDE USING gist (r WITH &&)');
CALL try('ALTER TABLE t SET (fillfactor = 50, toast.autovacuum_enabled = off)');
CALL try('ALTER TABLE t SET UNLOGGED');
CALL try('ALTER TABLE t REPLICA IDENTITY FULL');
CALL try('ALTER TABLE t ENABLE ROW LEVEL SECURITY');
CALL try('ALTER TABLE t DISABLE TRIGGER tg');
CALL try('ALTER TABLE parent DISABLE TRIGGER ALL');
CALL try('ALTER TABLE child DISABLE TRIGGER ALL');
CALL try('ALTER TABLE t DISABLE RULE ru');
CALL try('ALTER TABLE t CLUSTER ON t_a');
CALL try('ALTER TABLE p2 OF co');
CALL try('ALTER TABLE t OWNER TO regress_every_b');
CALL try('ALTER TABLE t RENAME TO tt');
CALL try('ALTER TABLE t RENAME a TO aa');
CALL try('ALTER TABLE child RENAME CONSTRAINT child_a_fkey TO fk');
CALL try('ALTER TABLE t SET SCHEMA sc');
CALL try('ALTER TABLE heir NO INHERIT t');
CALL try('ALTER TABLE p ATTACH PARTITION p2 FOR VALUES FROM (10) TO (20)');
CALL try('ALTER TABLE p DETACH PARTITION p1');
CALL try('DROP TABLE child');
CALL try('DROP TABLE t CASCADE');
CALL try('TRUNCATE parent CASCADE');
-- what is on them
CALL try('CREATE INDEX n ON t (b)');
CALL try('ALTER INDEX t_a RENAME TO n');
CALL try('ALTER INDEX t_a SET (fillfactor = 50)');
CALL try('ALTER INDEX t_ab ALTER COLUMN 2 SET STATISTICS 5');
CALL try('ALTER INDEX t_a DEPENDS ON EXTENSION hstore');
CALL try('DROP INDEX t_a');
CALL try('REINDEX INDEX t_a');
CALL try('CREATE TRIGGER n BEFORE DELETE ON t EXECUTE FUNCTION tf()');
CALL try('CREATE OR REPLACE TRIGGER tg AFTER DELETE ON t FOR EACH ROW EXECUTE FUNCTION tf()');
CALL try('CREATE CONSTRAINT TRIGGER n AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION tf()');
CALL try('ALTER TRIGGER tg ON t RENAME TO n');
CALL try('ALTER TRIGGER tg ON t DEPENDS ON EXTENSION hstore');
CALL try('DROP TRIGGER tg ON t');
CALL try('CREATE RULE n AS ON INSERT TO t DO NOTHING');
CALL try('CREATE OR REPLACE RULE ru AS ON UPDATE TO t DO INSTEAD NOTHING');
CALL try('ALTER RULE ru ON t RENAME TO n');
CALL try('DROP RULE ru ON t');
CALL try('CREATE POLICY n ON t USING (true)');
CALL try('ALTER POLICY po ON t USING (a > 1)');
CALL try('ALTER POLICY po ON t RENAME TO n');
CALL try('DROP POLICY po ON t');
CALL try('CREATE STATISTICS n ON a, c FROM t');
CALL try('ALTER STATISTICS st SET STATISTICS 50');
CALL try('ALTER STATISTICS st RENAME TO n');
CALL try('DROP STATISTICS st');
-- views and sequences
CALL try('CREATE VIEW n AS SELECT 1 AS a');
CALL try('CREATE OR REPLACE VIEW v AS SELECT a, b, 1 AS c FROM t');
CALL try('ALTER VIEW v ALTER COLUMN a SET DEFAULT 3');
CALL try('ALTER VIEW v SET (security_barrier)');
CALL try('DROP VIEW v');
CALL try('CREATE MATERIALIZED VIEW n AS SELECT 1 AS a');
CALL try('ALTER MATERIALIZED VIEW m SET (fillfactor = 50)');
CALL try('ALTER MATERIALIZED VIEW m DEPENDS ON EXTENSION hstore');
CALL try('REFRESH MATERIALIZED VIEW m WITH NO DATA');
CALL try('DROP MATERIALIZED VIEW m');
CALL try('CREATE SEQUENCE n');
CALL try('ALTER SEQUENCE s INCREMENT BY 2');
CALL try('ALTER SEQUENCE s OWNED BY t.a');
CALL try('ALTER SEQUENCE s RENAME TO n');
CALL try('DROP SEQUENCE s');
-- functions
CALL try('CREATE FUNCTION n() RETURNS int LANGUAGE sql AS ''SELECT 1''');
CALL try('CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS ''SELECT 2''');
CALL try('ALTER FUNCTION f() STABLE');
CALL try('ALTER ROUTINE f() PARALLEL SAFE');
CALL try('ALTER FUNCTION f() SET work_mem = ''5MB''');
CALL try('ALTER FUNCTION f() RENAME TO n');
CALL try('ALTER FUNCTION f() DEPENDS ON EXTENSION hstore');
CALL try('ALTER PROCEDURE pr() SECURITY DEFINER');
CALL try('ALTER AGGREGATE ag(int) OWNER TO regress_every_b');
CALL try('DROP FUNCTION f()');
CALL try('DROP PROCEDURE pr()');
CALL try('DROP AGGREGATE ag(int)');
CALL try('CREATE AGGREGATE n(int) (SFUNC = int4pl, STYPE = int)');
-- types
CALL try('CREATE TYPE n AS (a int)');
CALL try('CREATE TYPE n AS ENUM (''a'')');
CALL try('CREATE TYPE n AS RANGE (SUBTYPE = int)');
CALL try('CREATE TYPE n');
CALL try('ALTER TYPE en ADD VALUE ''z''');
CALL try('ALTER TYPE en RENAME VALUE ''x'' TO ''w''');
CALL try('ALTER TYPE co ADD ATTRIBUTE c int');
CALL try('ALTER TYPE co RENAME ATTRIBUTE a TO aa');
CALL try('ALTER TYPE en OWNER TO regress_every_b');
CALL try('ALTER TYPE en SET SCHEMA sc');
CALL try('DROP TYPE ra');
CALL try('CREATE DOMAIN n AS int');
CALL try('ALTER DOMAIN do_ SET DEFAULT 3');
CALL try('ALTER DOMAIN do_ SET NOT NULL');
CALL try('ALTER DOMAIN do_ ADD CHECK (value > 5)');
CALL try('ALTER DOMAIN do_ VALIDATE CONSTRAINT positive');
CALL try('ALTER DOMAIN do_ RENAME CONSTRAINT positive TO n');
CALL try('DROP DOMAIN do_');
-- operators, casts, collations, conversions
CALL try('CREATE OPERATOR ==== (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)');
CALL try('ALTER OPERATOR === (int, int) SET (RESTRICT = eqsel)');
CALL try('DROP OPERATOR === (int, int)');
CALL try('CREATE OPERATOR FAMILY n USING btree');
CALL try('ALTER OPERATOR FAMILY fa USING btree ADD OPERATOR 1 < (int4, int4)');
CALL try('ALTER OPERATOR FAMILY fa USING btree RENAME TO n');
CALL try('ALTER OPERATOR CLASS oc USING btree RENAME TO n');
CALL try('DROP OPERATOR CLASS oc USING btree');
CALL try('CREATE CAST (co AS text) WITH INOUT');
CALL try('DROP CAST (en AS int)');
CALL try('CREATE COLLATION n (LOCALE = ''C'')');
CALL try('ALTER COLLATION cl RENAME TO n');
CALL try('DROP COLLATION cl');
CALL try('CREATE CONVERSION n FOR ''LATIN1'' TO ''UTF8'' FROM iso8859_1_to_utf8');
CALL try('ALTER CONVERSION cv RENAME TO n');
CALL try('DROP CONVERSION cv');
CALL try('CREATE ACCESS METHOD n TYPE TABLE HANDLER heap_tableam_handler');
CALL try('CREATE TRANSFORM FOR int LANGUAGE plpgsql (FROM SQL WITH FUNCTION prsd_lextype(internal))');
-- text search
CALL try('CREATE TEXT SEARCH CONFIGURATION n (COPY = english)');
CALL try('ALTER TEXT SEARCH CONFIGURATION tc DROP MAPPING FOR word');
CALL try('ALTER TEXT SEARCH CONFIGURATION tc ALTER MAPPING FOR word WITH simple');
CALL try('ALTER TEXT SEARCH CONFIGURATION tc RENAME TO n');
CALL try('DROP TEXT SEARCH CONFIGURATION tc');
CALL try('CREATE TEXT SEARCH DICTIONARY n (TEMPLATE = simple)');
CALL try('ALTER TEXT SEARCH DICTIONARY td (accept = false)');
CALL try('DROP TEXT SEARCH DICTIONARY td');
CALL try('CREATE TEXT SEARCH TEMPLATE n (LEXIZE = dsimple_lexize)');
-- foreign data, publications, event triggers
CALL try('CREATE FOREIGN DATA WRAPPER n');
CALL try('ALTER FOREIGN DATA WRAPPER fw OPTIONS (ADD x ''y'')');
CALL try('DROP FOREIGN DATA WRAPPER fw CASCADE');
CALL try('CREATE SERVER n FOREIGN DATA WRAPPER fw');
CALL try('ALTER SERVER sv OPTIONS (ADD host ''x'')');
CALL try('ALTER SERVER sv RENAME TO n');
CALL try('DROP SERVER sv CASCADE');
CALL try('CREATE FOREIGN TABLE n (a int) SERVER sv');
CALL try('ALTER FOREIGN TABLE ft OPTIONS (ADD x ''y'')');
CALL try('ALTER FOREIGN TABLE ft ALTER a OPTIONS (SET x ''z'')');
CALL try('DROP FOREIGN TABLE ft');
CALL try('CREATE USER MAPPING FOR PUBLIC SERVER sv OPTIONS ("user" ''x'')');
CALL try('ALTER USER MAPPING FOR regress_every_a SERVER sv OPTIONS (SET "user" ''y'')');
CALL try('DROP USER MAPPING FOR regress_every_a SERVER sv');
CALL try('CREATE PUBLICATION n FOR TABLE p2');
CALL try('ALTER PUBLICATION pu ADD TABLE parent');
CALL try('ALTER PUBLICATION pu DROP TABLE p2');
CALL try('ALTER PUBLICATION pu SET (publish = ''insert'')');
CALL try('ALTER PUBLICATION pu OWNER TO CURRENT_USER');
CALL try('ALTER PUBLICATION pu RENAME TO n');
CALL try('DROP PUBLICATION pu');
CALL try('CREATE EVENT TRIGGER n ON sql_drop EXECUTE FUNCTION ef()');
CALL try('ALTER EVENT TRIGGER et ENABLE');
CALL try('ALTER EVENT TRIGGER et RENAME TO n');
CALL try('DROP EVENT TRIGGER et');
-- schemas, extensions, languages
CALL try('CREATE SCHEMA n');
CALL try('CREATE SCHEMA n CREATE TABLE x (a int)');
CALL try('ALTER SCHEMA sc RENAME TO n');
CALL try('ALTER SCHEMA sc OWNER TO regress_every_b');
CALL try('DROP SCHEMA sc CASCADE');
CALL try('CREATE EXTENSION cube');
CALL try('ALTER EXTENSION hstore SET SCHEMA sc');
CALL try('ALTER EXTENSION hstore DROP FUNCTION hstore_version_diag(hstore)');
CALL try('ALTER EXTENSION hstore ADD TABLE t');
CALL try('DROP EXTENSION hstore CASCADE');
CALL try('CREATE LANGUAGE n HANDLER plpgsql_call_handler');
-- rights, comments
CALL try('GRANT INSERT ON t TO regress_every_a');
CALL try('GRANT SELECT (b) ON t TO regress_every_a');
CALL try('GRANT SELECT ON ALL TABLES IN SCHEMA public TO regress_every_b');
CALL try('GRANT USAGE ON TYPE en TO regress_every_b');
CALL try('GRANT USAGE ON FOREIGN SERVER sv TO regress_every_b');
CALL try('GRANT USAGE ON FOREIGN DATA WRAPPER fw TO regress_every_b');
CALL try('REVOKE SELECT ON t FROM regress_every_a');
CALL try('REVOKE EXECUTE ON FUNCTION f1(int) FROM PUBLIC');
CALL try('REVOKE USAGE ON SCHEMA public FROM PUBLIC');
CALL try('ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO regress_every_a');
CALL try('ALTER DEFAULT PRIVILEGES IN SCHEMA sc GRANT EXECUTE ON FUNCTIONS TO regress_every_a');
CALL try('DROP OWNED BY regress_every_a');
CALL try('REASSIGN OWNED BY regress_every_a TO regress_every_b');
CALL try('COMMENT ON TABLE t IS ''x''');
CALL try('COMMENT ON COLUMN t.a IS ''x''');
CALL try('COMMENT ON CONSTRAINT child_a_fkey ON child IS ''x''');
CALL try('COMMENT ON SCHEMA sc IS ''x''');
CALL try('COMMENT ON EXTENSION hstore IS ''x''');
CALL try('COMMENT ON STATISTICS st IS ''x''');
CALL try('COMMENT ON POLICY po ON t IS ''x''');
CALL try('COMMENT ON CAST (en AS int) IS ''x''');
CALL try('COMMENT ON DOMAIN do_ IS ''x''');
-- hidden
CALL try('DO $d$ BEGIN EXECUTE ''GRANT SELECT ON v TO regress_every_b''; END $d$');
CALL try('DO $d$ BEGIN EXECUTE ''DROP OWNED BY regress_every_a''; END $d$');
CALL try('EXPLAIN (ANALYZE, COSTS off) CREATE TABLE n AS SELECT 1 AS a');

-- accepted although something is not as it was; or not tried at all
SELECT statement, result FROM tried WHERE result <> 'refused' AND (changed OR result <> 'applied') ORDER BY n;
-- accepted, as the catalog is the same
SELECT statement FROM tried WHERE result = 'applied' ORDER BY n;
-- rehearsed with another result
SELECT statement, rehearsed FROM tried WHERE rehearsed IS NOT NULL ORDER BY n;
DROP OWNED BY regress_every_a, regress_every_b;
DROP ROLE regress_every_a, regress_every_b;

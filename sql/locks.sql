-- A migration locks what its statement names, as strongly as the statement itself does.
CREATE EXTENSION surefoot;
SET client_min_messages = error;
SET surefoot.allow_no_way_back = on;
CREATE ROLE regress_locks;
CREATE TABLE t (a int PRIMARY KEY, b text, c int NOT NULL DEFAULT 1, CONSTRAINT low CHECK (a < 1000) NOT VALID);
CREATE TABLE other (a int REFERENCES t, b text);
CREATE TABLE heir (d int) INHERITS (t);
CREATE TABLE p (a int, b text) PARTITION BY RANGE (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
CREATE TABLE loose (a int, b text);
CREATE INDEX t_b ON t (b);
CREATE VIEW v AS SELECT a, b FROM t;
CREATE MATERIALIZED VIEW m AS SELECT a, b FROM t;
CREATE UNIQUE INDEX m_a ON m (a);
CREATE FUNCTION tf() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER tg AFTER INSERT ON other FOR EACH ROW EXECUTE FUNCTION tf();
CREATE RULE ru AS ON UPDATE TO other DO ALSO NOTHING;
CREATE POLICY po ON other USING (a > 0);
CREATE STATISTICS st ON a, b FROM other;
CREATE TABLE modes (mode text, strength int);
INSERT INTO modes SELECT m || 'Lock', n FROM unnest('{AccessShare,RowShare,RowExclusive,ShareUpdateExclusive,Share,ShareRowExclusive,Exclusive,AccessExclusive}'::text[]) WITH ORDINALITY AS u (m, n);
CREATE SEQUENCE version;

-- The strongest lock on each relation that statement takes by itself, or as a migration; it is undone.
CREATE FUNCTION locks_of(statement text, migrate boolean) RETURNS TABLE (relation text, strength int) LANGUAGE plpgsql AS $$
DECLARE
    found jsonb;
    v text := nextval('version');
    answer text;
BEGIN
    BEGIN
        IF migrate THEN
            PERFORM migrate_register(v, 'locks', statement);
            answer := migrate_apply(v);
            IF answer <> 'applied' THEN
                found := jsonb_build_array(jsonb_build_array(answer, 0));
            END IF;
        ELSE
            EXECUTE statement;
        END IF;
        SELECT coalesce(found, '[]') || coalesce(jsonb_agg(jsonb_build_array(name, top)), '[]') INTO found FROM (
            SELECT c.relname AS name, max(o.strength) AS top
            FROM pg_locks l JOIN modes o USING (mode) JOIN pg_class c ON c.oid = l.relation
            WHERE l.pid = pg_backend_pid() AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND c.relnamespace = 'public'::regnamespace AND c.relname IN ('t', 'other', 'p', 'loose', 't_b', 'v', 'm')
            GROUP BY 1) x;
        RAISE EXCEPTION 'undo';
    EXCEPTION WHEN raise_exception THEN
    WHEN OTHERS THEN
        found := jsonb_build_array(jsonb_build_array(sqlstate || ' ' || sqlerrm, 0));
    END;
    RETURN QUERY SELECT e ->> 0, (e ->> 1)::int FROM jsonb_array_elements(found) e;
END $$;

CREATE TABLE statements (n int GENERATED ALWAYS AS IDENTITY, statement text);
INSERT INTO statements (statement) SELECT trim(s) FROM unnest(string_to_array($$
ALTER TABLE t ADD COLUMN z int;
ALTER TABLE t ADD CHECK (a > 0) NOT VALID;
ALTER TABLE t VALIDATE CONSTRAINT low;
ALTER TABLE other ADD FOREIGN KEY (a) REFERENCES t NOT VALID;
ALTER TABLE t SET (fillfactor = 50);
ALTER TABLE ONLY t SET (fillfactor = 50);
ALTER TABLE t ALTER b SET STATISTICS 5;
ALTER TABLE t CLUSTER ON t_b;
ALTER TABLE t ENABLE ROW LEVEL SECURITY;
ALTER TABLE t REPLICA IDENTITY FULL;
ALTER TABLE other DISABLE TRIGGER tg;
ALTER TABLE t RENAME TO tt;
ALTER TABLE t RENAME b TO bb;
ALTER TABLE t OWNER TO regress_locks;
ALTER TABLE heir NO INHERIT t;
ALTER TABLE p DETACH PARTITION p1;
ALTER TABLE p ATTACH PARTITION loose FOR VALUES FROM (20) TO (30);
CREATE TABLE p3 PARTITION OF p FOR VALUES FROM (30) TO (40);
CREATE TABLE h2 () INHERITS (t);
CREATE INDEX ON t (c);
CREATE INDEX ON loose (a);
ALTER INDEX t_b RENAME TO t_bb;
ALTER INDEX t_b SET (fillfactor = 50);
DROP INDEX t_b;
REINDEX INDEX t_b;
REINDEX TABLE t;
CREATE TRIGGER n AFTER INSERT ON other EXECUTE FUNCTION tf();
ALTER TRIGGER tg ON other RENAME TO n;
DROP TRIGGER tg ON other;
CREATE RULE n AS ON INSERT TO other DO NOTHING;
DROP RULE ru ON other;
CREATE POLICY n ON other USING (true);
ALTER POLICY po ON other USING (false);
DROP POLICY po ON other;
CREATE STATISTICS n ON a, b FROM loose;
DROP STATISTICS st;
COMMENT ON TABLE t IS 'x';
COMMENT ON COLUMN t.a IS 'x';
COMMENT ON CONSTRAINT low ON t IS 'x';
COMMENT ON INDEX t_b IS 'x';
GRANT SELECT ON t TO regress_locks;
GRANT SELECT (a) ON t TO regress_locks;
CREATE OR REPLACE VIEW v AS SELECT a, b, 1 AS c FROM t;
ALTER VIEW v SET (security_barrier);
DROP VIEW v;
REFRESH MATERIALIZED VIEW m;
REFRESH MATERIALIZED VIEW CONCURRENTLY m;
ALTER MATERIALIZED VIEW m SET (fillfactor = 50);
DROP MATERIALIZED VIEW m;
CLUSTER t USING t_b;
TRUNCATE other;
TRUNCATE p;
LOCK TABLE other IN SHARE MODE;
INSERT INTO other VALUES (NULL, 'x');
DROP TABLE other;
DROP TABLE p;
$$, E';\n')) s WHERE trim(s) <> '';

CREATE TABLE measured AS SELECT n, statement, migrate, l.* FROM statements, (VALUES (true), (false)) AS b (migrate), locks_of(statement, migrate) l;
-- A migration reads definitions, for which it takes ACCESS SHARE; everything else has to be the same.
SELECT n, statement, relation, mm.mode AS migration, pm.mode AS psql
FROM (SELECT * FROM measured WHERE migrate) m FULL JOIN (SELECT * FROM measured WHERE NOT migrate) p USING (n, statement, relation)
    LEFT JOIN modes mm ON mm.strength = m.strength LEFT JOIN modes pm ON pm.strength = p.strength
WHERE m.strength IS DISTINCT FROM p.strength AND NOT (m.strength = 1 AND p.strength IS NULL)
ORDER BY n, relation;
-- all of them were run
SELECT statement, relation FROM measured WHERE strength = 0;
SELECT count(DISTINCT n) AS statements FROM measured;
DROP OWNED BY regress_locks;
DROP ROLE regress_locks;

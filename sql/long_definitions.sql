-- Definitions of any length are read: the server keeps long ones compressed, or out of line in pieces.
CREATE EXTENSION surefoot;
CREATE FUNCTION noise(n int) RETURNS text LANGUAGE sql AS $$ SELECT string_agg(md5(i::text), '') FROM generate_series(1, n) i $$;
CREATE TABLE t (a text);
DO $$ BEGIN
    EXECUTE format('ALTER TABLE t ALTER a SET DEFAULT %L', noise(1000));
    EXECUTE format('ALTER TABLE t ADD CONSTRAINT c CHECK (a <> %L)', noise(1001));
    EXECUTE format('CREATE POLICY p ON t USING (a <> %L)', noise(1002));
    EXECUTE format('COMMENT ON TABLE t IS %L', noise(1003));
    EXECUTE format('CREATE VIEW v AS SELECT %L::text', repeat(noise(100), 20));
    EXECUTE format('CREATE FUNCTION f() RETURNS text LANGUAGE sql AS %L', 'SELECT ' || quote_literal(noise(1005)));
END $$;
SELECT kind, identity, length(definition) > 32000 AS whole FROM surefoot.schema_definitions('public')
WHERE length(definition) > 1000 ORDER BY kind, identity;

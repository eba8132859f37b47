\echo Use "CREATE EXTENSION surefoot" to load this file. \quit
CREATE SCHEMA surefoot;

-- Definitions and their fingerprint

CREATE FUNCTION migrate_fingerprint(schema name DEFAULT NULL, kind text DEFAULT 'logical') RETURNS text
    LANGUAGE c AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION migrate_fingerprint(name, text) IS
    'a hash of the definitions in a schema, or in all of them; kind is logical or physical';
REVOKE EXECUTE ON FUNCTION migrate_fingerprint(name, text) FROM PUBLIC;

CREATE FUNCTION surefoot.definitions(object regclass) RETURNS TABLE (kind text, identity text, definition text)
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'surefoot_definitions';
COMMENT ON FUNCTION surefoot.definitions(regclass) IS 'the definition of a relation and of all that hangs on it';
REVOKE EXECUTE ON FUNCTION surefoot.definitions(regclass) FROM PUBLIC;

CREATE FUNCTION surefoot.schema_definitions(schema name DEFAULT NULL)
    RETURNS TABLE (kind text, identity text, definition text)
    LANGUAGE c AS 'MODULE_PATHNAME', 'surefoot_schema_definitions';
COMMENT ON FUNCTION surefoot.schema_definitions(name) IS 'the definitions that migrate_fingerprint is made of';
REVOKE EXECUTE ON FUNCTION surefoot.schema_definitions(name) FROM PUBLIC;

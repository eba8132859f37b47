-- Members of extensions, and what the system has made: neither is read by itself unless a statement names it.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
\set VERBOSITY terse
CREATE ROLE regress_member;
CREATE EXTENSION hstore;
CREATE TABLE taken_in (id int PRIMARY KEY, x text);

-- ask('up script', 'query'): applies and reverts it, and says what the query answers before, after the apply and after the revert.
CREATE PROCEDURE ask(up text, asked text) LANGUAGE plpgsql AS $$
DECLARE
    n text := nextval('there_and_back.number');
    was text; applied text; reverted text; said text;
BEGIN
    EXECUTE asked INTO was;
    PERFORM migrate_register(n, 'test', up);
    SET LOCAL surefoot.allow_no_way_back = on;
    PERFORM set_config('client_min_messages', 'error', true);
    PERFORM migrate_apply(n);
    EXECUTE asked INTO applied;
    said := migrate_inverse(n);
    PERFORM migrate_revert(n);
    PERFORM set_config('client_min_messages', 'notice', true);
    EXECUTE asked INTO reverted;
    RAISE NOTICE '%', CASE WHEN length(said) < 2000 THEN said ELSE substring(said FROM '[^\n]*') END;
    RAISE NOTICE '%: there, then %, then %', was, applied, CASE WHEN reverted = was THEN 'as it was' ELSE reverted END;
EXCEPTION WHEN OTHERS THEN
    PERFORM set_config('client_min_messages', 'notice', true);
    GET STACKED DIAGNOSTICS was = PG_EXCEPTION_DETAIL;
    RAISE WARNING '% %: %', SQLSTATE, SQLERRM, was;
END $$;
CREATE FUNCTION members() RETURNS text LANGUAGE sql AS
    $$SELECT count(*) || coalesce(' with table ' || max(d.objid::regclass::text) FILTER (WHERE d.classid = 'pg_class'::regclass), '')
      FROM pg_depend d JOIN pg_extension e ON d.refobjid = e.oid WHERE e.extname = 'hstore' AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass$$;

-- What an extension lets go, and what it takes in.
CALL ask('ALTER EXTENSION hstore DROP FUNCTION akeys(hstore)', 'SELECT members()');
CALL ask('ALTER EXTENSION hstore DROP FUNCTION akeys(hstore); DROP FUNCTION akeys(hstore)', 'SELECT members()');
CALL ask('ALTER EXTENSION hstore ADD TABLE taken_in; ALTER EXTENSION hstore DROP CAST (text[] AS hstore)', 'SELECT members()');
CALL there_and_back('ALTER EXTENSION hstore ADD TABLE taken_in');
CALL there_and_back('CREATE TABLE made_in (id int); ALTER EXTENSION hstore ADD TABLE made_in');
CALL there_and_back('DROP EXTENSION hstore');
CALL there_and_back('ALTER EXTENSION hstore DROP OPERATOR -> (hstore, text); DROP EXTENSION hstore CASCADE');
SELECT members();
CALL there_and_back('CREATE EXTENSION citext; ALTER EXTENSION citext DROP FUNCTION translate(citext, citext, text); ALTER EXTENSION citext ADD TABLE taken_in');
CREATE AGGREGATE agg(int) (SFUNC = int4pl, STYPE = int);
CREATE PROCEDURE proc(a int, OUT b int) LANGUAGE sql AS 'SELECT 1';
CREATE DOMAIN dom AS int;
CREATE VIEW seen_in AS SELECT 1 AS a;
CREATE SEQUENCE counted_in;
CREATE SCHEMA spaced_in;
CALL there_and_back('ALTER EXTENSION hstore ADD AGGREGATE agg(int); ALTER EXTENSION hstore ADD PROCEDURE proc(int); ALTER EXTENSION hstore ADD DOMAIN dom; ALTER EXTENSION hstore ADD VIEW seen_in;
ALTER EXTENSION hstore ADD SEQUENCE counted_in; ALTER EXTENSION hstore ADD SCHEMA spaced_in');
CALL there_and_back('ALTER EXTENSION hstore DROP OPERATOR FAMILY hash_hstore_ops USING hash; ALTER EXTENSION hstore DROP OPERATOR CLASS hash_hstore_ops USING hash; ALTER EXTENSION hstore DROP TYPE hstore');

-- What is granted, said and set on members.
CALL there_and_back('GRANT EXECUTE ON FUNCTION akeys(hstore) TO regress_member; REVOKE EXECUTE ON FUNCTION avals(hstore) FROM public');
CALL ask('COMMENT ON FUNCTION akeys(hstore) IS ''keys''; ALTER FUNCTION akeys(hstore) COST 7',
         $$SELECT proname || ' ' || procost || coalesce(' ' || obj_description(oid, 'pg_proc'), '') FROM pg_proc WHERE proname = 'akeys'$$);
CALL there_and_back('CREATE EXTENSION citext; REVOKE EXECUTE ON FUNCTION citext(inet) FROM public');
CALL surefoot.allow('regress_member', 'look');
CALL there_and_back('DROP OWNED BY regress_member');
CALL surefoot.allow('regress_member', 'apply');
CALL there_and_back('CALL surefoot.allow(''regress_member'', ''nothing'')');
CALL ask('GRANT SELECT ON surefoot.migration TO regress_member WITH GRANT OPTION', $$SELECT count(*) FROM pg_class, aclexplode(relacl) WHERE grantee = 'regress_member'::regrole AND is_grantable$$);

-- What the system has made.
CREATE FUNCTION grants() RETURNS text LANGUAGE sql AS
    $$SELECT has_function_privilege('regress_member', 'pg_catalog.pg_sleep(float8)', 'EXECUTE') || ' ' || has_table_privilege('regress_member', 'pg_statistic', 'SELECT') || ' ' ||
             has_language_privilege('regress_member', 'plpgsql', 'USAGE') || ' ' || has_type_privilege('regress_member', 'point', 'USAGE') || ' ' ||
             has_schema_privilege('regress_member', 'information_schema', 'USAGE') || ' ' || has_column_privilege('regress_member', 'pg_authid', 'rolpassword', 'SELECT') || ' ' ||
             has_table_privilege('regress_member', 'information_schema.tables', 'SELECT')$$;
CALL ask('REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) FROM public; GRANT SELECT ON pg_catalog.pg_statistic TO regress_member;
REVOKE USAGE ON LANGUAGE plpgsql FROM public; REVOKE USAGE ON TYPE point FROM public; REVOKE ALL ON SCHEMA information_schema FROM public;
REVOKE SELECT ON information_schema.tables FROM public', 'SELECT grants()');
CALL there_and_back('REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) FROM public; COMMENT ON FUNCTION pg_sleep(float8) IS ''sleeps''');
CALL ask('REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA pg_catalog FROM public; REVOKE SELECT ON ALL TABLES IN SCHEMA information_schema FROM public',
         $$SELECT count(*) < 200 FROM pg_proc WHERE NOT has_function_privilege('regress_member', oid, 'EXECUTE')$$);
CALL ask('COMMENT ON COLUMN pg_class.relname IS ''name''; COMMENT ON TYPE int4 IS NULL; COMMENT ON SCHEMA pg_catalog IS ''s''; COMMENT ON COLLATION "C" IS ''c''',
         $$SELECT coalesce(col_description('pg_class'::regclass, 2), '-') || coalesce(obj_description('int4'::regtype, 'pg_type'), '-') || obj_description('pg_catalog'::regnamespace, 'pg_namespace')$$);
CALL there_and_back('COMMENT ON CAST (int AS bigint) IS ''x''; COMMENT ON OPERATOR + (int, int) IS ''y''; COMMENT ON ACCESS METHOD btree IS ''z''; COMMENT ON TEXT SEARCH CONFIGURATION english IS ''e'';
COMMENT ON EXTENSION plpgsql IS ''e''; COMMENT ON LANGUAGE sql IS ''l''; COMMENT ON OPERATOR CLASS int4_ops USING btree IS ''c''; COMMENT ON OPERATOR FAMILY integer_ops USING btree IS ''f'';
COMMENT ON CONSTRAINT cardinal_number_domain_check ON DOMAIN information_schema.cardinal_number IS ''d''');
CALL there_and_back('DO $do$ BEGIN EXECUTE ''GRANT SELECT (rolpassword) ON pg_authid TO regress_member''; END $do$; ALTER VIEW information_schema.tables OWNER TO regress_member');
SELECT grants(), obj_description(oid, 'pg_am') FROM pg_am WHERE amname = 'btree';
CALL there_and_back('ALTER FUNCTION pg_catalog.pg_sleep(float8) COST 77; CREATE FUNCTION pg_catalog.regress_ours() RETURNS int LANGUAGE sql AS ''SELECT 1''');
SELECT proname, procost FROM pg_proc WHERE proname IN ('pg_sleep', 'regress_ours');

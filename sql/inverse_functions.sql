-- Functions come back as they were, with who may call them.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE ROLE regress_owner;
CREATE ROLE regress_reader;
CREATE TABLE t (id int, name text);
CREATE FUNCTION one(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql STABLE STRICT PARALLEL SAFE COST 7 SET work_mem = '1MB' AS 'SELECT $1 + $2';
CREATE FUNCTION of_table() RETURNS SETOF t LANGUAGE sql AS 'SELECT * FROM t';
CREATE PROCEDURE proc(INOUT x int) LANGUAGE plpgsql AS $$ BEGIN x := 1; END $$;
CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int, initcond = '0', combinefunc = int4pl, parallel = safe, msfunc = int4pl, minvfunc = int4mi, mstype = int);
CREATE AGGREGATE nth(float8 ORDER BY anyelement) (sfunc = ordered_set_transition, stype = internal, finalfunc = percentile_disc_final, finalfunc_extra);
CREATE AGGREGATE rows_of(*) (sfunc = int8inc, stype = int8, initcond = '0');
CREATE FUNCTION lower_name(t) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower($1.name)';
CREATE VIEW v AS SELECT one(id) AS o FROM t;
CREATE INDEX t_one ON t (abs(id));
GRANT EXECUTE ON FUNCTION one(int, int) TO regress_reader;
REVOKE EXECUTE ON FUNCTION one(int, int) FROM PUBLIC;
ALTER FUNCTION one(int, int) OWNER TO regress_owner;
COMMENT ON FUNCTION one(int, int) IS 'one more';
COMMENT ON AGGREGATE rows_of(*) IS 'all';

CALL there_and_back('CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS ''SELECT a''; CREATE PROCEDURE p() LANGUAGE sql AS ''''; CREATE AGGREGATE agg(*) (sfunc = int8inc, stype = int8, initcond = 0)');
CALL there_and_back('CREATE OR REPLACE FUNCTION one(a int, b int DEFAULT 1) RETURNS int LANGUAGE sql AS ''SELECT $1''');
-- another default, which OR REPLACE cannot take back: it and the view on it are made anew
CALL there_and_back('CREATE OR REPLACE FUNCTION one(a int DEFAULT 2, b int DEFAULT 1) RETURNS int LANGUAGE sql AS ''SELECT $1''');
CALL there_and_back('CREATE OR REPLACE FUNCTION of_table() RETURNS SETOF t LANGUAGE plpgsql AS ''BEGIN END''');
CALL there_and_back('DROP FUNCTION one(int, int) CASCADE');
CALL there_and_back('DROP PROCEDURE proc(int); DROP AGGREGATE total(int), nth(float8 ORDER BY anyelement), rows_of(*)');
CALL there_and_back('DROP AGGREGATE total(int); CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int)');
CALL there_and_back('DROP PROCEDURE proc(int); CREATE FUNCTION proc(x int) RETURNS text LANGUAGE sql AS ''SELECT null::text''');
CALL there_and_back('ALTER FUNCTION one(int, int) VOLATILE COST 100 RESET ALL; ALTER FUNCTION one(int, int) RENAME TO two; ALTER FUNCTION two(int, int) OWNER TO regress_reader');
CALL there_and_back('DROP FUNCTION of_table(); DROP FUNCTION lower_name(t); DROP TABLE t CASCADE');
CALL there_and_back('CREATE SCHEMA other; ALTER FUNCTION one(int, int) SET SCHEMA other; ALTER PROCEDURE proc(int) SET SCHEMA other');
CALL there_and_back('COMMENT ON FUNCTION one(int, int) IS NULL; GRANT EXECUTE ON FUNCTION one(int, int) TO PUBLIC; REVOKE EXECUTE ON PROCEDURE proc(int) FROM PUBLIC');
-- by dynamic SQL
CALL there_and_back('DO $do$ BEGIN EXECUTE ''CREATE FUNCTION dyn() RETURNS int LANGUAGE sql AS $f$SELECT 1$f$''; EXECUTE ''DROP VIEW v''; END $do$');

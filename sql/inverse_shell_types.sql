-- A base type is made in pieces: a shell, its functions, the type. Each piece may be a migration of its own.
\set VERBOSITY terse
CREATE EXTENSION surefoot;
SET client_min_messages = warning;
CREATE TYPE weight;
SELECT migrate_register('1', 'input', $$CREATE FUNCTION weight_in(cstring) RETURNS weight IMMUTABLE STRICT LANGUAGE internal AS 'int4in'$$);
SELECT migrate_register('2', 'output', $$CREATE FUNCTION weight_out(weight) RETURNS cstring IMMUTABLE STRICT LANGUAGE internal AS 'int4out'$$);
CALL migrate_apply_all();
SELECT migrate_revert('2');
SELECT to_regproc('weight_out') IS NULL AS gone;
SELECT migrate_apply('2');

-- The functions were there before the type, and go with it.
SELECT migrate_register('3', 'weight', 'CREATE TYPE weight (INPUT = weight_in, OUTPUT = weight_out, LIKE = int4)');
SELECT migrate_apply('3');
SET surefoot.allow_no_way_back = on;
SELECT migrate_apply('3');
SELECT version, way_back FROM migrate_status();
DROP EXTENSION surefoot CASCADE;

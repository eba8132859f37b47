-- Types come back; an enum that has grown is made anew.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE ROLE regress_reader;
CREATE TYPE mood AS ENUM ('sad', 'it''s', 'ok');
CREATE TYPE pair AS (a int, b text COLLATE "C");
CREATE DOMAIN email AS varchar(200) COLLATE "C" DEFAULT 'x@y' NOT NULL CONSTRAINT has_at CHECK (value ~ '@');
CREATE TYPE float_range AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TABLE t (id int, m mood DEFAULT 'ok', ms mood[], p pair, e email, r float_range);
CREATE INDEX t_m ON t (m);
CREATE VIEW v AS SELECT id, m FROM t;
CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql AS 'SELECT $1';
INSERT INTO t VALUES (1, 'sad', '{sad,ok}');
GRANT USAGE ON TYPE mood TO regress_reader;
REVOKE USAGE ON TYPE mood FROM PUBLIC;
COMMENT ON TYPE mood IS 'how';
COMMENT ON COLUMN pair.b IS 'second';
COMMENT ON DOMAIN email IS 'address';

CALL there_and_back('CREATE TYPE a AS ENUM (''x''); CREATE TYPE b AS (x int, y a); CREATE DOMAIN c AS a; CREATE TYPE d AS RANGE (subtype = text); CREATE TABLE e (a a, b b, c c, d d)');
CALL there_and_back('ALTER TYPE mood ADD VALUE ''new''');
CALL there_and_back('ALTER TYPE mood ADD VALUE ''new'' BEFORE ''ok''; COMMENT ON TYPE mood IS ''other''');
SELECT * FROM t;
CALL there_and_back('ALTER TYPE mood RENAME VALUE ''ok'' TO ''fine''; ALTER TYPE mood RENAME VALUE ''sad'' TO ''blue''');
CALL there_and_back('ALTER TYPE mood RENAME VALUE ''ok'' TO ''tmp''; ALTER TYPE mood RENAME VALUE ''sad'' TO ''ok''; ALTER TYPE mood RENAME VALUE ''tmp'' TO ''sad''');
SELECT * FROM t;
CALL there_and_back('ALTER TYPE mood RENAME VALUE ''ok'' TO ''tmp''; ALTER TYPE mood RENAME VALUE ''sad'' TO ''ok''');
SELECT * FROM t;
BEGIN;
SELECT migrate_register('900', 'swap', 'ALTER TYPE mood RENAME VALUE ''ok'' TO ''tmp''; ALTER TYPE mood RENAME VALUE ''sad'' TO ''ok''; ALTER TYPE mood RENAME VALUE ''tmp'' TO ''sad''; ALTER TYPE mood ADD VALUE ''new''');
SELECT migrate_apply('900');
ROLLBACK;
CALL there_and_back('ALTER TYPE mood RENAME TO moods; ALTER TYPE pair RENAME ATTRIBUTE a TO first; ALTER TYPE pair RENAME TO two');
CALL there_and_back('DROP TYPE mood CASCADE');
CALL there_and_back('DROP TYPE float_range CASCADE');
COMMENT ON TYPE pair[] IS 'several';
CALL there_and_back('COMMENT ON TYPE mood[] IS ''how often''; COMMENT ON TYPE pair[] IS NULL');
CALL there_and_back('COMMENT ON TYPE t[] IS ''rows''');
CALL there_and_back('ALTER TYPE pair ADD ATTRIBUTE c int');
CALL there_and_back('ALTER TYPE pair DROP ATTRIBUTE b');
CREATE TYPE alone AS (a int, b text);
CALL there_and_back('ALTER TYPE alone ALTER ATTRIBUTE a TYPE bigint, DROP ATTRIBUTE b');
CALL there_and_back('DROP TYPE alone');
CALL there_and_back('ALTER DOMAIN email DROP DEFAULT; ALTER DOMAIN email DROP NOT NULL');
CREATE DOMAIN number AS int;
CALL there_and_back('ALTER DOMAIN number SET DEFAULT 3; ALTER DOMAIN number SET NOT NULL');
CALL there_and_back('DROP DOMAIN number; DROP DOMAIN email CASCADE');
SET client_min_messages = warning; -- about shells
CREATE TYPE base;
CREATE FUNCTION base_in(cstring) RETURNS base LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION base_out(base) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
RESET client_min_messages;
CREATE TYPE base (input = base_in, output = base_out, like = text, category = 'X', default = 'd');
CALL there_and_back('DROP TYPE base CASCADE');
CALL there_and_back('GRANT USAGE ON TYPE mood TO PUBLIC; COMMENT ON TYPE mood IS NULL; ALTER TYPE mood OWNER TO regress_reader');

-- A base type and its functions cannot go one by one; what else is of it goes before.
CALL there_and_back($$CREATE TYPE baseless; CREATE FUNCTION its_in(cstring) RETURNS baseless LANGUAGE internal IMMUTABLE STRICT AS 'textin';
    CREATE FUNCTION its_out(baseless) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'; CREATE TYPE baseless (INPUT = its_in, OUTPUT = its_out, LIKE = text)$$);
CALL there_and_back($$CREATE SCHEMA "Of it"; CREATE TYPE "Of it"."Base"; CREATE FUNCTION "Of it".base_in(cstring, oid, int) RETURNS "Of it"."Base" LANGUAGE internal IMMUTABLE STRICT AS 'varcharin';
    CREATE FUNCTION "Of it".base_out("Of it"."Base") RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'varcharout'; CREATE FUNCTION "Of it".send("Of it"."Base") RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'varcharsend';
    CREATE FUNCTION "Of it".tin(cstring[]) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodin'; CREATE FUNCTION "Of it".tout(int) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodout';
    CREATE TYPE "Of it"."Base" (INPUT = "Of it".base_in, OUTPUT = "Of it".base_out, SEND = "Of it".send, TYPMOD_IN = "Of it".tin, TYPMOD_OUT = "Of it".tout, LIKE = varchar);
    CREATE TABLE of_base (a "Of it"."Base", b "Of it"."Base"[]); CREATE VIEW of_its_type AS SELECT 'x'::"Of it"."Base"; CREATE DOMAIN dom AS "Of it"."Base"; CREATE FUNCTION eq("Of it"."Base", "Of it"."Base") RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'texteq';
    CREATE OPERATOR === (LEFTARG = "Of it"."Base", RIGHTARG = "Of it"."Base", FUNCTION = eq); CREATE CAST ("Of it"."Base" AS text) WITHOUT FUNCTION$$);

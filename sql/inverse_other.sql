-- The rarer kinds come back as well.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE ROLE regress_owner;
CREATE TYPE pair AS (a int, b text);
CREATE FUNCTION less(pair, pair) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE FUNCTION compare(pair, pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 0';
CREATE FUNCTION as_int(pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE OPERATOR <<< (leftarg = pair, rightarg = pair, function = less, commutator = >>>, restrict = scalarltsel);
CREATE OPERATOR CLASS pair_ops FOR TYPE pair USING btree AS OPERATOR 1 <<<, FUNCTION 1 compare(pair, pair);
COMMENT ON OPERATOR CLASS pair_ops USING btree IS 'order';
COMMENT ON OPERATOR <<< (pair, pair) IS 'less';
ALTER OPERATOR FAMILY pair_ops USING btree ADD FUNCTION 3 (float8, float8) in_range(float8, float8, float8, boolean, boolean);
CREATE CAST (pair AS text) WITH INOUT AS ASSIGNMENT;
CREATE COLLATION plain (provider = libc, locale = 'C');
CREATE CONVERSION latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TRANSFORM FOR pair LANGUAGE sql (FROM SQL WITH FUNCTION prsd_lextype(internal));
CREATE FUNCTION handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE LANGUAGE plother HANDLER handler;
CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
CREATE TEXT SEARCH PARSER words (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE plain (init = dsimple_init, lexize = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY stop (template = simple, stopwords = english);
CREATE TEXT SEARCH CONFIGURATION search (copy = english);
ALTER TEXT SEARCH CONFIGURATION search ALTER MAPPING FOR asciiword WITH stop, english_stem;
CREATE TABLE t (id int PRIMARY KEY, name text);
SET client_min_messages = error; -- wal_level
CREATE PUBLICATION few FOR TABLE t WITH (publish = 'insert, update');
RESET client_min_messages;
CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER ddl ON ddl_command_end WHEN tag IN ('CREATE VIEW', 'DROP VIEW') EXECUTE FUNCTION on_ddl();
ALTER EVENT TRIGGER ddl DISABLE;
CREATE FOREIGN DATA WRAPPER wrap OPTIONS (debug 'true');
CREATE SERVER far TYPE 't' VERSION '1' FOREIGN DATA WRAPPER wrap OPTIONS (host 'h', "Odd" 'it''s');
GRANT USAGE ON FOREIGN SERVER far TO regress_owner;
CREATE USER MAPPING FOR regress_owner SERVER far OPTIONS (user 'u');
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (password 'secret');
CREATE FOREIGN TABLE away (a int OPTIONS (column_name 'b') NOT NULL, b text DEFAULT 'x', CHECK (a > 0)) SERVER far OPTIONS (table_name 'x');

CALL there_and_back('CREATE OPERATOR === (leftarg = pair, rightarg = pair, function = less); CREATE OPERATOR FAMILY lone USING hash; CREATE CAST (pair AS int) WITH FUNCTION as_int(pair)');
CALL there_and_back('CREATE FUNCTION cmp2(pair, pair) RETURNS int LANGUAGE sql IMMUTABLE AS ''SELECT 0''; CREATE OPERATOR CLASS other_ops FOR TYPE pair USING btree AS OPERATOR 1 <<<, FUNCTION 1 cmp2(pair, pair)');
CALL there_and_back('DROP CAST (pair AS text); DROP CONVERSION latin; DROP TRANSFORM FOR pair LANGUAGE sql; DROP LANGUAGE plother; DROP ACCESS METHOD heap2');
CALL there_and_back('DROP OPERATOR CLASS pair_ops USING btree');
CALL there_and_back('ALTER OPERATOR FAMILY pair_ops USING btree DROP FUNCTION 3 (float8, float8)');
CALL there_and_back('DROP OPERATOR FAMILY pair_ops USING btree');
CALL there_and_back('DROP OPERATOR <<< (pair, pair) CASCADE');
CALL there_and_back('DROP COLLATION plain; CREATE COLLATION other (provider = libc, locale = ''POSIX'')');
CALL there_and_back('ALTER COLLATION plain RENAME TO plainer; ALTER COLLATION plainer OWNER TO regress_owner; COMMENT ON COLLATION plainer IS ''C''');
CALL there_and_back('DROP TEXT SEARCH CONFIGURATION search; DROP TEXT SEARCH DICTIONARY stop; DROP TEXT SEARCH TEMPLATE plain; DROP TEXT SEARCH PARSER words');
CALL there_and_back('ALTER TEXT SEARCH CONFIGURATION search DROP MAPPING FOR asciiword, email; ALTER TEXT SEARCH CONFIGURATION search ALTER MAPPING FOR url WITH stop; ALTER TEXT SEARCH DICTIONARY stop (accept = false, stopwords)');
CALL there_and_back('CREATE TEXT SEARCH CONFIGURATION more (copy = search); CREATE TEXT SEARCH DICTIONARY d (template = simple)');
CALL there_and_back('CREATE PUBLICATION p FOR TABLE t; CREATE PUBLICATION everything FOR ALL TABLES');
CALL there_and_back('DROP PUBLICATION few');
CALL there_and_back('ALTER PUBLICATION few SET (publish = ''delete'', publish_via_partition_root = true); CREATE TABLE more (id int); ALTER PUBLICATION few SET TABLE more');
CALL there_and_back('DROP TABLE t');
CALL there_and_back('DROP EVENT TRIGGER ddl; CREATE EVENT TRIGGER other ON sql_drop EXECUTE FUNCTION on_ddl()');
CALL there_and_back('ALTER EVENT TRIGGER ddl ENABLE ALWAYS; ALTER EVENT TRIGGER ddl RENAME TO ddl2');
CALL there_and_back('CREATE FOREIGN DATA WRAPPER w2; CREATE SERVER s2 FOREIGN DATA WRAPPER w2; CREATE USER MAPPING FOR PUBLIC SERVER s2 OPTIONS (username ''x''); CREATE FOREIGN TABLE ft (a int) SERVER s2');
CALL there_and_back('ALTER SERVER far VERSION ''2'' OPTIONS (SET host ''i'', DROP "Odd", ADD port ''1''); ALTER FOREIGN DATA WRAPPER wrap OPTIONS (DROP debug)');
CALL there_and_back('ALTER FOREIGN TABLE away OPTIONS (SET table_name ''y''), ALTER a OPTIONS (DROP column_name), ADD c int, ALTER b DROP DEFAULT');
CALL there_and_back('DROP FOREIGN TABLE away');
CALL there_and_back('DROP USER MAPPING FOR regress_owner SERVER far');
-- a secret is not kept
CALL there_and_back('DROP USER MAPPING FOR PUBLIC SERVER far');
CALL there_and_back('CREATE EXTENSION hstore; CREATE TABLE h (h hstore)');
CREATE EXTENSION hstore;
COMMENT ON EXTENSION hstore IS 'pairs';
CALL there_and_back('DROP EXTENSION hstore');
-- an operator that only another has announced is filled, and the two forget each other
CALL there_and_back('CREATE OPERATOR <<| (leftarg = pair, rightarg = pair, function = less, commutator = |>>)');
CALL there_and_back('CREATE OPERATOR >>> (leftarg = pair, rightarg = pair, function = less, commutator = <<<)');
CREATE OPERATOR >>> (leftarg = pair, rightarg = pair, function = less, commutator = <<<);
CALL there_and_back('DROP OPERATOR >>> (pair, pair)');

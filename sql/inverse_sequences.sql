-- Sequences come back with their options and owners.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE TABLE t (id serial, i int GENERATED ALWAYS AS IDENTITY, n bigint);
CREATE SEQUENCE s AS int INCREMENT -2 MINVALUE -100 MAXVALUE 50 START 40 CACHE 3 CYCLE;
CREATE ROLE regress_reader;
GRANT USAGE ON SEQUENCE s TO regress_reader;
COMMENT ON SEQUENCE s IS 'down';
CALL there_and_back('CREATE SEQUENCE a INCREMENT 5 OWNED BY t.n');
SELECT nextval('s'), nextval('t_i_seq'), nextval('t_i_seq'), nextval('t_id_seq'), setval('t_id_seq', 41);
CALL there_and_back('DROP SEQUENCE s');
-- Where they stood.
SELECT last_value, is_called FROM s;
CALL there_and_back('ALTER TABLE t ALTER i DROP IDENTITY');
SELECT last_value, is_called FROM t_i_seq;
CALL there_and_back('ALTER TABLE t DROP COLUMN i');
SELECT last_value, is_called FROM t_i_seq;
CALL there_and_back('ALTER SEQUENCE s INCREMENT 4; DROP SEQUENCE s');
CALL there_and_back('ALTER SEQUENCE s AS bigint INCREMENT 1 NO MINVALUE MAXVALUE 77 START 5 CACHE 1 NO CYCLE');
CALL there_and_back('ALTER SEQUENCE t_id_seq OWNED BY NONE; ALTER TABLE t ALTER id DROP DEFAULT');
CALL there_and_back('ALTER SEQUENCE t_id_seq OWNED BY NONE; ALTER TABLE t ALTER id DROP DEFAULT; DROP SEQUENCE t_id_seq');
SELECT last_value, is_called FROM t_id_seq;
CALL there_and_back('ALTER TABLE t DROP COLUMN id');
SELECT last_value, is_called FROM t_id_seq;
CALL there_and_back('ALTER TABLE t ALTER i SET INCREMENT 3 SET MAXVALUE 1000');
CALL there_and_back('ALTER SEQUENCE t_i_seq RENAME TO other; ALTER SEQUENCE s RENAME TO s2');
CALL there_and_back('CREATE SEQUENCE a; ALTER TABLE t ALTER n SET DEFAULT nextval(''a''); ALTER SEQUENCE a OWNED BY t.n');
CALL there_and_back('ALTER SEQUENCE s RESTART WITH 7');

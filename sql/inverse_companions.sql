-- What is said of and granted on what an object has brought along: the type of its rows, the rule of a view, the constraint of a trigger.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
\set VERBOSITY terse
CREATE ROLE regress_companion_a;
CREATE ROLE regress_companion_b;

-- The type of a table's rows.
CREATE TABLE rows_of (a int);
CREATE VIEW view_of AS SELECT a FROM rows_of;
CREATE MATERIALIZED VIEW filled_of AS SELECT a FROM rows_of;
SELECT migrate_fingerprint() AS before \gset
CALL there_and_back('REVOKE USAGE ON TYPE rows_of FROM public; COMMENT ON TYPE rows_of IS ''x''');
CALL there_and_back('GRANT USAGE ON TYPE view_of TO regress_companion_a; COMMENT ON TYPE filled_of IS ''x''');
REVOKE USAGE ON TYPE rows_of, view_of FROM public;
GRANT USAGE ON TYPE filled_of TO regress_companion_a WITH GRANT OPTION;
COMMENT ON TYPE rows_of IS 'rows';
SELECT migrate_fingerprint() = :'before' AS same;
SELECT definition FROM surefoot.schema_definitions() WHERE identity = 'public.rows_of' EXCEPT SELECT definition FROM surefoot.definitions('rows_of');
CALL there_and_back('DROP TABLE rows_of CASCADE');
CALL there_and_back('ALTER TABLE rows_of OWNER TO regress_companion_b; ALTER TABLE rows_of ADD b int');
CALL there_and_back('GRANT USAGE ON TYPE rows_of TO public; COMMENT ON TYPE rows_of IS NULL; ALTER TABLE rows_of RENAME TO lines_of');

-- The rule that a view is.
CALL there_and_back('COMMENT ON RULE "_RETURN" ON view_of IS ''x''');
COMMENT ON RULE "_RETURN" ON view_of IS 'it returns';
CALL there_and_back('DROP VIEW view_of');
CALL there_and_back('CREATE OR REPLACE VIEW view_of AS SELECT a, 1 AS b FROM rows_of; COMMENT ON RULE "_RETURN" ON view_of IS NULL');

-- The constraint of a trigger.
CREATE FUNCTION companion() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE CONSTRAINT TRIGGER ct AFTER INSERT ON rows_of DEFERRABLE FOR EACH ROW EXECUTE FUNCTION companion();
CALL there_and_back('ALTER TABLE rows_of RENAME CONSTRAINT ct TO ct2');
CALL there_and_back('ALTER TRIGGER ct ON rows_of RENAME TO ct3');
CALL there_and_back('COMMENT ON CONSTRAINT ct ON rows_of IS ''x''');
ALTER TABLE rows_of RENAME CONSTRAINT ct TO "Other name";
COMMENT ON CONSTRAINT "Other name" ON rows_of IS 'deferred';
COMMENT ON TRIGGER ct ON rows_of IS 'the trigger itself';
CALL there_and_back('DROP TABLE rows_of CASCADE');
CALL there_and_back('DROP TRIGGER ct ON rows_of');
CALL there_and_back('ALTER TABLE rows_of RENAME CONSTRAINT "Other name" TO ct; ALTER TRIGGER ct ON rows_of RENAME TO later');

-- The multirange of a range.
CREATE TYPE spans AS RANGE (SUBTYPE = int);
CALL there_and_back('COMMENT ON TYPE spans_multirange IS ''x''');
CREATE TYPE spots AS RANGE (SUBTYPE = int, MULTIRANGE_TYPE_NAME = "many Spots");
COMMENT ON TYPE "many Spots" IS 'many';
CALL there_and_back('DROP TYPE spots');

-- What is there already is seen.
SELECT migrate_register('900', 'again', 'REVOKE USAGE ON TYPE rows_of FROM public; GRANT USAGE ON TYPE filled_of TO regress_companion_a; GRANT USAGE ON TYPE rows_of TO regress_companion_a; COMMENT ON TYPE rows_of IS ''rows''');
SELECT migrate_apply('900');

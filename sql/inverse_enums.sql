-- A value that was added to an enum: the type is made anew without it, and all that is of it moves over, or it is said that it cannot.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE TYPE mood AS ENUM ('sad','ok');
CREATE TABLE t (id int, m mood DEFAULT 'ok', ms mood[] DEFAULT '{sad}');
CREATE INDEX t_m ON t (m); CREATE INDEX t_p ON t (id) WHERE m = 'ok';
ALTER TABLE t ADD CONSTRAINT chk CHECK (m <> 'sad' OR id > 0);
CREATE VIEW v AS SELECT id, m, m = 'ok' AS is_ok FROM t;
CREATE MATERIALIZED VIEW mv AS SELECT m, count(*) FROM t GROUP BY m;
CREATE FUNCTION f(mood) RETURNS mood LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION g(x mood DEFAULT 'ok') RETURNS SETOF mood LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION b() RETURNS mood LANGUAGE sql BEGIN ATOMIC SELECT 'ok'::mood; END;
CALL there_and_back('ALTER TYPE mood ADD VALUE ''new''');
CREATE TABLE part (id int, m mood) PARTITION BY LIST (m);
CREATE TABLE part_ok PARTITION OF part FOR VALUES IN ('ok');
CALL there_and_back('ALTER TYPE mood ADD VALUE ''new''');
DROP TABLE part;
CREATE TABLE part (id int, m mood) PARTITION BY LIST (id);
CREATE TABLE part_ok PARTITION OF part FOR VALUES IN (1);
CREATE TABLE kid () INHERITS (t);
CALL there_and_back('ALTER TYPE mood ADD VALUE ''new''');
DROP TABLE part, kid;
CREATE DOMAIN dmood AS mood CHECK (value <> 'sad');
CREATE TABLE td (d dmood);
CALL there_and_back('ALTER TYPE mood ADD VALUE ''new''');
DROP TABLE td; DROP DOMAIN dmood;
CREATE TYPE comp AS (a int, m mood);
CREATE TABLE tc (c comp);
CALL there_and_back('ALTER TYPE mood ADD VALUE ''new''');
DROP TABLE tc; 
CALL there_and_back('ALTER TYPE mood ADD VALUE ''new''');
DROP TYPE comp;
CREATE TYPE rmood AS RANGE (subtype = mood);
CALL there_and_back('ALTER TYPE mood ADD VALUE ''new''');
DROP TYPE rmood;
CREATE POLICY p ON t USING (m = 'ok');
CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW WHEN (new.m = 'sad') EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE RULE ru AS ON UPDATE TO t WHERE new.m = 'sad' DO ALSO NOTHING;
CREATE TABLE gen (m mood, g boolean GENERATED ALWAYS AS (m = 'ok') STORED);
CREATE STATISTICS st ON id, m FROM t;
CREATE FUNCTION toint(mood) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';
CREATE CAST (mood AS int) WITH FUNCTION toint(mood);
CREATE FUNCTION lt(mood,mood) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';CREATE OPERATOR <<< (leftarg = mood, rightarg = mood, function = lt);
CREATE FUNCTION larger(mood,mood) RETURNS mood LANGUAGE sql IMMUTABLE AS 'SELECT $1';CREATE AGGREGATE agg(mood) (sfunc = larger, stype = mood);
GRANT USAGE ON TYPE mood TO PUBLIC;
CALL there_and_back('ALTER TYPE mood ADD VALUE ''new''');
CREATE TABLE uq (m mood PRIMARY KEY); CREATE TABLE fk (m mood REFERENCES uq);
CALL there_and_back('ALTER TYPE mood ADD VALUE ''new'' BEFORE ''ok''; COMMENT ON TABLE uq IS ''x''');
ALTER TABLE t ADD COLUMN other mood NOT NULL DEFAULT 'sad';
CALL there_and_back('ALTER TYPE mood ADD VALUE ''new'' BEFORE ''ok''; ALTER TABLE t ADD COLUMN extra mood');
CALL there_and_back('ALTER TYPE mood ADD VALUE ''new''; CREATE TABLE another (m mood, ms mood[] DEFAULT ''{}'')');
-- what the plan says beforehand
CREATE DOMAIN dmood AS mood;
SELECT statement, way_back FROM migrate_plan_script('ALTER TYPE mood ADD VALUE ''new''; ALTER TYPE mood RENAME VALUE ''ok'' TO ''fine''');
DROP DOMAIN dmood;
SELECT statement, way_back FROM migrate_plan_script('ALTER TYPE mood ADD VALUE ''new''');

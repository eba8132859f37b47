-- What becomes of rows is said, whoever writes them: the script, a function, a DO block, a trigger.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t VALUES (1, 1);
CREATE TABLE log (id int);
CREATE FUNCTION touch() RETURNS void LANGUAGE sql AS 'UPDATE t SET n = n + 1';

CALL there_and_back('ALTER TABLE t ADD x int; DO $$ BEGIN UPDATE t SET x = 1; END $$');
CALL there_and_back('ALTER TABLE t ADD x int; DO $$ BEGIN UPDATE t SET x = 1 WHERE id < 0; END $$');
CALL there_and_back('ALTER TABLE t ADD x int; SELECT touch()');
CALL there_and_back('DO $$ BEGIN TRUNCATE log; END $$');
CALL there_and_back('SELECT touch()');
-- in what is new, and goes with it
CALL there_and_back('DO $$ BEGIN CREATE TABLE new (a int); INSERT INTO new VALUES (1); END $$');
CALL there_and_back('CREATE TEMP TABLE x AS SELECT 1 AS a; DO $$ BEGIN UPDATE x SET a = 2; END $$; DROP TABLE x');
-- values that USING computes, of the same type
ALTER TABLE t ADD m int DEFAULT 5;
CALL there_and_back('DO $$ BEGIN ALTER TABLE t ALTER n TYPE int USING n + 1; END $$');
CALL there_and_back('DO $$ BEGIN ALTER TABLE t ALTER n TYPE int USING n::int; END $$');
CALL there_and_back('ALTER TABLE t ALTER n TYPE int USING m');
-- nor casts that go by another type, which may not take all of a value; a text does
ALTER TABLE t ADD w timestamp DEFAULT '2026-01-01 12:00';
CALL there_and_back('ALTER TABLE t ALTER w TYPE timestamp USING w::date::timestamp');
CALL there_and_back('ALTER TABLE t ALTER w TYPE timestamp USING w::text::timestamp');

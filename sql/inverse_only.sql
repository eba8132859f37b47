-- The pieces of partitioned tables made one by one, and what children of a table that is dropped come back as.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE TABLE p (a int, b int) PARTITION BY RANGE (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
CALL there_and_back('CREATE INDEX p_b ON ONLY p (b)');
CREATE INDEX p_b ON ONLY p (b);
CREATE INDEX p1_b ON p1 (b);
CREATE INDEX p2_b ON p2 (b);
CALL there_and_back('DROP INDEX p_b');
CALL there_and_back('ALTER INDEX p_b ATTACH PARTITION p1_b');
ALTER INDEX p_b ATTACH PARTITION p1_b;
CALL there_and_back('ALTER INDEX p_b ATTACH PARTITION p2_b');
ALTER INDEX p_b ATTACH PARTITION p2_b;
CALL there_and_back('DROP INDEX p_b');
-- What a child has by inheritance comes first when it is made anew.
CREATE TABLE parent (a int);
CREATE TABLE child (b int) INHERITS (parent);
ALTER TABLE parent ADD COLUMN c int;
CALL there_and_back('DROP TABLE parent CASCADE');

-- What belongs to somebody else, and partitions of what others refer to.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE ROLE regress_owner;
GRANT CREATE ON SCHEMA public TO regress_owner;
SET ROLE regress_owner;
CREATE TABLE t (id serial PRIMARY KEY, b int);
RESET ROLE;
CALL there_and_back('DROP TABLE t');
CALL there_and_back('ALTER TABLE t DROP COLUMN id');
CREATE TABLE p (a int PRIMARY KEY) PARTITION BY RANGE (a);
CREATE TABLE refers (a int REFERENCES p);
CALL there_and_back('CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10)');
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM (10) TO (20);
CALL there_and_back('ALTER TABLE p DETACH PARTITION p2; DROP TABLE p2');
CREATE TABLE own (a int PRIMARY KEY, b int REFERENCES own) PARTITION BY RANGE (a);
CALL there_and_back('CREATE TABLE own1 PARTITION OF own FOR VALUES FROM (0) TO (10)');
CALL there_and_back('CREATE TABLE own1 PARTITION OF own FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (a); CREATE TABLE own2 PARTITION OF own1 FOR VALUES FROM (0) TO (10)');
REVOKE CREATE ON SCHEMA public FROM regress_owner;
CREATE TABLE own1 PARTITION OF own FOR VALUES FROM (0) TO (10);
CALL there_and_back('ALTER TABLE refers DROP CONSTRAINT refers_a_fkey');
CALL there_and_back('DROP TABLE own, p CASCADE');
DROP TABLE t;
DROP ROLE regress_owner;

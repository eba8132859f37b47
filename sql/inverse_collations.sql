-- Collations come back whatever they were made from; statistics, whatever the order of the columns.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE COLLATION copied FROM "C";
CREATE COLLATION made (LC_COLLATE = 'C', LC_CTYPE = 'C');
SET client_min_messages = warning; -- newer servers say how they would call it
CREATE COLLATION root (PROVIDER = icu, LOCALE = '');
RESET client_min_messages;
CALL there_and_back('DROP COLLATION copied');
CALL there_and_back('DROP COLLATION made');
CALL there_and_back('DROP COLLATION root');
CREATE TABLE t (a int, b int, c int);
CREATE STATISTICS s ON a, b, (a + c), c FROM t;
CALL there_and_back('ALTER TABLE t DROP COLUMN b');
CALL there_and_back('DROP STATISTICS s');

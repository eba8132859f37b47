-- Indexes come back with what is said of them.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE TABLE t (id int PRIMARY KEY, name text, n int, v tsvector);
CREATE INDEX t_n ON t (n DESC NULLS LAST) INCLUDE (name) WITH (fillfactor = 80);
CREATE INDEX t_lower ON t (lower(name), (n + 1)) WHERE n > 3;
CREATE UNIQUE INDEX t_id_n ON t (id, n);
CREATE INDEX t_v ON t USING gin (v) WITH (fastupdate = off);
CREATE INDEX t_c ON t (name COLLATE "C" text_pattern_ops);
ALTER INDEX t_lower ALTER COLUMN 1 SET STATISTICS 55;
COMMENT ON INDEX t_n IS 'by number';
ALTER TABLE t CLUSTER ON t_n;
CREATE TABLE key (a int NOT NULL, b int NOT NULL);
CREATE UNIQUE INDEX key_a ON key (a);
CREATE UNIQUE INDEX key_b ON key (b);
ALTER TABLE key REPLICA IDENTITY USING INDEX key_a;

CALL there_and_back('CREATE INDEX ON t (lower(name)) WHERE n IS NOT NULL; CREATE UNIQUE INDEX one ON t (n) INCLUDE (name)');
CALL there_and_back('DROP INDEX t_n');
CALL there_and_back('DROP INDEX t_lower, t_id_n, t_v, t_c');
CALL there_and_back('DROP INDEX t_lower; CREATE INDEX t_lower ON t (n)');
CALL there_and_back('DROP INDEX key_a');
CALL there_and_back('ALTER TABLE key REPLICA IDENTITY USING INDEX key_b');
CALL there_and_back('ALTER TABLE key REPLICA IDENTITY DEFAULT');
CALL there_and_back('ALTER TABLE t CLUSTER ON t_id_n');
CALL there_and_back('ALTER TABLE t SET WITHOUT CLUSTER');
CALL there_and_back('ALTER INDEX t_n SET (fillfactor = 70); ALTER INDEX t_c SET (fillfactor = 90); ALTER INDEX t_v RESET (fastupdate)');
CALL there_and_back('ALTER INDEX t_lower ALTER COLUMN 1 SET STATISTICS 5, ALTER COLUMN 2 SET STATISTICS 6');
CALL there_and_back('ALTER INDEX t_n RENAME TO t_number; COMMENT ON INDEX t_number IS NULL');
CALL there_and_back('ALTER TABLE t ALTER name TYPE varchar');
CALL there_and_back('ALTER TABLE t DROP COLUMN n');

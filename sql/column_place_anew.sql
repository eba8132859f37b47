-- A column that is dropped comes back to its place too when another one has taken its name, or its table is stored anew in the same migration.
CREATE EXTENSION surefoot;
\set ECHO none
\i test/fixtures/rows_there_and_back.sql
\set ECHO all
\x on
\pset format unaligned
\pset footer off
SET client_min_messages = warning;
CREATE TABLE t (id int PRIMARY KEY, a int NOT NULL, b text, c numeric(10,2) DEFAULT 4);
CREATE INDEX t_a ON t (a);
CREATE VIEW v AS SELECT id, c FROM t;
COMMENT ON COLUMN t.a IS 'the former one';
GRANT SELECT (a) ON t TO PUBLIC;
INSERT INTO t SELECT i, 10 * i, i, i / 4.0 FROM generate_series(1, 4) i;
ALTER TABLE t ADD COLUMN older timestamptz NOT NULL DEFAULT '2026-01-01 00:00Z';
INSERT INTO t VALUES (5, 50, NULL, NULL, '2026-02-02 00:00Z');

-- Another one of its name.
SELECT * FROM there_and_back('ALTER TABLE t DROP COLUMN a, ADD COLUMN a uuid');
SELECT * FROM there_and_back('ALTER TABLE t DROP COLUMN a; ALTER TABLE t ADD COLUMN a text NOT NULL DEFAULT ''x''');
SELECT * FROM there_and_back('ALTER TABLE t ADD COLUMN a_new text; ALTER TABLE t DROP COLUMN a; ALTER TABLE t RENAME a_new TO a; CREATE INDEX t_a ON t (a)');
SELECT * FROM there_and_back('ALTER TABLE t DROP COLUMN a, DROP COLUMN b; ALTER TABLE t ADD COLUMN b int, ADD COLUMN a date');
SELECT * FROM there_and_back('ALTER TABLE t DROP COLUMN older; ALTER TABLE t ADD COLUMN older date');
-- With nothing kept the rows have their values all the same, unless they are written.
SET surefoot.keep_rows = off;
SELECT * FROM there_and_back('ALTER TABLE t DROP COLUMN a, ADD COLUMN a uuid');
SELECT * FROM there_and_back('UPDATE t SET b = a; ALTER TABLE t DROP COLUMN older; ALTER TABLE t ADD COLUMN older date');
RESET surefoot.keep_rows;
-- The same definition is no other column: what is in it stays.
SELECT * FROM there_and_back('ALTER TABLE t ADD COLUMN b_new text; ALTER TABLE t DROP COLUMN b; ALTER TABLE t RENAME b_new TO b');

-- A table that is stored anew, before and after.
SELECT * FROM there_and_back('ALTER TABLE t DROP COLUMN a; ALTER TABLE t ALTER COLUMN b TYPE varchar(40) USING b || ''.''');
SELECT * FROM there_and_back('ALTER TABLE t ADD COLUMN random float8 DEFAULT random(); ALTER TABLE t DROP COLUMN older');
SELECT * FROM there_and_back('TRUNCATE t; ALTER TABLE t DROP COLUMN a');
SELECT * FROM there_and_back('TRUNCATE t; ALTER TABLE t ADD COLUMN n text, DROP COLUMN a, DROP COLUMN older');
SELECT * FROM there_and_back('TRUNCATE t; ALTER TABLE t DROP COLUMN a, ADD COLUMN a uuid');
SELECT * FROM there_and_back('ALTER TABLE t DROP COLUMN a; TRUNCATE t');
TABLE t ORDER BY id;
INSERT INTO t (id, a, b) SELECT i, 10 * i, i FROM generate_series(1, 4) i;
SELECT * FROM there_and_back('TRUNCATE t; ALTER TABLE t DROP COLUMN a; INSERT INTO t VALUES (7)');
TABLE t ORDER BY id;
-- A large one is tried without its rows.
SET surefoot.direct_index_pages = 2;
CREATE TABLE large (id int PRIMARY KEY, a text NOT NULL, b int);
INSERT INTO large SELECT i, repeat('l', i % 100), i FROM generate_series(1, 2000) i;
SELECT * FROM there_and_back('TRUNCATE large; ALTER TABLE large DROP COLUMN a, ADD COLUMN c text NOT NULL');
-- All rows would have to be filled.
SELECT * FROM there_and_back('ALTER TABLE large DROP COLUMN a; ALTER TABLE large ALTER COLUMN b TYPE bigint');
RESET surefoot.direct_index_pages;

-- One after the other, and walked back in that order.
SELECT migrate_register('2001', 'a', 'ALTER TABLE t DROP COLUMN a, ADD COLUMN a uuid'), migrate_register('2002', 'b', 'ALTER TABLE t DROP COLUMN a, ADD COLUMN a date'),
       migrate_register('2003', 'c', 'DROP VIEW v; DROP TABLE t');
SELECT migrate_fingerprint() AS before, contents() AS rows \gset
SELECT migrate_apply('2001'), migrate_apply('2002'), migrate_apply('2003');
SELECT migrate_revert('2003'), migrate_revert('2002'), migrate_revert('2001');
SELECT migrate_fingerprint() = :'before' AS same_definitions, contents() = :'rows' AS same_rows;

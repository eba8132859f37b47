-- Rows of tables without a key come back as well: a row is known by all that is in it.
CREATE EXTENSION surefoot;
SET client_min_messages = warning;
\set ECHO none
\i test/fixtures/rows_there_and_back.sql
\set ECHO all

CREATE TABLE version (n int);
INSERT INTO version VALUES (1);
-- Of each type that is kept, equal rows, and NULL in all columns.
CREATE TABLE things (i int, t text, f float8, n numeric(9, 3), c char(5), v varchar(5), j json, p point, b bit(3), vb varbit(5), at timestamptz, span interval,
    y name, tags text[], "odd, ""col" jsonb, twice int GENERATED ALWAYS AS (i * 2) STORED);
INSERT INTO things VALUES (1, E'a"\\,\n{b}(c)', 'NaN', 1.50, 'x', 'y ', '{"a":  1}', '(1,-0)', B'101', B'1', '2020-01-02 03:04:05.678901+09:30', '1 mon -1 day 00:00:00.1'),
    (2, '', '-0', NULL, '', '', 'null', '(0,0)', B'000', B'', 'infinity', '0');
INSERT INTO things (i, t, y, tags, "odd, ""col") VALUES (3, 'NULL', 'n', '{"a,b",NULL}', '{"b": [1.0]}');
INSERT INTO things (i) SELECT NULL FROM generate_series(1, 2);
INSERT INTO things (i) SELECT 7 FROM generate_series(1, 3);

\pset tuples_only on
SELECT * FROM there_and_back('UPDATE version SET n = 2');
SELECT * FROM there_and_back('UPDATE version SET n = 2; UPDATE version SET n = n + 1; DELETE FROM version; INSERT INTO version VALUES (4)');
SELECT * FROM there_and_back('UPDATE things SET i = coalesce(i, 0) + 1');
SELECT * FROM there_and_back('DELETE FROM things');
SELECT * FROM there_and_back('DELETE FROM things WHERE i = 7');
SELECT * FROM there_and_back('DELETE FROM things WHERE i IS NULL; INSERT INTO things (t) VALUES (NULL), (NULL), (NULL)');
SELECT * FROM there_and_back('INSERT INTO things (i, t) SELECT i, t FROM things');
SELECT * FROM there_and_back('UPDATE things SET i = 4 - i WHERE i < 4');
SELECT * FROM there_and_back('UPDATE things SET t = ''z'' WHERE ctid = (SELECT min(ctid) FROM things WHERE i = 7)');
SELECT * FROM there_and_back('DO $_$ BEGIN UPDATE things SET i = 0; BEGIN DELETE FROM things; RAISE ''no''; EXCEPTION WHEN raise_exception THEN NULL; END; UPDATE things SET i = 1; END $_$');
-- One of several equal rows: which is gone cannot be said when it is put back.
BEGIN;
SELECT * FROM there_and_back('DELETE FROM things WHERE ctid = (SELECT min(ctid) FROM things WHERE i = 7)');
ROLLBACK;
-- With columns and keys that come and go.
SELECT * FROM there_and_back('ALTER TABLE version ADD COLUMN at timestamptz NOT NULL DEFAULT now(); UPDATE version SET n = 5, at = ''infinity''');
SELECT * FROM there_and_back('ALTER TABLE version ADD COLUMN id int; UPDATE version SET id = n, n = 6; ALTER TABLE version ADD PRIMARY KEY (id)');
SELECT * FROM there_and_back('UPDATE version SET n = 9; ALTER TABLE version ADD PRIMARY KEY (n)');
-- Before a key was there rows need not have been unique by it.
CREATE TABLE doubles (n int, t text);
INSERT INTO doubles VALUES (1, 'one'), (1, 'one'), (2, 'two'), (2, 'other two');
SELECT * FROM there_and_back('DELETE FROM doubles WHERE t LIKE ''other%''; UPDATE doubles SET n = 3 WHERE ctid = (SELECT min(ctid) FROM doubles WHERE n = 1); ALTER TABLE doubles ADD PRIMARY KEY (n)');
SELECT * FROM there_and_back('DELETE FROM doubles WHERE t LIKE ''other%''; UPDATE doubles SET n = 3 WHERE ctid = (SELECT min(ctid) FROM doubles WHERE n = 1); ALTER TABLE doubles ALTER n SET NOT NULL; CREATE UNIQUE INDEX ON doubles (n)');
CREATE TABLE parts (id numeric PRIMARY KEY, thing int);
INSERT INTO parts VALUES (1, 1), (1.5, 2);
CREATE TABLE links (part numeric REFERENCES parts, note text);
INSERT INTO links VALUES (1, 'one'), (1.5, NULL);
SELECT * FROM there_and_back('UPDATE parts SET thing = 9; UPDATE links SET note = ''n''; DELETE FROM links WHERE part = 1');

-- What others have changed since is not overwritten.
SELECT migrate_register('2001', 'change', 'UPDATE version SET n = 10; UPDATE things SET t = ''new'' WHERE i < 3; DELETE FROM things WHERE i = 3; INSERT INTO links VALUES (1.5, ''mine'')');
SELECT migrate_apply('2001');
UPDATE things SET t = 'others' WHERE i = 2;
SELECT migrate_revert('2001');
\echo :LAST_ERROR_SQLSTATE
-- What is back already, or gone already, is none.
UPDATE version SET n = 1;
DELETE FROM links WHERE note = 'mine';
INSERT INTO things (i, t, y, tags, "odd, ""col") VALUES (3, 'NULL', 'n', '{"a,b",NULL}', '{"b": [1.0]}');
SELECT migrate_revert('2001', accept => '{conflicts}');
SELECT n FROM version;
SELECT i, t, f, n, at FROM things ORDER BY i, t;
TABLE links;
-- What a later column has in rows that were changed stays.
SELECT migrate_register('2002', 'change', 'UPDATE version SET n = 11');
SELECT migrate_apply('2002');
ALTER TABLE version ADD COLUMN later text;
UPDATE version SET later = 'stays';
SELECT migrate_revert('2002');
TABLE version;
-- Foreign keys are checked.
SELECT migrate_register('2003', 'change', 'DELETE FROM links WHERE part = 1; INSERT INTO links VALUES (NULL, NULL)');
SELECT migrate_apply('2003');
DELETE FROM parts WHERE id = 1;
SELECT migrate_revert('2003');
INSERT INTO parts VALUES (1);
SELECT migrate_revert('2003');
TABLE links;
-- What a later migration has done to the same rows, or to those of a table whose columns this one has changed, is walked back first.
SELECT migrate_register('2004', 'first', 'UPDATE version SET n = 20');
SELECT migrate_register('2005', 'second', 'UPDATE version SET n = 11');
SELECT migrate_register('2006', 'columns', 'ALTER TABLE parts DROP COLUMN thing');
SELECT migrate_register('2007', 'rows of it', 'DELETE FROM links; DELETE FROM parts WHERE id = 1');
SELECT migrate_register('2008', 'other rows', 'INSERT INTO version VALUES (30)');
SELECT version, migrate_apply(version) FROM unnest('{2004,2005,2006,2007,2008}'::text[]) version;
SELECT migrate_revert('2004');
SELECT migrate_revert('2006');
SELECT version, migrate_revert(version) FROM unnest('{2005,2004,2007,2006}'::text[]) version;
TABLE version;
TABLE parts;
DROP EXTENSION surefoot CASCADE;

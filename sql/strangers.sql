-- A derived way back drops by name, and only what the migration itself has made.
CREATE EXTENSION surefoot;
SET client_min_messages = warning;
CREATE TABLE c (b int);
SELECT migrate_register('1', 'column', 'ALTER TABLE c ADD a text');
SELECT migrate_apply('1');
ALTER TABLE c RENAME a TO a_old;
ALTER TABLE c ADD a text;
INSERT INTO c VALUES (1, 'made', 'precious');
SELECT migrate_revert('1');
SELECT * FROM c;
ALTER TABLE c RENAME a TO theirs;
ALTER TABLE c RENAME a_old TO a;
SELECT migrate_revert('1');
SELECT * FROM c;

-- removed and made anew; it may go when it is named
SELECT migrate_apply('1');
ALTER TABLE c DROP a, ADD a text DEFAULT 'precious';
SELECT migrate_revert('1');
SELECT * FROM c;
SELECT migrate_revert('1', accept => '{public.c.a}');
SELECT * FROM c;

-- a table, put aside or removed; its columns need no names of their own
SELECT migrate_register('2', 'table', 'CREATE TABLE made (a int)');
SELECT migrate_apply('2');
ALTER TABLE made RENAME TO made_old;
CREATE TABLE made (a int);
INSERT INTO made VALUES (1);
SELECT migrate_revert('2');
DROP TABLE made_old;
SELECT migrate_revert('2');
SELECT * FROM made;
SELECT migrate_revert('2', accept => '{public.made}');

-- What a later migration has dropped, and its way back has brought back, is the same.
SELECT migrate_apply('1');
SELECT migrate_apply('2');
SELECT migrate_register('3', 'drop', 'DROP TABLE made; ALTER TABLE c DROP a');
SELECT migrate_apply('3');
SELECT migrate_revert('3');
SELECT migrate_revert('2');
SELECT migrate_revert('1');
SELECT * FROM c;
-- So is what a way back has had to make anew, in one run.
CREATE VIEW source AS SELECT 1 AS a;
SELECT migrate_register('4', 'made', 'CREATE MATERIALIZED VIEW of_source AS SELECT a FROM source; CREATE TABLE twice (id int GENERATED ALWAYS AS IDENTITY)');
SELECT migrate_apply('4');
SELECT migrate_register('5', 'more', 'CREATE OR REPLACE VIEW source AS SELECT 1 AS a, 2 AS b; DROP TABLE twice; CREATE TABLE twice (id int GENERATED ALWAYS AS IDENTITY)');
SELECT migrate_apply('5');
SELECT migrate_revert('5');
SELECT migrate_revert('4');
SELECT migrate_fingerprint() AS before \gset
SELECT migrate_apply('4');
SELECT migrate_register('6', 'remade in steps', E'DROP TABLE twice;\nCREATE INDEX CONCURRENTLY c_b ON c (b);\nCREATE TABLE twice (id int GENERATED ALWAYS AS IDENTITY)');
SELECT migrate_apply('6');
CALL migrate_wait('6');
SELECT migrate_revert('6');
CALL migrate_wait('6');
SELECT migrate_revert('4');
SELECT migrate_fingerprint() = :'before' AS as_before;

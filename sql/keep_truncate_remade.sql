-- The rows that a TRUNCATE has removed come back to a table of the same name that was made anew, and to one whose columns were renamed, column by column.
CREATE EXTENSION surefoot;
SET client_min_messages = warning;
-- What was in a column that was dropped here was of another type there.
CREATE TABLE u (id int, d bytea, w bytea);
INSERT INTO u VALUES (1, '\x00000000000001'::bytea || convert_to(repeat('x', 40), 'UTF8'), 'w');
ALTER TABLE u DROP COLUMN d;
SELECT migrate_register('1', 'empty', 'TRUNCATE u'), migrate_apply('1');
DROP TABLE u;
CREATE TABLE u (id int, d int, w bytea);
ALTER TABLE u DROP COLUMN d;
SELECT migrate_revert('1');
TABLE u;
-- By length and by alignment alike, and yet another one: its place is that of this table.
CREATE TABLE p (id int PRIMARY KEY, d float8[], w text);
INSERT INTO p VALUES (1, '{1,2}', 'w');
ALTER TABLE p DROP COLUMN d;
SELECT migrate_register('2', 'empty', 'TRUNCATE p'), migrate_apply('2');
DROP TABLE p;
CREATE TABLE p (id int PRIMARY KEY, d jsonb, w text);
SELECT migrate_register('3', 'drop', 'ALTER TABLE p DROP COLUMN d'), migrate_apply('3');
SELECT migrate_revert('2', accept => '{out-of-order}');
SELECT migrate_revert('3');
TABLE p;
-- Rows that are older than a column have the value of the column that they were older than.
CREATE TABLE m (id int);
INSERT INTO m VALUES (1);
ALTER TABLE m ADD COLUMN c int DEFAULT 5;
SELECT migrate_register('4', 'empty', 'TRUNCATE m'), migrate_apply('4');
DROP TABLE m;
CREATE TABLE m (id int);
ALTER TABLE m ADD COLUMN c int DEFAULT 9;
SELECT migrate_revert('4');
TABLE m;
-- Columns that others have renamed, swapped and dropped.
CREATE TABLE r (id int PRIMARY KEY, a text, b text, c text);
INSERT INTO r VALUES (1, 'a', 'b', 'keep me');
SELECT migrate_register('5', 'empty', 'TRUNCATE r'), migrate_apply('5');
ALTER TABLE r RENAME c TO d;
ALTER TABLE r RENAME a TO x;
ALTER TABLE r RENAME b TO a;
ALTER TABLE r RENAME x TO b;
SELECT migrate_revert('5');
TABLE r;
SELECT migrate_apply('5');
ALTER TABLE r DROP COLUMN d;
SELECT migrate_revert('5');
TABLE r;

-- The way back of a migration that has stopped half way has what its steps have written down: places of columns, and hidden ones with their values.
CREATE EXTENSION surefoot;
SET client_min_messages = warning;
CREATE TABLE t (id int PRIMARY KEY, amount numeric, note text NOT NULL, last text);
INSERT INTO t VALUES (1, 1.5, 'one', 'l'), (2, NULL, 'two', 'l');
CREATE TABLE parts (id int) PARTITION BY LIST (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE rest PARTITION OF parts DEFAULT;
SELECT migrate_fingerprint() AS before \gset
SELECT migrate_register('1', 'places', E'ALTER TABLE t DROP COLUMN amount, DROP COLUMN note;\nALTER TABLE parts DETACH PARTITION parts_1 CONCURRENTLY;');
SELECT migrate_apply('1');
CALL migrate_wait('1');
SELECT migrate_revert('1');
SELECT message FROM surefoot.event WHERE direction = 'down' AND message LIKE 'exact%';
SELECT migrate_fingerprint() = :'before' AS as_before;
SELECT * FROM t ORDER BY id;
SELECT migrate_register('2', 'hidden', E'-- surefoot: keep=hidden\nALTER TABLE t DROP COLUMN amount, DROP COLUMN note;\nALTER TABLE parts DETACH PARTITION parts_1 CONCURRENTLY;');
SELECT migrate_apply('2');
CALL migrate_wait('2');
INSERT INTO t (id, last) VALUES (3, 'm');
SELECT migrate_revert('2');
SELECT migrate_fingerprint() = :'before' AS as_before;
SELECT * FROM t ORDER BY id;
SELECT count(*) FROM surefoot.dropped_column;

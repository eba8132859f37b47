-- Values that a change of a column's type takes come back, unless others have changed them since.
CREATE EXTENSION surefoot;
CREATE EXTENSION amcheck;
SET client_min_messages = warning;
SET surefoot.keep_rows = on;
CREATE FUNCTION shows(sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN
    EXECUTE sql;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' / ', SQLSTATE || ' ' || SQLERRM, nullif(detail, ''));
END
$$;
CREATE FUNCTION contents() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    r regclass;
    one text;
    all_rows text := '';
BEGIN
    FOR r IN SELECT c.oid FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY c.relname LOOP
        EXECUTE format('SELECT string_agg(one_row::text, E''\n'' ORDER BY one_row::text COLLATE "C") FROM ONLY %s one_row', r) INTO one;
        all_rows := all_rows || r || ': ' || coalesce(one, 'nothing') || E'\n';
        PERFORM bt_index_check(i.indexrelid, true) FROM pg_index i WHERE i.indrelid = r;
    END LOOP;
    RETURN all_rows;
END $$;
CREATE SEQUENCE number;
-- Applies a script and walks it back, and says whether definitions and rows are what they were.
CREATE FUNCTION there_and_back(up text, OUT kept text, OUT way_back text, OUT definitions text, OUT rows text) LANGUAGE plpgsql AS $$
DECLARE
    v text := nextval('number');
    fingerprint text := migrate_fingerprint();
    was text := contents();
BEGIN
    PERFORM migrate_register(v, 'test', up);
    PERFORM migrate_apply(v);
    SELECT d.way_back || coalesce(' (' || nullif(d.reason, '') || ')', '') INTO way_back
    FROM surefoot.derived d JOIN surefoot.migration m ON m.run = d.run WHERE m.version = v;
    SELECT string_agg(a.kind || ' ' || a.name || ' ' || a.rows, ', ' ORDER BY a.name) INTO kept FROM migrate_archive(v) a;
    PERFORM migrate_revert(v);
    rows := CASE WHEN contents() = was THEN 'same' ELSE 'other' END;
    definitions := CASE WHEN migrate_fingerprint() = fingerprint THEN 'same' ELSE 'other' END;
END $$;

CREATE TABLE users (id int PRIMARY KEY, name varchar(50) NOT NULL UNIQUE DEFAULT 'none', n numeric(9, 3) CHECK (n >= 0), at timestamptz, big text, c char(5), f float8, j json,
    tags text[]);
ALTER TABLE users ALTER big SET STORAGE EXTERNAL;
INSERT INTO users SELECT i, repeat(chr(64 + i), i), i / 4.0, '2020-02-02 12:34:56.789+00'::timestamptz + i * interval '1 hour', repeat(chr(64 + i), 3000), 'c' || i, i / 3.0::float8,
    format('{"a":  %s, "a": 1}', i)::json, ARRAY[i::text, NULL] FROM generate_series(1, 20) i;
INSERT INTO users (id, name) VALUES (21, 'nothing');
SELECT * FROM there_and_back('ALTER TABLE users ALTER name TYPE varchar(10) USING left(name, 3) || id');
SELECT line FROM regexp_split_to_table(migrate_inverse('1'), E'\n') line;
SELECT * FROM there_and_back('ALTER TABLE users ALTER n TYPE int');
SELECT * FROM there_and_back('ALTER TABLE users ALTER at TYPE date');
SET timezone = 'Asia/Tokyo';
SELECT * FROM there_and_back('ALTER TABLE users ALTER at TYPE timestamp(0)');
RESET timezone;
SELECT * FROM there_and_back('ALTER TABLE users ALTER big TYPE int USING length(big), ALTER c TYPE text, ALTER f TYPE real, ALTER j TYPE jsonb');
SELECT * FROM there_and_back('ALTER TABLE users ALTER tags TYPE int USING cardinality(tags)');
SELECT * FROM there_and_back('ALTER TABLE users ALTER big TYPE varchar(10) USING left(big, 10); ALTER TABLE users RENAME big TO bigger; ALTER TABLE users ADD x int; CREATE VIEW v AS SELECT bigger, x FROM users');
SELECT * FROM there_and_back('ALTER TABLE users ALTER n DROP DEFAULT, ALTER n TYPE bigint USING n * 2; ALTER TABLE users RENAME TO people');
-- Values that come back by themselves are not kept.
SELECT * FROM there_and_back('ALTER TABLE users ALTER name TYPE varchar(20)');
SELECT * FROM there_and_back('ALTER TABLE users ALTER name TYPE varchar(30), ALTER n TYPE numeric(9, 2)');
SELECT * FROM there_and_back('ALTER TABLE users ALTER f TYPE numeric');
-- Of several changes the first and the last count.
SELECT * FROM there_and_back(E'ALTER TABLE users ALTER c TYPE varchar(3) USING left(c, 3);\nALTER TABLE users ALTER c TYPE varchar(1) USING left(c, 1)');
-- Not kept: where others are written too, of a key, of the same type, what refers, without a key, in a function, on request.
CREATE TABLE refers (id int PRIMARY KEY, name varchar(50) REFERENCES users (name));
CREATE TABLE keyless (a text);
INSERT INTO keyless VALUES ('longer');
BEGIN;
SELECT * FROM there_and_back(E'UPDATE users SET f = 1;\nALTER TABLE users ALTER c TYPE varchar(1) USING left(c, 1)');
ROLLBACK;
BEGIN;
SELECT * FROM there_and_back(E'ALTER TABLE users ALTER c TYPE varchar(1) USING left(c, 1);\nDELETE FROM users WHERE id = 5');
ROLLBACK;
BEGIN;
SELECT * FROM there_and_back('ALTER TABLE users ALTER id TYPE bigint USING id + 1000');
ROLLBACK;
BEGIN;
SELECT * FROM there_and_back('ALTER TABLE users ALTER f TYPE float8 USING f + 1');
ROLLBACK;
BEGIN;
SELECT * FROM there_and_back('ALTER TABLE refers ALTER name TYPE varchar(10) USING left(name, 10)');
ROLLBACK;
BEGIN;
SELECT * FROM there_and_back('ALTER TABLE keyless ALTER a TYPE varchar(3) USING left(a, 3)');
ROLLBACK;
BEGIN;
SELECT * FROM there_and_back('DO $_$ BEGIN ALTER TABLE users ALTER c TYPE varchar(1) USING left(c, 1); END $_$');
ROLLBACK;
BEGIN;
SELECT * FROM there_and_back(E'-- surefoot: keep=off\nALTER TABLE users ALTER c TYPE varchar(1) USING left(c, 1)');
ROLLBACK;
DROP TABLE refers;

-- What others have changed since is a conflict.
SELECT migrate_register('2001', 'names', 'ALTER TABLE users ALTER name TYPE varchar(10) USING left(name, 3) || id');
SELECT migrate_apply('2001');
UPDATE users SET name = 'others' WHERE id = 7;
UPDATE users SET n = 77 WHERE id = 8;
DELETE FROM users WHERE id = 9;
INSERT INTO users (id, name) VALUES (30, 'since');
SELECT shows($$SELECT migrate_revert('2001')$$);
SELECT id, name FROM users WHERE id IN (7, 8, 30) ORDER BY id;
SELECT migrate_revert('2001', accept => '{conflicts}');
SELECT id, name, n FROM users WHERE id IN (6, 7, 8, 9, 10, 30) ORDER BY id;
SET enable_seqscan = off;
SELECT id FROM users WHERE name = repeat('J', 10);
RESET enable_seqscan;
SELECT shows($$UPDATE users SET name = repeat('A', 51) WHERE id = 1$$);
-- A name that has come since is in the way of one that comes back.
SELECT migrate_apply('2001');
INSERT INTO users (id, name) VALUES (31, 'AAA');
UPDATE users SET name = repeat('B', 2) WHERE id = 31;
SELECT shows($$SELECT migrate_revert('2001')$$);
DELETE FROM users WHERE id = 31;
SELECT migrate_revert('2001');
-- Purged.
SELECT migrate_apply('2001');
SELECT kind, name, rows FROM migrate_archive('2001') ORDER BY kept_since DESC LIMIT 1;
SELECT migrate_purge('2001');
SELECT d.way_back, d.reason FROM surefoot.derived d JOIN surefoot.migration m ON m.run = d.run WHERE m.version = '2001';
SELECT migrate_revert('2001');
SELECT name FROM users WHERE id = 20;
-- Above the size it is as without.
SET surefoot.keep_size = '1kB';
SELECT migrate_register('2002', 'at', 'ALTER TABLE users ALTER at TYPE date');
SELECT migrate_apply('2002');
SELECT d.way_back, d.reason FROM surefoot.derived d JOIN surefoot.migration m ON m.run = d.run WHERE m.version = '2002';

-- The rows that a TRUNCATE removes are kept by the table's storage, and come back.
CREATE EXTENSION surefoot;
SET surefoot.keep_rows = off;
CREATE EXTENSION amcheck;
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
CREATE FUNCTION rows_of(t regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE hash text;
BEGIN
    EXECUTE format('SELECT count(*) || '' '' || md5(string_agg(t::text, '' '' ORDER BY t::text)) FROM %s t', t) INTO hash;
    RETURN hash;
END
$$;
-- How many indexes of a table are valid and have all its rows.
CREATE FUNCTION checked(t regclass) RETURNS text LANGUAGE plpgsql AS $$
DECLARE n int;
BEGIN
    PERFORM bt_index_check(i.indexrelid, true) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid AND c.relam = 403 WHERE i.indrelid = t;
    PERFORM verify_heapam(t);
    SELECT count(*) INTO n FROM pg_index i WHERE i.indrelid = t AND i.indisvalid AND i.indisready;
    RETURN n || ' indexes';
END
$$;
CREATE FUNCTION schema_hash() RETURNS text LANGUAGE sql AS $$SELECT md5(string_agg(m::text, ' ' ORDER BY m::text)) FROM migrate_fingerprint() m$$;
CREATE VIEW kept AS SELECT c.relname, c.relkind FROM pg_class c WHERE c.relnamespace = 'surefoot_archive'::regnamespace OR c.relname LIKE 'pg_toast_%_kept%';
SET client_min_messages = warning;
-- Values apart, a dropped column, one that came with a default, sequences, keys in and out.
CREATE TABLE towns (id int PRIMARY KEY);
INSERT INTO towns SELECT generate_series(1, 30);
CREATE TABLE users (id serial PRIMARY KEY, gone int, name text NOT NULL, code text UNIQUE, n bigint GENERATED ALWAYS AS IDENTITY (INCREMENT BY -2 MAXVALUE 0 MINVALUE -1000),
    town int REFERENCES towns, CHECK (length(name) > 0));
ALTER TABLE users DROP COLUMN gone;
ALTER TABLE users ALTER COLUMN name SET STORAGE EXTERNAL;
INSERT INTO users (name, code, town) SELECT repeat(chr(64 + i), 3000 * i), i, i FROM generate_series(1, 20) i;
UPDATE users SET code = 'u' || code WHERE id % 2 = 0;
ALTER TABLE users ADD COLUMN later date DEFAULT '2020-02-02', ADD COLUMN "Odd ""one" numeric[] DEFAULT '{1.5,NULL}';
CREATE INDEX ON users (later, code);
CREATE INDEX ON users USING gin ("Odd ""one");
CREATE INDEX ON users (upper(code)) WHERE id > 5;
CREATE TABLE orders (id serial PRIMARY KEY, u int REFERENCES users ON DELETE CASCADE);
INSERT INTO orders (u) SELECT i FROM generate_series(1, 20) i;
CREATE TABLE items (o int REFERENCES orders, what text);
INSERT INTO items SELECT i, 'w' || i FROM generate_series(1, 20) i;
CREATE TABLE plain (a int PRIMARY KEY, b text);
INSERT INTO plain SELECT i, repeat('p', i) FROM generate_series(1, 3000) i;
SELECT rows_of('users') AS users, rows_of('orders') AS orders, rows_of('items') AS items, rows_of('plain') AS plain, schema_hash() AS hash \gset

-- Several tables, those that CASCADE takes along, and where the sequences stood.
SELECT migrate_register('1', 'truncate', 'TRUNCATE users, plain RESTART IDENTITY CASCADE');
SELECT migrate_apply('1');
SELECT way_back, reason, script FROM surefoot.derived;
SELECT version, direction, kind, name, rows FROM migrate_archive() ORDER BY name;
SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM orders), (SELECT count(*) FROM items), (SELECT count(*) FROM plain),
    checked('users'), checked('orders'), checked('plain'), pg_relation_size('users') AS size, (SELECT last_value FROM users_id_seq);
SELECT count(*) FROM surefoot.kept_rows('1', 'public.plain');
SELECT migrate_revert('1');
SELECT rows_of('users') = :'users' AS users, rows_of('orders') = :'orders' AS orders, rows_of('items') = :'items' AS items, rows_of('plain') = :'plain' AS plain,
    schema_hash() = :'hash' AS schema, checked('users'), checked('orders'), checked('plain');
SET enable_seqscan = off;
SELECT id, length(name), later, "Odd ""one" FROM users WHERE code = 'u8';
SELECT id FROM users WHERE upper(code) = 'U8' AND id > 5;
SELECT count(*) FROM users WHERE "Odd ""one" @> '{1.5}';
SELECT length(b) FROM plain WHERE a = 2999;
RESET enable_seqscan;
INSERT INTO users (name) VALUES ('next') RETURNING id, n;
INSERT INTO orders (u) VALUES (1) RETURNING id;
SELECT shows('DELETE FROM towns WHERE id = 3'), shows('INSERT INTO orders (u) VALUES (99)');
SELECT (SELECT count(*) FROM migrate_archive()) AS archive, (SELECT count(*) FROM kept) AS kept;
DELETE FROM users WHERE id > 20;
DELETE FROM orders WHERE id > 20;
VACUUM FULL users;
ANALYZE users;
-- Rolled back, by whom and how far ever.
BEGIN;
SELECT migrate_apply('1');
ROLLBACK;
SELECT rows_of('users') = :'users' AS users, checked('users'), checked('orders');
BEGIN;
SAVEPOINT a;
SELECT migrate_apply('1');
SELECT migrate_revert('1');
ROLLBACK TO a;
SELECT migrate_apply('1');
SELECT migrate_revert('1');
COMMIT;
SELECT rows_of('users') = :'users' AS users, rows_of('items') = :'items' AS items, checked('users'), checked('orders');

-- Rows that others have written since are conflicts.
SELECT migrate_register('2', 'plain', 'TRUNCATE plain');
SELECT migrate_apply('2');
INSERT INTO plain VALUES (5001, 'new'), (5002, 'new');
SELECT shows($$SELECT migrate_revert('2')$$);
SELECT state FROM migrate_status('2');
SELECT migrate_revert('2', accept => '{conflicts}');
SELECT count(*), checked('plain'), (SELECT b FROM plain WHERE a = 5002) FROM plain;
SELECT migrate_apply('2');
INSERT INTO plain VALUES (17, 'again');
SELECT shows($$SELECT migrate_revert('2', accept => '{conflicts}')$$);
SELECT count(*) FROM plain;
DELETE FROM plain;
SELECT migrate_revert('2');
SELECT count(*), checked('plain') FROM plain;
DELETE FROM plain WHERE a > 5000;

-- What others have made of the table and of what it refers to since holds.
SELECT migrate_register('3', 'users', 'TRUNCATE users CASCADE');
SELECT migrate_apply('3');
DELETE FROM towns WHERE id = 3;
SELECT shows($$SELECT migrate_revert('3')$$);
INSERT INTO towns VALUES (3);
ALTER TABLE users ADD CHECK (length(name) < 10000);
SELECT left(shows($$SELECT migrate_revert('3')$$), 80);
ALTER TABLE users DROP CONSTRAINT users_name_check1;
CREATE UNIQUE INDEX twice ON users (later);
SELECT shows($$SELECT migrate_revert('3')$$);
DROP INDEX twice;
ALTER TABLE users ADD COLUMN fresh int DEFAULT 7, ADD COLUMN empty text;
CREATE INDEX ON users (fresh);
SELECT migrate_revert('3');
SELECT count(*), sum(fresh), count(empty), count(later), checked('users') FROM users;
ALTER TABLE users DROP COLUMN fresh, DROP COLUMN empty;
SELECT rows_of('users') = :'users' AS users, rows_of('items') = :'items' AS items;
-- A column that is there again under its name is filled, wherever it stands.
SELECT migrate_apply('2');
ALTER TABLE plain DROP COLUMN b, ADD COLUMN b text;
SELECT migrate_revert('2');
SELECT rows_of('plain') = :'plain' AS plain, checked('plain');
-- A partition by now takes only what it may have.
SELECT migrate_apply('2');
CREATE TABLE whole (a int NOT NULL, b text) PARTITION BY RANGE (a);
ALTER TABLE whole ATTACH PARTITION plain FOR VALUES FROM (1) TO (3000);
SELECT left(shows($$SELECT migrate_revert('2')$$), 70);
ALTER TABLE whole DETACH PARTITION plain;
ALTER TABLE whole ATTACH PARTITION plain FOR VALUES FROM (1) TO (3001);
SELECT migrate_revert('2');
ALTER TABLE whole DETACH PARTITION plain;
DROP TABLE whole;
SELECT rows_of('plain') = :'plain' AS plain, checked('plain');
-- With a column that no row has a value for they cannot come back.
SELECT migrate_apply('2');
ALTER TABLE plain ADD COLUMN c int NOT NULL;
SELECT shows($$SELECT migrate_revert('2')$$);
ALTER TABLE plain DROP COLUMN c;
SELECT migrate_revert('2');
SELECT rows_of('plain') = :'plain' AS plain;

-- A sequence of which more was taken since stays.
SELECT migrate_register('4', 'orders', 'TRUNCATE orders, items RESTART IDENTITY');
SELECT migrate_apply('4');
SELECT setval('orders_id_seq', 5000);
SELECT migrate_revert('4');
SELECT last_value FROM orders_id_seq;
SELECT setval('orders_id_seq', 20);

-- With other changes in the same migration, also of definitions.
SELECT schema_hash() AS hash \gset
SELECT migrate_register('5', 'more', 'ALTER TABLE items DROP CONSTRAINT items_o_fkey; TRUNCATE orders; DROP INDEX users_later_code_idx; ALTER TABLE orders ADD COLUMN x int; CREATE INDEX ON orders (x)');
SELECT migrate_apply('5');
SELECT way_back, reason, script FROM surefoot.derived ORDER BY run DESC LIMIT 1;
SELECT migrate_revert('5');
SELECT rows_of('orders') = :'orders' AS orders, schema_hash() = :'hash' AS schema, checked('orders');
-- What the script has made itself needs no keeping, nor does what was empty.
CREATE TABLE nothing (a int);
SELECT migrate_register('6', 'nothing', 'CREATE TABLE fresh (a int); TRUNCATE fresh, nothing');
SELECT migrate_apply('6');
SELECT way_back, reason FROM surefoot.derived ORDER BY run DESC LIMIT 1;

-- Not kept: tables that were written in the same migration, before or after; by a function; with triggers; partitions; types of users; where it is not wanted.
CREATE TABLE other (a int PRIMARY KEY);
INSERT INTO other SELECT generate_series(1, 100);
CREATE TABLE parts (a int) PARTITION BY LIST (a);
CREATE TABLE part PARTITION OF parts DEFAULT;
INSERT INTO parts VALUES (1);
CREATE TABLE loud (a int);
INSERT INTO loud VALUES (1);
CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE WARNING 'there is %', (SELECT count(*) FROM loud); RETURN NULL; END$$;
CREATE TRIGGER t BEFORE TRUNCATE ON loud EXECUTE FUNCTION loud();
CREATE FUNCTION tried(version text, script text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE result text;
BEGIN
    PERFORM migrate_register(version, 'tried', script);
    PERFORM migrate_apply(version);
    SELECT concat_ws(' / ', way_back, nullif(replace(reason, E'\n', ' / '), '')) INTO result FROM surefoot.derived ORDER BY run DESC LIMIT 1;
    RAISE EXCEPTION '%', result;
END
$$;
SELECT shows($$SELECT tried('11', 'INSERT INTO other VALUES (200); TRUNCATE other')$$);
SELECT shows($$SELECT tried('11', 'TRUNCATE other; INSERT INTO other VALUES (1)')$$);
SELECT shows($$SELECT tried('11', 'DO ''BEGIN TRUNCATE other; END''')$$);
SELECT shows($$SELECT tried('11', 'DO ''BEGIN TRUNCATE users CASCADE; END''')$$);
SELECT shows($$SELECT tried('11', 'TRUNCATE loud, other')$$);
SELECT shows($$SELECT tried('11', 'TRUNCATE parts')$$);
SELECT shows($$SELECT tried('11', '-- surefoot: keep=off' || E'\nTRUNCATE other')$$);
SELECT shows($$SELECT tried('11', 'TRUNCATE other; TRUNCATE other')$$);
SELECT shows($$SELECT tried('11', 'TRUNCATE other; ALTER TABLE other RENAME TO others')$$);
SELECT shows($$SELECT tried('11', 'TRUNCATE users')$$);
SET surefoot.keep_tables = off;
SELECT shows($$SELECT tried('11', 'TRUNCATE other')$$);
RESET surefoot.keep_tables;
-- With rows that are kept as well.
SET surefoot.keep_rows = on;
SELECT migrate_register('12', 'both', 'TRUNCATE other; UPDATE towns SET id = 1000 WHERE id = 30');
SELECT migrate_apply('12');
SELECT way_back, reason, script FROM surefoot.derived ORDER BY run DESC LIMIT 1;
SELECT migrate_revert('12');
SELECT count(*), (SELECT max(id) FROM towns) FROM other;
SET surefoot.keep_rows = off;
SELECT (SELECT count(*) FROM migrate_archive()) AS archive, (SELECT count(*) FROM kept) AS kept;

-- What is purged does not come back, and that is told.
SELECT migrate_register('13', 'plain', 'TRUNCATE plain');
SELECT migrate_apply('13');
SELECT migrate_purge('13');
SELECT way_back, reason FROM surefoot.derived ORDER BY run DESC LIMIT 1;
SELECT migrate_revert('13');
SELECT count(*), (SELECT count(*) FROM kept) AS kept FROM plain;

-- A large one is not tried with its rows, and comes back with them.
SET surefoot.direct_index_pages = 2;
CREATE TABLE large (a int PRIMARY KEY, b text);
INSERT INTO large SELECT i, repeat('l', 100) FROM generate_series(1, 2000) i;
ANALYZE large;
CREATE TABLE refers (l int REFERENCES large);
INSERT INTO refers SELECT generate_series(1, 2000);
SELECT migrate_register('14', 'large', 'ALTER TABLE refers DROP CONSTRAINT refers_l_fkey; TRUNCATE large');
SELECT migrate_apply('14');
SELECT way_back, reason, script FROM surefoot.derived ORDER BY run DESC LIMIT 1;
SELECT migrate_revert('14');
SELECT count(*), checked('large'), (SELECT convalidated FROM pg_constraint WHERE conname = 'refers_l_fkey') FROM large;
-- One that needs no place for large values any more gets the one of its rows back.
CREATE TABLE lost (a int PRIMARY KEY, b text, c int);
INSERT INTO lost SELECT i, repeat('l', 100), i FROM generate_series(1, 2000) i;
ALTER TABLE lost DROP COLUMN b;
SELECT migrate_register('141', 'lost', 'TRUNCATE lost');
SELECT way_back FROM migrate_plan('141') WHERE way_back IS NOT NULL;
SELECT migrate_apply('141');
SELECT way_back, reason FROM surefoot.derived ORDER BY run DESC LIMIT 1;
SELECT migrate_revert('141');
SELECT count(*), sum(c), checked('lost') FROM lost;
ALTER TABLE lost ADD d text;
ALTER TABLE lost ALTER d SET STORAGE EXTERNAL;
UPDATE lost SET d = repeat('d', 10000) WHERE a < 3;
SELECT migrate_apply('141');
SELECT way_back, reason FROM surefoot.derived ORDER BY run DESC LIMIT 1;
SELECT migrate_revert('141');
SELECT count(*), sum(length(d)), checked('lost') FROM lost;
-- What is not tried has to be certain.
SELECT shows($$SELECT tried('11', E'TRUNCATE large CASCADE;\nALTER TABLE large DROP COLUMN b')$$);
SELECT shows($$SELECT tried('11', E'TRUNCATE large CASCADE;\nALTER TABLE large ADD COLUMN c int')$$);
RESET surefoot.direct_index_pages;

-- A role without rights on the archive, whose constraints and functions are its own.
CREATE ROLE keep_owner;
CREATE ROLE keep_other;
CALL surefoot.allow('keep_owner', 'apply');
CALL surefoot.allow('keep_other', 'apply');
CREATE SCHEMA keep AUTHORIZATION keep_owner;
GRANT USAGE ON SCHEMA keep TO keep_other;
SET ROLE keep_owner;
CREATE FUNCTION keep.who(int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$BEGIN RAISE WARNING 'as %', current_user; RETURN true; END$$;
CREATE TABLE keep.t (id serial, a int CHECK (keep.who(a)), b text);
INSERT INTO keep.t (a, b) VALUES (1, 'one');
CREATE INDEX ON keep.t (keep.who(a));
GRANT TRUNCATE, SELECT ON keep.t TO keep_other;
SELECT migrate_register('15', 't', 'TRUNCATE keep.t RESTART IDENTITY');
SELECT migrate_apply('15');
SET ROLE keep_other;
SELECT shows($$SELECT surefoot.restore_table('15', 'keep.t')$$), shows($$SELECT surefoot.restart_sequence('keep.t_id_seq', 7, true)$$);
SET ROLE keep_owner;
SELECT migrate_revert('15');
SELECT * FROM keep.t;
-- Who may empty it, and does not own it, cannot bring its rows back.
SET ROLE keep_other;
SELECT migrate_register('16', 't', 'TRUNCATE keep.t');
SELECT migrate_apply('16');
RESET ROLE;
SELECT way_back, reason FROM surefoot.derived ORDER BY run DESC LIMIT 1;
SELECT owner, count(*) FROM keep.t, surefoot.archive WHERE version = '16' GROUP BY owner;

-- A rehearsal foresees it, and leaves nothing behind.
SELECT migrate_register('17', 'other', 'TRUNCATE other');
SELECT level, code, message FROM migrate_rehearse('17') WHERE code IN ('derived', 'way_back');
SELECT count(*), checked('other'), (SELECT count(*) FROM kept) AS kept FROM other;
-- Of several steps it is not.
SELECT migrate_register('18', 'steps', E'TRUNCATE other;\nCREATE INDEX CONCURRENTLY later ON plain (b)');
SELECT migrate_apply('18');
CALL migrate_wait('18');
SELECT way_back, reason FROM surefoot.derived ORDER BY run DESC LIMIT 1;

-- Others have dropped a column since and added some: what is there of both is copied by name, and the new ones have their defaults.
CREATE TABLE both_ways (k int PRIMARY KEY, v text, w text);
INSERT INTO both_ways VALUES (1, 'a', 'w'), (2, 'b', NULL);
SELECT migrate_register('19', 'both ways', 'TRUNCATE both_ways');
SELECT migrate_apply('19');
ALTER TABLE both_ways DROP v, ADD z int, ADD y int NOT NULL DEFAULT 7, ADD x text GENERATED ALWAYS AS (w || '!') STORED, ADD i int GENERATED ALWAYS AS IDENTITY;
SELECT migrate_revert('19');
SELECT * FROM both_ways ORDER BY k;
ALTER TABLE both_ways DROP x;
SELECT migrate_register('20', 'other type', 'TRUNCATE both_ways');
SELECT migrate_apply('20');
ALTER TABLE both_ways ALTER w TYPE int USING 0, DROP z;
SELECT migrate_revert('20');
ALTER TABLE both_ways DROP w, ADD u int NOT NULL;
SELECT migrate_revert('20');

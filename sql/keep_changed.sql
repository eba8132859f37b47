-- Rows that a migration changes come back, where they can be kept to the last bit; what others have changed since is never overwritten.
CREATE EXTENSION surefoot;
SET client_min_messages = warning;
SET surefoot.keep_rows = on;
\set ECHO none
\i test/fixtures/rows_there_and_back.sql
\set ECHO all

CREATE TABLE users (id int PRIMARY KEY, name text NOT NULL, email text UNIQUE, n numeric(9, 3), f float8, c char(5), at timestamptz,
    "odd, ""col" jsonb, twice int GENERATED ALWAYS AS (id * 2) STORED, boss int REFERENCES users DEFERRABLE);
INSERT INTO users VALUES (1, E'a"\\,\n{b}', 'a@x', 1.50, 0.1::float8 + 0.2, 'x', '2020-01-02 03:04:05.678901+09:30', '{"a": [1, 2.0]}', DEFAULT, NULL),
    (2, '', 'b@x', NULL, 'NaN', '', 'infinity', 'null', DEFAULT, 1), (3, 'NULL', NULL, 0.000, '-0', NULL, '0099-12-31 BC', NULL, DEFAULT, 2);
CREATE TABLE orders (a int, b text, user_id int REFERENCES users ON DELETE CASCADE ON UPDATE CASCADE, note text, PRIMARY KEY (b, a));
INSERT INTO orders VALUES (1, 'x', 1, 'one'), (2, 'x', 2, NULL), (3, 'y', 3, 'three');

-- Each kind of statement, also within others, and several of them.
SELECT * FROM there_and_back('UPDATE users SET n = n + 1, f = 1, c = ''y'', at = now(), "odd, ""col" = ''1''');
SELECT * FROM there_and_back('DELETE FROM orders WHERE a > 1; INSERT INTO orders VALUES (9, ''z'', 1, ''new'')');
SELECT * FROM there_and_back('INSERT INTO orders SELECT a, b || ''2'', user_id, note FROM orders; UPDATE orders SET note = upper(note); DELETE FROM orders WHERE a = 2');
SELECT * FROM there_and_back('DO $_$ BEGIN UPDATE users SET name = name || ''!''; BEGIN DELETE FROM orders; RAISE ''no''; EXCEPTION WHEN raise_exception THEN NULL; END; END $_$');
SELECT * FROM there_and_back('WITH gone AS (DELETE FROM orders RETURNING *) UPDATE users u SET name = g.note FROM gone g WHERE g.user_id = u.id AND g.note IS NOT NULL');
SELECT * FROM there_and_back('MERGE INTO orders o USING users u ON o.user_id = u.id WHEN MATCHED AND u.id = 1 THEN DELETE WHEN MATCHED THEN UPDATE SET note = u.name');
SELECT * FROM there_and_back('INSERT INTO users (id, name) VALUES (1, ''q''), (7, ''r'') ON CONFLICT (id) DO UPDATE SET name = excluded.name');
-- What cascades, keys that change, what refers to its own table, and unique values that rows have swapped.
SELECT * FROM there_and_back('DELETE FROM orders WHERE user_id > 1; DELETE FROM users WHERE id = 3');
SELECT * FROM there_and_back('UPDATE users SET boss = NULL; DELETE FROM users');
SELECT * FROM there_and_back('SET CONSTRAINTS ALL DEFERRED; UPDATE users SET id = id + 10, boss = boss + 10');
SELECT * FROM there_and_back('UPDATE orders SET a = 7 - a');
SELECT * FROM there_and_back('UPDATE users SET email = NULL WHERE id = 1; UPDATE users SET email = ''a@x'' WHERE id = 2; UPDATE users SET email = ''b@x'' WHERE id = 1');
SELECT * FROM there_and_back('UPDATE users SET name = name; UPDATE users SET n = 5; UPDATE users SET n = 1.5 WHERE id = 1; UPDATE users SET n = NULL WHERE id = 2; UPDATE users SET n = 0 WHERE id = 3');
-- With definitions: columns that come, constraints that come and go, and tables that are made.
SELECT * FROM there_and_back('ALTER TABLE users ADD COLUMN full_name text; UPDATE users SET full_name = name || coalesce(email, '''')');
SELECT * FROM there_and_back('ALTER TABLE users ADD x int DEFAULT 5; UPDATE users SET x = 6, n = 7; ALTER TABLE users ALTER x SET NOT NULL; DELETE FROM orders WHERE a = 3');
SELECT * FROM there_and_back('UPDATE users SET email = id || ''@y'' WHERE email IS NULL; ALTER TABLE users ALTER email SET NOT NULL; ALTER TABLE users ADD CHECK (name <> ''!'')');
SELECT * FROM there_and_back('ALTER TABLE users ALTER name DROP NOT NULL; UPDATE users SET name = NULL WHERE id = 2');
SELECT * FROM there_and_back('ALTER TABLE users DROP CONSTRAINT users_email_key; UPDATE users SET email = ''same''');
SELECT * FROM there_and_back('CREATE TABLE roles (id int PRIMARY KEY); INSERT INTO roles VALUES (1); ALTER TABLE users ADD role int REFERENCES roles; UPDATE users SET role = 1, name = ''r''');
SELECT * FROM there_and_back('CREATE TABLE log (t text); INSERT INTO log SELECT name FROM users');
SELECT * FROM there_and_back('INSERT INTO users (id, name) VALUES (8, ''eight''); ALTER TABLE orders ADD by int NOT NULL DEFAULT 8 REFERENCES users');
-- Triggers and rules have done their part; nothing of them happens again.
CREATE TABLE audit (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what text);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit (what) VALUES (TG_OP); NEW.name := NEW.name || '+'; RETURN NEW; END $$;
CREATE TRIGGER note BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION note();
SELECT * FROM there_and_back('UPDATE users SET n = 3');
CREATE RULE quiet AS ON DELETE TO users DO INSTEAD NOTHING;
SELECT * FROM there_and_back('INSERT INTO users (id, name) VALUES (9, ''nine'')');
DROP RULE quiet ON users;
CREATE RULE also AS ON UPDATE TO orders DO ALSO INSERT INTO audit (what) VALUES ('rule');
SELECT * FROM there_and_back('UPDATE orders SET note = ''n'' WHERE a = 1');
DROP RULE also ON orders;
DROP TRIGGER note ON users;
SELECT * FROM audit;
SELECT line FROM regexp_split_to_table(migrate_inverse('1'), E'\n') line;

-- Not kept: other types, what is written anew or goes, what is too large or of others, later steps, on request.
CREATE DOMAIN number_of AS int;
CREATE TABLE typed (n number_of);
INSERT INTO typed VALUES (1);
BEGIN;
SELECT * FROM there_and_back('UPDATE typed SET n = 2; UPDATE users SET n = 1');
SELECT * FROM there_and_back('TRUNCATE orders');
SELECT * FROM there_and_back('UPDATE users SET name = ''a''; ALTER TABLE users DROP COLUMN f');
SELECT * FROM there_and_back('UPDATE users SET name = ''b''; ALTER TABLE users RENAME COLUMN n TO m');
SELECT * FROM there_and_back('UPDATE users SET n = 1; ALTER TABLE users ALTER n TYPE numeric(12, 5)');
SELECT * FROM there_and_back('DELETE FROM orders; DROP TABLE orders');
SELECT * FROM there_and_back(E'-- surefoot: keep=off\nUPDATE users SET name = ''c''');
SELECT * FROM there_and_back('UPDATE users SET name = ''d''; CREATE SEQUENCE s; ALTER SEQUENCE number RESTART 1000');
SET LOCAL surefoot.keep_size = 0;
SELECT * FROM there_and_back('UPDATE users SET name = ''e''');
ROLLBACK;
-- What the caller has changed before in the same transaction is not the migration's.
BEGIN;
UPDATE users SET name = 'mine' WHERE id = 1;
INSERT INTO orders VALUES (5, 'mine', 1);
SELECT * FROM there_and_back('UPDATE users SET name = ''theirs''; DELETE FROM orders WHERE a > 1');
ROLLBACK;

-- What others have changed since is not overwritten.
SELECT migrate_register('2001', 'change', 'UPDATE users SET name = ''new''; DELETE FROM orders WHERE a = 3; INSERT INTO orders VALUES (4, ''x'')');
SELECT migrate_apply('2001');
UPDATE users SET name = 'others' WHERE id = 2;
INSERT INTO orders VALUES (3, 'y', 1, 'others');
DELETE FROM orders WHERE a = 4;
INSERT INTO orders VALUES (6, 'x', 1, 'others');
SELECT migrate_revert('2001');
\echo :LAST_ERROR_SQLSTATE
SELECT * FROM orders ORDER BY a;
-- One that goes by itself, or is back by itself, is none.
UPDATE orders SET user_id = 3, note = 'three' WHERE a = 3;
SELECT migrate_revert('2001');
SELECT migrate_revert('2001', accept => '{conflicts}');
SELECT id, name FROM users ORDER BY id;
SELECT * FROM orders ORDER BY a;
-- Said in the script.
SELECT migrate_register('2002', 'change', E'-- surefoot: accept=conflicts\nUPDATE users SET name = ''newer''');
SELECT migrate_apply('2002');
UPDATE users SET name = 'others'' own' WHERE id < 3;
SELECT migrate_revert('2002');
SELECT id, name FROM users ORDER BY id;
-- Rows that others have made refer to what would go; nothing goes with it.
SELECT migrate_register('2003', 'insert', 'INSERT INTO users (id, name) VALUES (20, ''twenty'')');
SELECT migrate_apply('2003');
INSERT INTO orders VALUES (20, 'z', 20);
SELECT migrate_revert('2003');
DELETE FROM orders WHERE a = 20;
SELECT migrate_revert('2003');
-- What would come back refers to what is gone.
SELECT migrate_register('2004', 'delete', 'DELETE FROM orders WHERE a = 3');
SELECT migrate_apply('2004');
DELETE FROM users WHERE id = 3;
SELECT migrate_revert('2004');
INSERT INTO users (id, name) VALUES (3, 'three again');
SELECT migrate_revert('2004');
SELECT * FROM orders ORDER BY a;

-- Purged, by others, and without rights.
SELECT migrate_register('2005', 'update', 'UPDATE users SET name = ''u''');
SELECT migrate_apply('2005');
SELECT migrate_purge('2005');
SELECT d.way_back, d.reason FROM surefoot.derived d JOIN surefoot.migration m ON m.run = d.run WHERE m.version = '2005';
SELECT migrate_revert('2005');
CREATE ROLE regress_changer;
GRANT CREATE ON SCHEMA public TO regress_changer;
CALL surefoot.allow('regress_changer', 'apply');
GRANT SELECT, UPDATE ON users TO regress_changer;
SET ROLE regress_changer;
CREATE TABLE own (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t varchar(3));
INSERT INTO own (t) VALUES ('a'), (NULL);
SELECT * FROM surefoot.restore_rows('2004', 'public.orders');
RESET ROLE;
SELECT migrate_register('2006', 'of others', 'UPDATE users SET name = ''v'''), migrate_register('2007', 'own', 'UPDATE own SET t = ''b''; DELETE FROM own WHERE id = 2');
SET ROLE regress_changer;
SELECT migrate_apply('2006'), migrate_revert('2006');
SELECT migrate_apply('2007'), migrate_revert('2007');
SELECT * FROM own ORDER BY id;
RESET ROLE;
SELECT version, kind, name, rows FROM migrate_archive('2006') UNION ALL SELECT version, kind, name, rows FROM migrate_archive('2007');
SELECT surefoot.restore_rows('2007', 'public.users');
-- What only a revert brings back does not go with the extension in passing.
DROP EXTENSION surefoot;
SELECT sum(substr(migrate_purge(version), 9)::int) > 0 AS purged FROM surefoot.migration;
SELECT migrate_register('2008', 'update', 'UPDATE users SET name = ''w''');
BEGIN;
DROP EXTENSION surefoot;
ROLLBACK;
SELECT migrate_apply('2008');
DROP EXTENSION surefoot;
SELECT migrate_revert('2008');
-- Nor are rows of which a value is made by a function that may be another one by then.
CREATE FUNCTION times(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 * 2';
CREATE TABLE multiplied (id int PRIMARY KEY, a int, g int GENERATED ALWAYS AS (times(a)) STORED, h int GENERATED ALWAYS AS (a + 1) STORED);
INSERT INTO multiplied VALUES (1, 10);
SELECT migrate_register('9000', 'times', 'CREATE OR REPLACE FUNCTION times(int) RETURNS int IMMUTABLE LANGUAGE sql AS ''SELECT $1 * 3''; UPDATE multiplied SET a = a');
SELECT way_back FROM migrate_plan('9000');
SELECT migrate_apply('9000');
SELECT migrate_inverse('9000');

-- What a materialized view held before it was filled anew is not kept.
CREATE TABLE of_view (id int PRIMARY KEY, a int);
INSERT INTO of_view VALUES (1, 1);
CREATE MATERIALIZED VIEW mv AS TABLE of_view;
SELECT migrate_register('9001', 'refresh', 'UPDATE of_view SET a = 2; REFRESH MATERIALIZED VIEW mv'),
       migrate_register('9002', 'new', 'CREATE MATERIALIZED VIEW mv_2 AS TABLE of_view WITH NO DATA; REFRESH MATERIALIZED VIEW mv_2');
SELECT version, p.statement, p.way_back FROM (VALUES ('9001'), ('9002')) AS m (version), LATERAL migrate_plan(m.version) p ORDER BY 1, p.line;
SELECT migrate_apply('9001'), migrate_apply('9002');
SELECT migrate_inverse('9001');
SELECT migrate_inverse('9002');
SELECT migrate_revert('9002'), migrate_revert('9001');

DROP EXTENSION surefoot;
DROP OWNED BY regress_changer;
DROP ROLE regress_changer;

-- Where a sequence stands comes back when a migration restarts it, and what is said of it when setval() or a function moves it.
CREATE EXTENSION surefoot;
SET client_min_messages = warning;
CREATE TABLE t (id serial PRIMARY KEY, i int GENERATED ALWAYS AS IDENTITY, name text);
CREATE SEQUENCE s;
CREATE SEQUENCE down INCREMENT -1;
CREATE FUNCTION moves(n bigint) RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE m bigint; BEGIN m := setval('s', n); RETURN m; END $$;
CREATE FUNCTION takes() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('s') $$;
INSERT INTO t (name) SELECT 'a' FROM generate_series(1, 5);

CREATE FUNCTION places() RETURNS text LANGUAGE sql AS $$
	SELECT format('t.id %s %s, t.i %s %s, s %s %s, down %s %s', a.last_value, a.is_called, b.last_value, b.is_called, c.last_value, c.is_called, d.last_value, d.is_called)
	FROM t_id_seq a, t_i_seq b, s c, down d
$$;
-- Before each: what this transaction moves itself would count.
CREATE FUNCTION stand() RETURNS void LANGUAGE sql AS $$ SELECT setval('t_id_seq', 41), setval('t_i_seq', 6, false), setval('s', 30), setval('down', -9) $$;
-- The words of the plan, those of the apply with the reasons, and where the sequences stand before, after it, and after the revert.
CREATE FUNCTION there_and_back(up text, meanwhile text DEFAULT '') RETURNS TABLE (what text, line text) LANGUAGE plpgsql AS $$
DECLARE
	v text := 100 + (SELECT count(*) FROM migrate_status());
BEGIN
	PERFORM migrate_register(v, 'sequences', up);
	RETURN QUERY SELECT 'plan', p.way_back FROM migrate_plan(v) p;
	RETURN QUERY SELECT 'before', places();
	PERFORM migrate_apply(v);
	IF num_nulls(to_regclass('s'), to_regclass('t_id_seq'), to_regclass('t_i_seq')) = 0 THEN
		RETURN QUERY SELECT 'after', places();
	END IF;
	RETURN QUERY SELECT 'inverse', l FROM regexp_split_to_table(migrate_inverse(v), E'\n') l WHERE l ~ '^-- |sequence' AND l !~ 'SET search_path';
	IF meanwhile <> '' THEN
		EXECUTE meanwhile;
	END IF;
	PERFORM migrate_revert(v);
	RETURN QUERY SELECT 'back', places();
END $$;

-- Restarted: nobody else takes a number of it until the commit, so it is put back.
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER TABLE t ALTER i RESTART WITH 100');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER TABLE t ALTER i SET INCREMENT 2 RESTART');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER SEQUENCE s RESTART');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER SEQUENCE down RESTART WITH -500');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER SEQUENCE s MAXVALUE 2000 RESTART WITH 1500; ALTER SEQUENCE s RENAME TO other');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('DO $_$ BEGIN ALTER SEQUENCE s RESTART WITH 7; BEGIN ALTER SEQUENCE down RESTART; RAISE ''no''; EXCEPTION WHEN raise_exception THEN NULL; END; END $_$');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER SEQUENCE s RESTART WITH 200; SELECT setval(''s'', 300)');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('TRUNCATE t RESTART IDENTITY');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('TRUNCATE t RESTART IDENTITY; SELECT setval(''t_id_seq'', 1000)');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER SEQUENCE t_id_seq RESTART WITH 500; INSERT INTO t (name) VALUES (''b'')');
-- Moved by setval() or a function: others may take numbers meanwhile, and where it stood is nothing to go back to.
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('SELECT setval(''s'', 1000)');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('SELECT pg_catalog.setval(''t_id_seq'', (SELECT max(id) FROM t))');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('SELECT nextval(''s'')');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('SELECT moves(77)');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('SELECT takes()');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('DO $_$ BEGIN PERFORM setval(''s'', 400); END $_$');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('DO $_$ DECLARE n int := nextval(''s''); BEGIN BEGIN n := setval(''down'', -70); RAISE ''no''; EXCEPTION WHEN raise_exception THEN NULL; END; END $_$');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('INSERT INTO t (name) SELECT setval(''s'', 50)');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('SELECT setval(''s'', 500); ALTER SEQUENCE s RESTART WITH 5');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('SELECT setval(''s'', 500); DROP SEQUENCE s');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('SELECT setval(''t_id_seq'', 500); TRUNCATE t RESTART IDENTITY');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('CREATE TABLE u AS SELECT nextval(''s'') AS n');
-- And dropped, renamed or moved besides, or with another range.
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER SEQUENCE s RESTART WITH 100; DROP SEQUENCE s');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER SEQUENCE t_id_seq RESTART WITH 100; DROP TABLE t');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('SELECT setval(''t_id_seq'', 100); DROP TABLE t');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('SELECT setval(''t_id_seq'', 100); ALTER TABLE t DROP COLUMN id');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER TABLE t ALTER i RESTART WITH 100; ALTER TABLE t ALTER i DROP IDENTITY');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER TABLE t ALTER i RESTART WITH 100; ALTER TABLE t RENAME TO tt; ALTER SEQUENCE t_i_seq RENAME TO x');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER TABLE t ALTER i RESTART WITH 100; CREATE SCHEMA n; ALTER TABLE t SET SCHEMA n');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('DO $_$ BEGIN TRUNCATE t RESTART IDENTITY; END $_$');
CREATE SEQUENCE narrow MAXVALUE 1000;
SELECT setval('narrow', 12);
SELECT * FROM there_and_back('ALTER SEQUENCE narrow MAXVALUE 2000 RESTART WITH 1500');
SELECT last_value, is_called FROM narrow;
-- Numbers for rows are none of it.
INSERT INTO t (name) SELECT 'a' FROM generate_series(1, 5);
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('INSERT INTO t (name) VALUES (''b'')');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('INSERT INTO t (id, name) VALUES (nextval(''s''), ''b'')');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('UPDATE t SET name = nextval(''s'')');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER TABLE t ADD n int DEFAULT nextval(''s'')');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('CREATE SEQUENCE fresh; SELECT setval(''fresh'', 7)');
-- By a trigger.
CREATE FUNCTION numbers() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := nextval('s'); RETURN NEW; END $$;
CREATE TRIGGER numbers BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION numbers();
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('INSERT INTO t VALUES (90)');
DROP TRIGGER numbers ON t;
-- Others have taken more of it since: it stays. When they have taken some, and it stood further before, it is put back all the same.
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER SEQUENCE s RESTART WITH 100', 'SELECT nextval(''s'')');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER SEQUENCE down RESTART WITH -100', 'SELECT nextval(''down'')');
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER SEQUENCE s RESTART WITH 3', 'SELECT nextval(''s'')');
-- Not kept: on request, with more steps, and for a role that may not.
SELECT stand() \g /dev/null
SELECT * FROM there_and_back(E'-- surefoot: keep=off\nALTER SEQUENCE s RESTART WITH 100');
SET surefoot.keep_rows = off;
SET surefoot.keep_tables = off;
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER SEQUENCE s RESTART WITH 100');
RESET surefoot.keep_rows;
RESET surefoot.keep_tables;
SET surefoot.keep_size = 0;
SELECT stand() \g /dev/null
SELECT * FROM there_and_back('ALTER SEQUENCE t_id_seq RESTART WITH 500; INSERT INTO t (name) VALUES (''b'')');
RESET surefoot.keep_size;
DELETE FROM t WHERE id > 40;
SELECT stand() \g /dev/null
SELECT migrate_register('300', 'steps', 'CREATE INDEX CONCURRENTLY t_name_idx ON t (name); ALTER SEQUENCE s RESTART WITH 100');
SELECT way_back FROM migrate_plan('300');
SELECT migrate_apply('300');
SELECT line FROM regexp_split_to_table(migrate_inverse('300'), E'\n') line WHERE line ~ '^-- ';
CALL migrate_wait('300');
SELECT migrate_revert('300');
CALL migrate_wait('300');
SELECT places();

-- One function of a migration may be ready to run from another one in the same transaction.
SELECT stand() \g /dev/null
SELECT migrate_register('301', 'one', 'SELECT moves(60)'), migrate_register('302', 'two', 'SELECT moves(61)');
BEGIN;
SELECT migrate_apply('301'), migrate_apply('302');
SELECT line FROM regexp_split_to_table(migrate_inverse('301') || migrate_inverse('302'), E'\n') line WHERE line ~ '^-- ';
ROLLBACK;

-- The rehearsal sets no numbers.
SELECT migrate_register('303', 'rehearsed', 'ALTER SEQUENCE s RESTART WITH 100'), migrate_register('304', 'rehearsed', 'SELECT setval(''s'', 100)');
SELECT code, message, detail FROM migrate_rehearse('303') WHERE code IN ('up', 'derived', 'way_back', 'manner');
SELECT code, message, detail FROM migrate_rehearse('304') WHERE code IN ('up', 'derived', 'way_back', 'manner');
SELECT places();

-- Privileges.
CREATE ROLE regress_mover;
CREATE SCHEMA mover AUTHORIZATION regress_mover;
CALL surefoot.allow('regress_mover', 'apply');
SET ROLE regress_mover;
CREATE SEQUENCE mover.own;
SELECT migrate_register('401', 'own', 'ALTER SEQUENCE mover.own RESTART WITH 9');
SELECT way_back FROM migrate_plan('401');
SELECT migrate_apply('401');
SELECT line FROM regexp_split_to_table(migrate_inverse('401'), E'\n') line WHERE line ~ '^-- |sequence';
SELECT migrate_revert('401');
SELECT last_value, is_called FROM mover.own;
SELECT surefoot.restart_sequence('public.s', 1, true, 30, true);
RESET ROLE;
REVOKE EXECUTE ON FUNCTION surefoot.restart_sequence(text, bigint, boolean, bigint, boolean) FROM regress_mover;
SET ROLE regress_mover;
SELECT way_back FROM migrate_plan('401');
SELECT migrate_apply('401');
SELECT line FROM regexp_split_to_table(migrate_inverse('401'), E'\n') line WHERE line ~ '^-- |sequence';
SELECT migrate_revert('401');
SELECT last_value, is_called FROM mover.own;
RESET ROLE;
CALL surefoot.allow('regress_mover', 'look');
SELECT has_function_privilege('regress_mover', 'surefoot.restart_sequence(text, bigint, boolean, bigint, boolean)', 'EXECUTE');
DROP OWNED BY regress_mover;
DROP ROLE regress_mover;
SELECT surefoot.restart_sequence('public.t', 1, true, 30, true);

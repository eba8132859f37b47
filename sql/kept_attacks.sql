-- What is kept and put back runs nobody's code with somebody else's rights, and goes past nobody's checks.
CREATE EXTENSION surefoot;
CREATE FUNCTION shows(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE sql;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
SET client_min_messages = warning;
CREATE FUNCTION verdict(migration text) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
    SELECT d.way_back || coalesce(' (' || nullif(d.reason, '') || ')', '')
    FROM surefoot.derived d JOIN surefoot.migration m ON m.run = d.run WHERE m.version = migration $$;
CREATE FUNCTION dropped(migration text) RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS $$
    SELECT definition || CASE WHEN relation::regclass::text ~ '^[0-9]+$' THEN ' of a table that is gone' ELSE '' END
    FROM surefoot.dropped_column WHERE version = migration $$;
CREATE ROLE kept_deployer;
CALL surefoot.allow('kept_deployer', 'apply');
CREATE SCHEMA app AUTHORIZATION kept_deployer;
CREATE TABLE public.ran (who name, how text);
GRANT INSERT, SELECT ON ran TO PUBLIC;
SET surefoot.keep_rows = on;
SET ROLE kept_deployer;

-- Casts of the owner's between a table's rows and text: not called by the one who keeps them.
CREATE TABLE app.t (id int PRIMARY KEY, a text);
INSERT INTO app.t VALUES (1, 'one'), (2, 'two');
CREATE FUNCTION app.to_text(app.t) RETURNS text LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.ran VALUES (current_user, 'to text'); RETURN 'x'; END $$;
CREATE FUNCTION app.from_text(text) RETURNS app.t LANGUAGE plpgsql AS $$
BEGIN INSERT INTO public.ran VALUES (current_user, 'from text'); RETURN NULL::app.t; END $$;
CREATE CAST (app.t AS text) WITH FUNCTION app.to_text(app.t) AS IMPLICIT;
CREATE CAST (text AS app.t) WITH FUNCTION app.from_text(text) AS IMPLICIT;
RESET ROLE;
SET surefoot.keep_tables = off;
SET ROLE kept_deployer;
SELECT migrate_register('2', 'drop', 'DROP TABLE app.t CASCADE');
SELECT migrate_apply('2');
SELECT * FROM ran;
SELECT migrate_revert('2');
SELECT * FROM app.t ORDER BY id;
RESET ROLE;
RESET surefoot.keep_tables;
DELETE FROM ran;

-- Checks, defaults and index expressions run as ever while rows are put back: triggers of other tables are not silent for them.
CREATE TABLE public.guarded (n int);
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'guarded'; END$$;
CREATE TRIGGER refuse BEFORE INSERT ON guarded FOR EACH ROW EXECUTE FUNCTION refuse();
GRANT INSERT, SELECT ON guarded TO kept_deployer;
SET ROLE kept_deployer;
CREATE FUNCTION app.sneak(int) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.ran VALUES (current_user, current_setting('session_replication_role'));
    BEGIN
        INSERT INTO public.guarded VALUES ($1);
    EXCEPTION WHEN raise_exception THEN NULL;
    END;
    RETURN true;
END $$;
CREATE TABLE app.rows (id int PRIMARY KEY, n int, stored int GENERATED ALWAYS AS (n * 2) STORED, made int GENERATED ALWAYS AS IDENTITY);
INSERT INTO app.rows (id, n) SELECT i, 10 * i FROM generate_series(1, 4) i;
CREATE FUNCTION app.count_it() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO public.ran VALUES (current_user, 'trigger'); RETURN NULL; END$$;
SELECT migrate_register('3', 'change', 'UPDATE app.rows SET n = n + 1 WHERE id <= 2; DELETE FROM app.rows WHERE id = 3; INSERT INTO app.rows (id, n) VALUES (9, 90)');
SELECT migrate_apply('3');
ALTER TABLE app.rows ADD COLUMN later text DEFAULT 'now', ADD CHECK (app.sneak(n));
CREATE TRIGGER count_it AFTER INSERT OR UPDATE OR DELETE ON app.rows FOR EACH ROW EXECUTE FUNCTION app.count_it();
RESET ROLE;
DELETE FROM ran;
SET ROLE kept_deployer;
SELECT migrate_revert('3');
SELECT * FROM app.rows ORDER BY id;
SELECT count(*) FROM public.guarded;
SELECT how, count(*) FROM ran GROUP BY how ORDER BY how;
ALTER TABLE app.rows DROP CONSTRAINT rows_n_check;

-- A column that is dropped by hand once more, as another type, is not given back as what a migration had dropped.
CREATE TABLE app.c (id int PRIMARY KEY, v text, w int);
INSERT INTO app.c VALUES (1, 'eins', 1), (2, 'zwei', 2);
SELECT migrate_register('4', 'drop', 'ALTER TABLE app.c DROP COLUMN v');
SELECT migrate_apply('4');
SELECT migrate_revert('4');
SELECT * FROM app.c ORDER BY id;
ALTER TABLE app.c ALTER COLUMN v TYPE bytea USING convert_to(v, 'UTF8');
ALTER TABLE app.c DROP COLUMN v;
SELECT shows($$SELECT surefoot.restore_place('4', 'app.c.v')$$);
SELECT * FROM app.c ORDER BY id;
-- Nor one of a table that has the name of the former one, and another type in that place.
CREATE TABLE app.n (id int PRIMARY KEY, v text, w int);
INSERT INTO app.n VALUES (1, 'eins', 1);
SELECT migrate_register('41', 'drop', 'ALTER TABLE app.n DROP COLUMN v');
SELECT migrate_apply('41');
DROP TABLE app.n;
BEGIN;
CREATE TABLE app.n (id int PRIMARY KEY, v bytea, w int);
ALTER TABLE app.n DROP COLUMN v;
SELECT surefoot.keep_places('app.n');
COMMIT;
SELECT dropped('41');
SET client_min_messages = notice;
SELECT surefoot.restore_place('41', 'app.n.v');
SET client_min_messages = warning;
-- Nor as what it was before the step that has dropped it.
CREATE TABLE app.x (id int PRIMARY KEY, v text, w int);
INSERT INTO app.x VALUES (1, '<a/>', 1);
SELECT migrate_register('50', 'type and drop', 'ALTER TABLE app.x ALTER COLUMN v TYPE varchar; ALTER TABLE app.x DROP COLUMN v');
SELECT migrate_apply('50');
SELECT dropped('50');
SELECT migrate_revert('50');

-- Filling is for a column that has just come back, of an ordinary table, and nothing else.
CREATE VIEW app.view AS SELECT 1 AS a;
CREATE TABLE app.parts (a int, b int) PARTITION BY LIST (a);
SELECT shows($$SELECT surefoot.fill_column('app.view.a', '1')$$);
SELECT shows($$SELECT surefoot.fill_column('app.parts.b', '1')$$);
SELECT shows($$SELECT surefoot.fill_column('app.c.w', '1')$$);
SELECT shows($$ALTER TABLE app.c ADD COLUMN d int; SELECT surefoot.fill_column('app.c.d', '1); DROP TABLE app.c; SELECT (1')$$);
CREATE TABLE app.refers (id int PRIMARY KEY, w int);
INSERT INTO app.refers VALUES (1, NULL);
BEGIN;
ALTER TABLE app.refers ADD COLUMN c int REFERENCES app.c;
SELECT shows($$SELECT surefoot.fill_column('app.refers.c', '77')$$);
ROLLBACK;
SELECT migrate_register('60', 'fill', 'ALTER TABLE app.refers ADD COLUMN d int; SELECT surefoot.fill_column(''app.refers.d'', ''50'')');
SELECT migrate_apply('60');
SELECT * FROM app.refers;
SELECT verdict('60');
SELECT migrate_revert('60');

-- One snapshot does not see what others have committed: nothing is put back under it.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT shows($$SELECT surefoot.restore_rows('3', 'app.rows')$$);
SELECT shows($$SELECT surefoot.restore_column('3', 'app.rows.n')$$);
SELECT shows($$SELECT surefoot.restore_place('4', 'app.c.v')$$);
SELECT shows($$SELECT surefoot.fill_column('app.c.w', '1')$$);
SELECT shows($$SELECT surefoot.restore_table('2', 'app.t')$$);
ROLLBACK;

-- What is deferred to the end of the transaction is kept as well; where a caller's own transaction ends later, it is not said to be.
CREATE TABLE app.journal (id int PRIMARY KEY, what text);
INSERT INTO app.journal VALUES (1, 'start');
CREATE FUNCTION app.note() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN UPDATE app.journal SET what = what || '+' WHERE id = 1; RETURN NULL; END$$;
CREATE CONSTRAINT TRIGGER note AFTER UPDATE ON app.c DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.note();
SELECT migrate_register('70', 'deferred', 'UPDATE app.c SET w = 10 * w WHERE id = 1');
SELECT migrate_apply('70');
SELECT * FROM app.journal;
SELECT verdict('70');
SELECT migrate_revert('70');
SELECT id, w FROM app.c ORDER BY id;
SELECT * FROM app.journal;
SELECT migrate_register('80', 'deferred', 'UPDATE app.c SET w = 10 * w WHERE id = 1');
BEGIN;
SELECT migrate_apply('80');
SELECT verdict('80');
COMMIT;
SELECT * FROM app.journal;
RESET ROLE;
DROP SCHEMA app CASCADE;
DROP TABLE ran, guarded;
DROP OWNED BY kept_deployer;
DROP ROLE kept_deployer;

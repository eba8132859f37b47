-- A table that a migration drops comes back with its rows, where they can be kept to the last bit; else the way back says that it does not.
CREATE EXTENSION surefoot;
SET client_min_messages = warning;
-- As texts, that is.
SET surefoot.keep_tables = off;
CREATE FUNCTION verdict(migration text) RETURNS text LANGUAGE sql AS $$
    SELECT d.way_back || coalesce(' (' || nullif(d.reason, '') || ')', '')
    FROM surefoot.derived d JOIN surefoot.migration m ON m.run = d.run WHERE m.version = migration $$;
-- Applies a migration and walks it back, and says whether definitions and the rows of t are what they were.
CREATE FUNCTION there_and_back(version text, up text, OUT way_back text, OUT definitions text, OUT rows text) LANGUAGE plpgsql AS $$
DECLARE
    fingerprint text := migrate_fingerprint();
    was text;
BEGIN
    EXECUTE 'SELECT string_agg(t::text, E''\n'') FROM t' INTO was;
    PERFORM migrate_register(version, 'test', up);
    PERFORM migrate_apply(version);
    way_back := verdict(version);
    PERFORM migrate_revert(version);
    EXECUTE 'SELECT CASE WHEN string_agg(t::text, E''\n'') IS NOT DISTINCT FROM $1 THEN ''same'' ELSE count(*) || '' rows'' END FROM t'
        INTO rows USING was;
    definitions := CASE WHEN migrate_fingerprint() = fingerprint THEN 'same' ELSE 'other' END;
END $$;

-- Off, nothing is kept.
SET surefoot.keep_rows = off;
CREATE TABLE t (id int);
INSERT INTO t VALUES (1);
SELECT * FROM there_and_back('1', 'DROP TABLE t');
SELECT count(*) FROM surefoot.archive;
DROP TABLE t;

-- All that hangs on it, the place of its sequences, and what refers to it.
SET surefoot.keep_rows = on;
CREATE ROLE regress_keeper;
GRANT CREATE ON SCHEMA public TO regress_keeper;
CREATE TABLE t (id serial PRIMARY KEY, "odd, ""name" text NOT NULL DEFAULT 'x' CHECK ("odd, ""name" <> 'no'), gone int, n numeric(9, 3),
    d date, w timestamptz, i interval, f float8, b bytea, a text[], j jsonb, r int4range,
    always int GENERATED ALWAYS AS IDENTITY, c char(5), surefoot_row int);
ALTER TABLE t DROP COLUMN gone;
INSERT INTO t ("odd, ""name", n, d, w, i, f, b, a, j, r, c) VALUES
    (E'a"\\,\n(b)', 1.50, '0099-12-31 BC', '2020-01-02 03:04:05.678901+09:30', '-1 mon +2 days -03:04:05.5', 0.1::float8 + 0.2, '\x00ff',
     '[0:1]={a,NULL}', '{"a": [1, 2.0]}', '[1,)', 'x'),
    ('', NULL, 'infinity', '-infinity', NULL, 'NaN', '', '{}', 'null', 'empty', ''),
    ('y', 0.000, '10000-01-01', NULL, '0', '-0', NULL, NULL, NULL, NULL, NULL);
INSERT INTO t (n) SELECT 1 FROM generate_series(1, 20);
DELETE FROM t WHERE id > 3;
CREATE INDEX ON t (lower("odd, ""name"));
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE RULE nothing AS ON INSERT TO t DO INSTEAD NOTHING;
ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE TABLE other (t int REFERENCES t, n int);
INSERT INTO other VALUES (1, 1), (3, 3);
CREATE VIEW v AS SELECT id FROM t;
GRANT SELECT ON t TO PUBLIC;
ALTER TABLE t OWNER TO regress_keeper;
SELECT * FROM there_and_back('2', 'DROP TABLE t CASCADE');
SELECT line FROM regexp_split_to_table(migrate_inverse('2'), E'\n') line WHERE line ~ 'setval|kept_rows';
SELECT version, direction, kind, name, rows FROM migrate_archive();
SELECT count(*), max(t) FROM other;
SELECT nextval('t_id_seq'), nextval('t_always_seq'), (SELECT id FROM v LIMIT 1);
SET datestyle = 'SQL, DMY';
SET intervalstyle = sql_standard;
SET timezone = 'America/New_York';
SELECT * FROM there_and_back('3', 'DROP TABLE other; DROP TABLE t CASCADE');
RESET datestyle;
RESET intervalstyle;
RESET timezone;

-- What refers to a table that comes back empty comes back empty as well.
CREATE DOMAIN mood AS text;
CREATE TABLE t2 (id int PRIMARY KEY, m mood);
INSERT INTO t2 VALUES (1, 'ok');
ALTER TABLE other ADD FOREIGN KEY (t) REFERENCES t2 NOT VALID;
DELETE FROM other WHERE t = 3;
SELECT * FROM there_and_back('5', 'DROP TABLE other; DROP TABLE t2');
SELECT count(*) FROM other;
DROP TABLE t2 CASCADE;
DROP DOMAIN mood;

-- Without CASCADE it is the server's own error, and nothing is kept.
SELECT migrate_register('4', 'refused', 'DROP TABLE t');
\set VERBOSITY sqlstate
SELECT migrate_apply('4');
\set VERBOSITY default
SELECT count(*) FROM migrate_archive('4');
DROP TABLE other, t CASCADE;

-- What was changed before in the same migration is not kept.
CREATE TABLE t (id int PRIMARY KEY, n int);
INSERT INTO t VALUES (1, 1), (2, 2);
SELECT * FROM there_and_back('10', 'DELETE FROM t; DROP TABLE t');
INSERT INTO t VALUES (1, 1), (2, 2);
SELECT * FROM there_and_back('11', 'DO $_$ BEGIN UPDATE t SET n = 7; END $_$; DROP TABLE t');
INSERT INTO t VALUES (1, 1), (2, 2);
SELECT * FROM there_and_back('12', 'DO $_$ BEGIN TRUNCATE t; END $_$; DROP TABLE t');
INSERT INTO t VALUES (1, 1), (2, 2);
SELECT * FROM there_and_back('13', 'ALTER TABLE t DROP n; ALTER TABLE t ADD n int; DROP TABLE t');
INSERT INTO t VALUES (1, 1), (2, 2);
SELECT * FROM there_and_back('14', 'ALTER TABLE t ALTER n TYPE bigint USING 5; ALTER TABLE t ALTER n TYPE int; DROP TABLE t');
INSERT INTO t VALUES (1, 1), (2, 2);
SELECT * FROM there_and_back('15', 'ALTER TABLE t RENAME TO u; DROP TABLE u');
INSERT INTO t VALUES (1, 1), (2, 2);
SELECT * FROM there_and_back('16', 'DROP TABLE t; CREATE TABLE t (id text); INSERT INTO t VALUES (''x'')');
DROP TABLE t;

-- Nor what might not come back to the last bit, what is too large, and what is not asked for.
CREATE DOMAIN mood AS text;
CREATE TABLE t (id int, m mood);
INSERT INTO t VALUES (1, 'ok');
SELECT * FROM there_and_back('20', 'DROP TABLE t; DROP DOMAIN mood');
DROP TABLE t;
CREATE TABLE t (id int, n int GENERATED ALWAYS AS (id + 1) STORED);
INSERT INTO t VALUES (1);
SELECT * FROM there_and_back('21', 'DROP TABLE t');
DROP TABLE t;
CREATE TABLE t (id int);
CREATE TABLE child () INHERITS (t);
INSERT INTO child VALUES (1);
SELECT * FROM there_and_back('22', 'DROP TABLE t CASCADE');
DROP TABLE t CASCADE;
CREATE TABLE t (id int);
INSERT INTO t VALUES (1);
SET surefoot.keep_size = 0;
SELECT * FROM there_and_back('23', 'DROP TABLE t');
RESET surefoot.keep_size;
INSERT INTO t VALUES (1);
SELECT * FROM there_and_back('24', E'-- surefoot: keep=off\nDROP TABLE t');
INSERT INTO t VALUES (1);
SELECT * FROM there_and_back('25', 'DO $_$ BEGIN DROP TABLE t; END $_$');
SELECT version, direction, name, rows FROM migrate_archive() WHERE version NOT IN ('2', '3');

-- Who has not the rights of the owner has not the rows.
INSERT INTO t VALUES (1);
SELECT migrate_register('30', 'drop', 'DROP TABLE t');
SELECT migrate_apply('30');
SELECT verdict('30');
CALL surefoot.allow('regress_keeper', 'apply');
SET ROLE regress_keeper;
SELECT * FROM surefoot.kept_rows('30', 'public.t');
SELECT * FROM surefoot.archive_row;
SELECT count(*) FROM migrate_archive('30');
RESET ROLE;
SELECT data FROM surefoot.kept_rows('30', 'public.t');
SELECT * FROM surefoot.kept_rows('30', 'public.u');
-- Purged before its time on demand alone, and then the way back says so.
SELECT migrate_purge();
SELECT migrate_purge('30');
SELECT verdict('30');
SELECT migrate_revert('30');
SELECT * FROM t;
SET surefoot.keep_for = 0;
SELECT migrate_apply('30');
SELECT migrate_purge();
SELECT verdict('30'), (SELECT count(*) FROM migrate_archive('30'));

-- As somebody who is no superuser, and with a down script, which knows nothing of it.
RESET surefoot.keep_for;
SET ROLE regress_keeper;
CREATE TABLE mine (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, t text);
INSERT INTO mine (t) VALUES ('a'), (NULL);
SELECT migrate_register('40', 'drop', 'DROP TABLE mine');
SELECT migrate_apply('40');
SELECT verdict('40');
SELECT migrate_revert('40');
SELECT * FROM mine;
SELECT migrate_register('41', 'drop', 'DROP TABLE mine',
    'CREATE TABLE mine (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, t text)');
SELECT migrate_apply('41'), migrate_revert('41');
SELECT * FROM mine;
RESET ROLE;
-- What was written since into a table that the migration made is kept when it goes.
SELECT migrate_register('50', 'make', 'CREATE TABLE made (id int)');
SELECT migrate_apply('50');
INSERT INTO made VALUES (1), (2);
SELECT migrate_revert('50');
SELECT direction, name, rows FROM migrate_archive('50');
DROP EXTENSION surefoot CASCADE;
DROP OWNED BY regress_keeper;
DROP ROLE regress_keeper;

-- What is tried beforehand leaves no trace that a rollback does not take back, and takes no time to speak of.
CREATE EXTENSION surefoot;
CREATE TABLE users (id serial PRIMARY KEY, name text);
INSERT INTO users (name) SELECT 'name' FROM generate_series(1, 30000);
CREATE SEQUENCE tickets;
SELECT setval('tickets', 500);
CREATE FUNCTION restart(seq regclass) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	RETURN setval(seq, 1);
EXCEPTION WHEN OTHERS THEN
	RETURN 0;
END $$;
CREATE FUNCTION add_table() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE made (id int); END $$;
CREATE FUNCTION drop_table() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE made; END $$;
CREATE FUNCTION forget_table() RETURNS void LANGUAGE plpgsql AS $$ BEGIN PERFORM nextval('tickets'); END $$;

-- A sequence is set when its step comes, and not before; nor does anybody wait for what is not run.
SELECT migrate_register('1', 'restart', 'ALTER TABLE users ADD COLUMN a int;',
                        'ALTER TABLE users DROP COLUMN a; SELECT setval(''tickets'', 1); SELECT pg_sleep(100);');
SELECT migrate_apply('1');
SELECT last_value FROM tickets;

-- In a function it is not even asked for, and so what the function does is not known.
SELECT migrate_register('2', 'function', 'ALTER TABLE users ADD COLUMN b int;', E'ALTER TABLE users DROP COLUMN b;\nSELECT restart(''tickets'');');
SELECT migrate_apply('2');
SELECT last_value FROM tickets;
SELECT migrate_register('3', 'time', 'ALTER TABLE users ADD COLUMN c int;',
                        E'ALTER TABLE users DROP COLUMN c;\nDO $$ BEGIN PERFORM pg_sleep(100); END $$;');
SELECT migrate_apply('3');
-- A function in C may do anything.
SELECT migrate_register('7', 'outside', 'ALTER TABLE users ADD COLUMN e int;',
                        E'ALTER TABLE users DROP COLUMN e;\nDO $$ BEGIN PERFORM pg_rotate_logfile(); END $$;');
SELECT migrate_apply('7');

-- What functions do to the catalog is seen.
SELECT migrate_register('14', 'good', 'SELECT add_table();', 'SELECT drop_table();');
SELECT migrate_apply('14');
SELECT migrate_revert('14');
SELECT migrate_register('15', 'bad', 'SELECT add_table();', 'SELECT forget_table();');
SELECT migrate_apply('15');
SELECT to_regclass('made');

-- Names are looked up in what is not run.
SELECT migrate_register('16', 'names', 'ALTER TABLE users ADD COLUMN d int;',
                        E'ALTER TABLE users DROP COLUMN d;\nUPDATE users SET name = no_such_column;');
SELECT migrate_apply('16');

-- The caller's own time limit goes on.
SET statement_timeout = '200ms';
SELECT pg_sleep(10);
RESET statement_timeout;

-- A DO block of the way back starts no program and writes no file before it is its turn.
SELECT current_setting('data_directory') || '/written_by_trial' AS file \gset
SELECT migrate_register('90', 'copies', 'CREATE TABLE copied (i int)',
    format('DO $d$ BEGIN COPY (SELECT 1) TO %L; END $d$; DROP TABLE copied', :'file'));
SELECT migrate_apply('90');
SELECT pg_stat_file(:'file', true);
SET client_min_messages = warning;
SELECT migrate_revert('90');
RESET client_min_messages;
SELECT (pg_stat_file(:'file', true)).size;

DROP EXTENSION surefoot CASCADE;
DROP TABLE users;
DROP SEQUENCE tickets;
DROP FUNCTION restart, add_table, drop_table, forget_table;

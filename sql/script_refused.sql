-- Scripts that cannot be a migration are refused before anything runs, with the place and a hint.
CREATE EXTENSION surefoot;
\pset null '-'
CREATE FUNCTION refused(script text, OUT state text, OUT message text, OUT place text, OUT hint text)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM migrate_plan_script(script);
    message := 'accepted';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, hint = PG_EXCEPTION_HINT, place = PG_EXCEPTION_CONTEXT;
    place := split_part(place, E'\n', 1);
END
$$;
\x

-- Syntax; a byte-order mark, CRLF and multibyte characters are counted as a person counts.
SELECT * FROM refused(E'CREATE TABLE a (i int);\n\n  CREATE TABLE "é" (i int); CREATE TABL b ()');
SELECT * FROM refused(E'\uFEFFCREATE TABLE a (i int);\r\nCREATE TABL b ()');
SELECT * FROM refused('SELECT :name');
SELECT * FROM refused('SELECT ''it');

-- For psql.
SELECT * FROM refused(E'CREATE TABLE a (i int);\n\\d a\nSELECT ''it''s');
SELECT * FROM refused('SELECT 1 \gset');
SELECT * FROM refused(E'CREATE TABLE a (i int);\nCOPY a FROM stdin;\n1\tit''s\n\\.\nSELECT 1;');
SELECT * FROM refused('COPY a (i) FROM stdin WITH (FORMAT csv);');
SELECT * FROM refused('COPY a TO stdout');
SELECT * FROM refused('COPY a FROM ''/tmp/a''');

-- Nothing.
SELECT * FROM refused('');
SELECT * FROM refused(E'-- nothing\n/* at all */;');
SELECT * FROM refused(E' ;\n;');
SELECT * FROM refused('BEGIN; COMMIT;');

-- Transaction control; around the whole it says what happens anyway.
SELECT * FROM refused('BEGIN; SELECT 1; COMMIT;');
SELECT * FROM refused(E'START TRANSACTION; SELECT 1;\nEND');
SELECT * FROM refused('BEGIN; SELECT 1; COMMIT; ROLLBACK;');
SELECT * FROM refused(E'SELECT 1;\nBEGIN; SELECT 2; COMMIT;');
SELECT * FROM refused('BEGIN; SAVEPOINT a; COMMIT;');
SELECT * FROM refused('BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT 1; COMMIT;');
SELECT * FROM refused('ROLLBACK');
SELECT * FROM refused('PREPARE TRANSACTION ''x''');
SELECT * FROM refused('COMMIT PREPARED ''x''');
SELECT * FROM refused('DISCARD ALL');

-- Directives.
SELECT * FROM refused(E'-- surefoot: no-transaction\n--Surefoot:Plain-Indexes\nSELECT ''-- surefoot: x''; -- surefoot: accept=a, b');
SELECT * FROM refused(E'SELECT 1;\n  -- surefoot: no-transactions');
SELECT * FROM refused('SELECT 1 /* surefoot: no-transaction */');
SELECT * FROM refused('-- surefoot: accept=');
SELECT * FROM refused(E'-- surefoot: no-transaction\nBEGIN; SELECT 1; COMMIT;');

-- Passwords.
SELECT * FROM refused('CREATE ROLE a PASSWORD ''x''');
SELECT * FROM refused('ALTER ROLE a ENCRYPTED PASSWORD $$x$$');
SELECT * FROM refused('ALTER ROLE a PASSWORD NULL');
SELECT * FROM refused('CREATE ROLE a PASSWORD ''md5c5fae4cb4fb9ff44c3b20b6bd1b3a5f9''');
SELECT * FROM refused('CREATE USER MAPPING FOR a SERVER s OPTIONS (user ''u'', password ''x'')');
SELECT * FROM refused('CREATE SUBSCRIPTION s CONNECTION ''host=h password=x'' PUBLICATION p');
SELECT * FROM refused('DO $$ BEGIN ALTER ROLE a PASSWORD ''z''; END $$');
SELECT * FROM refused('ALTER SUBSCRIPTION s CONNECTION ''postgresql://u:x@h/d''');
SELECT statement FROM migrate_plan_script($$-- surefoot: accept=literal-password
CREATE ROLE a LOGIN ENCRYPTED PASSWORD E'x' SUPERUSER;
ALTER USER MAPPING FOR a SERVER s OPTIONS (SET password 'x', ADD "user" 'u');
CREATE SUBSCRIPTION s CONNECTION 'host=h password=x' PUBLICATION p WITH (connect = false);
DO $x$ BEGIN EXECUTE 'ALTER ROLE a PASSWORD ''y'''; ALTER ROLE a PASSWORD 'z'; END $x$;
SELECT 'the word password alone';
$$);

-- What a session knows, and the next step does not.
SELECT * FROM refused(E'CREATE TEMP TABLE t (a int);\nVACUUM;\nINSERT INTO t VALUES (1)');
SELECT * FROM refused(E'CREATE TEMP TABLE t (a int);\nINSERT INTO t VALUES (1); VACUUM');
SELECT * FROM refused(E'SELECT pg_advisory_lock(1);\nVACUUM;');
SELECT * FROM refused(E'SELECT pg_advisory_lock(1);\nSELECT pg_advisory_unlock(1);\nVACUUM;');
SELECT * FROM refused(E'PREPARE p AS SELECT 1;\nVACUUM;\nEXECUTE p');
SELECT * FROM refused(E'DECLARE c CURSOR WITH HOLD FOR SELECT 1;\nVACUUM;\nFETCH c');

-- The same when registering, where the place names the script.
\x
\set VERBOSITY verbose
SELECT migrate_register('1', 'a', 'SELECT 1', E'SELECT 1;\nCOMMIT');
\set VERBOSITY default
SELECT count(*) FROM migrate_status();

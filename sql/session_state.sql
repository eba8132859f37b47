-- What the session has must not change what a script means.
CREATE EXTENSION surefoot;
-- strings
SET standard_conforming_strings = off;
SET escape_string_warning = off;
SELECT migrate_register('1', 'strings', 'CREATE TABLE s (a text DEFAULT ''it\\\\''s; fine'')', 'DROP TABLE s');
\echo :LAST_ERROR_SQLSTATE
SET standard_conforming_strings = on;
SELECT migrate_register('1', 'strings', $$CREATE TABLE s (a text DEFAULT E'it\'s; fine', b text DEFAULT 'a\b')$$, 'DROP TABLE s');
SELECT migrate_apply('1');
SET standard_conforming_strings = off;
SELECT migrate_revert('1');
\echo :LAST_ERROR_SQLSTATE
SET standard_conforming_strings = on;
SELECT migrate_revert('1');
SELECT migrate_register('2', 'strings', 'SET standard_conforming_strings = off; SELECT 1');
SELECT migrate_register('2', 'strings', 'SET standard_conforming_strings = on; SET LOCAL search_path = public; CREATE TABLE s ()', 'DROP TABLE s');
SELECT migrate_apply('2');

-- a temporary table that has the name of another one
CREATE TABLE big (a int);
CREATE TEMP TABLE big (a int);
SELECT migrate_register('3', 'shadowed', 'ALTER TABLE big ADD COLUMN foo int', 'ALTER TABLE big DROP COLUMN foo');
SELECT migrate_apply('3');
\echo :LAST_ERROR_SQLSTATE
SELECT migrate_register('3', 'shadowed', 'CREATE INDEX ON big (a)');
SELECT migrate_apply('3');
\echo :LAST_ERROR_SQLSTATE
SELECT attrelid::regclass FROM pg_attribute WHERE attname = 'foo';
-- what the script makes itself, what is named by its schema, and what is meant
SELECT migrate_register('3', 'shadowed', $$
ALTER TABLE public.big ADD COLUMN foo int;
DROP TABLE IF EXISTS pg_temp.other;
CREATE TEMP TABLE own (a int);
ALTER TABLE own ADD COLUMN b int;
CREATE INDEX ON own (b);
DROP TABLE own;
$$, 'ALTER TABLE public.big DROP COLUMN foo');
SELECT migrate_apply('3');
SELECT migrate_revert('3');

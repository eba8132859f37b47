-- What a migration replaces by another of the same name is told apart: the old one comes back, the new one goes.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all

-- One takes the name of a table that was renamed, and its sequence another name.
CREATE TABLE kept (id serial PRIMARY KEY, name text);
CALL there_and_back($$ALTER TABLE kept DROP CONSTRAINT kept_pkey; ALTER TABLE kept RENAME TO old;
CREATE TABLE kept (id serial CONSTRAINT kept_pkey PRIMARY KEY, name text, secret bytea NOT NULL);
INSERT INTO kept SELECT id, name, '' FROM old$$);

-- Dropped and made anew, in another shape, with a serial column.
CALL there_and_back('DROP TABLE kept; CREATE TABLE kept (id serial PRIMARY KEY, name varchar(9))');

-- A table that was made anew as it was is none that may keep rows that refer to what comes back empty.
CREATE TABLE sessions (id serial PRIMARY KEY, challenge text UNIQUE);
CREATE TABLE tokens (challenge text REFERENCES sessions (challenge), at timestamptz);
SET client_min_messages = warning;
SELECT migrate_register('900', 'test', $$DROP TABLE tokens, sessions;
CREATE TABLE sessions (id serial PRIMARY KEY, challenge text UNIQUE, subject text);
CREATE TABLE tokens (challenge text REFERENCES sessions (challenge), at timestamptz)$$);
SELECT migrate_apply('900');
INSERT INTO sessions VALUES (1, 'a', 's');
INSERT INTO tokens VALUES ('a');
SELECT migrate_revert('900');
SELECT * FROM tokens;

-- A function finds what its body names without a schema, when a column that comes back has to be computed.
CREATE TYPE triple AS (a int, b int);
CREATE FUNCTION triple(text) RETURNS triple IMMUTABLE LANGUAGE sql AS $$SELECT (length($1), 1)::triple$$;
CREATE TABLE versions (num text, t triple GENERATED ALWAYS AS (triple(num)) STORED);
CALL there_and_back('ALTER TABLE versions DROP COLUMN t; DROP FUNCTION triple(text)');

-- A derived way back takes along nothing that others have made beside what the migration made.
CREATE EXTENSION surefoot;
SET client_min_messages = warning;
CREATE TABLE theirs (a int);
INSERT INTO theirs VALUES (1);
SELECT migrate_register('1', 'partitioned', 'CREATE TABLE par (a int) PARTITION BY RANGE (a)');
SELECT migrate_apply('1');
ALTER TABLE par ATTACH PARTITION theirs DEFAULT;
SELECT migrate_revert('1');
SELECT * FROM par;
ALTER TABLE par DETACH PARTITION theirs;
ALTER TABLE par ADD COLUMN number serial;
SELECT migrate_revert('1');

-- A base type goes by CASCADE, as it and its functions depend on each other.
SELECT migrate_register('2', 'type', $$CREATE TYPE base; CREATE FUNCTION base_in(cstring) RETURNS base LANGUAGE internal IMMUTABLE STRICT AS 'textin';
    CREATE FUNCTION base_out(base) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout'; CREATE TYPE base (INPUT = base_in, OUTPUT = base_out, LIKE = text)$$);
SELECT migrate_apply('2');
SELECT migrate_inverse('2');
ALTER TABLE theirs ADD COLUMN b base;
CREATE FUNCTION of_base(base) RETURNS int LANGUAGE sql AS 'SELECT 1';
SELECT migrate_revert('2');
DROP FUNCTION of_base;
SELECT migrate_revert('2', accept => '{public.theirs.b}');
SELECT * FROM theirs;

-- What has another name since, or has been made in a schema that gets its name back, is there.
CREATE SCHEMA one;
SELECT migrate_register('3', 'renamed', 'ALTER SCHEMA one RENAME TO other');
SELECT migrate_apply('3');
CREATE TABLE other.made (a serial PRIMARY KEY);
SELECT migrate_revert('3');
SELECT * FROM one.made;

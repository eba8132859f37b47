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

-- An index, a CHECK, statistics, a key or a sequence that others have made with a column that was added, and one that stays.
CREATE TABLE stays (b int);
CREATE TABLE other_key (b int, x int, PRIMARY KEY (b, x));
SELECT migrate_register('4', 'column', 'ALTER TABLE stays ADD a int');
SELECT migrate_apply('4');
CREATE UNIQUE INDEX both_index ON stays (b) INCLUDE (a);
SELECT migrate_revert('4');
DROP INDEX both_index;
ALTER TABLE stays ADD CONSTRAINT both_check CHECK (b > 0 OR a > 0);
SELECT migrate_revert('4');
ALTER TABLE stays DROP CONSTRAINT both_check;
CREATE STATISTICS both_statistics ON b, a FROM stays;
SELECT migrate_revert('4');
DROP STATISTICS both_statistics;
ALTER TABLE stays ADD CONSTRAINT both_key FOREIGN KEY (b, a) REFERENCES other_key;
SELECT migrate_revert('4');
ALTER TABLE stays DROP CONSTRAINT both_key;
CREATE SEQUENCE owned OWNED BY stays.a;
SELECT migrate_revert('4');
DROP SEQUENCE owned;
CREATE INDEX both_index ON stays ((a + b)) WHERE b > 0;
ALTER TABLE stays ADD CONSTRAINT both_check CHECK (b > 0 OR a > 0);
SELECT migrate_revert('4', accept => '{public.both_index}');
SELECT migrate_revert('4', accept => '{public.both_index,both_check on public.stays}');
SELECT * FROM stays;

-- What is about columns that were added alone goes with them, and that is told.
CREATE TABLE key_of_one (b int PRIMARY KEY);
SELECT migrate_register('5', 'columns', 'ALTER TABLE stays ADD a int, ADD "order" int');
SELECT migrate_apply('5');
CREATE INDEX alone ON stays (a, "order") WHERE a > 0;
ALTER TABLE stays ADD CONSTRAINT alone_check CHECK (a > "order");
ALTER TABLE stays ADD CONSTRAINT alone_key FOREIGN KEY (a) REFERENCES key_of_one (b);
CREATE STATISTICS alone_statistics ON a, "order" FROM stays;
CREATE SEQUENCE counts OWNED BY stays.a;
ALTER TABLE stays ALTER a SET DEFAULT nextval('counts');
SELECT migrate_revert('5');

-- An index of theirs on a materialized view that stays, and is made anew.
CREATE MATERIALIZED VIEW seen AS SELECT b FROM stays;
SELECT migrate_register('6', 'view', 'DROP MATERIALIZED VIEW seen; CREATE MATERIALIZED VIEW seen AS SELECT b, b + 1 AS c FROM stays');
SELECT migrate_apply('6');
CREATE INDEX on_seen ON seen (b);
SELECT migrate_revert('6');
DROP INDEX on_seen;
SELECT migrate_revert('6');

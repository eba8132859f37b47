-- A column gets its former type back only when no value would be another one by it: others may have written what only the later type can hold.
CREATE EXTENSION surefoot;
SET client_min_messages = warning;
SET timezone = 'UTC';
CREATE FUNCTION one_by_one(was text, later text, first text, second text) RETURNS TABLE (lost text, schema_as_before bool, value text) LANGUAGE plpgsql AS $$
DECLARE
    before text;
    version text := (SELECT count(*) + 1 FROM surefoot.migration);
BEGIN
    DROP TABLE IF EXISTS t;
    EXECUTE format('CREATE TABLE t (id int PRIMARY KEY, v %s)', was);
    EXECUTE format('INSERT INTO t VALUES (1, %L)', first);
    before := migrate_fingerprint();
    PERFORM migrate_register(version, 'wider', format('ALTER TABLE t ALTER COLUMN v TYPE %s', later));
    PERFORM migrate_apply(version);
    EXECUTE format('INSERT INTO t VALUES (2, %L)', second);
    lost := '';
    BEGIN
        PERFORM migrate_revert(version);
    EXCEPTION WHEN OTHERS THEN
        lost := SQLSTATE || ' ' || SQLERRM;
        PERFORM migrate_revert(version, accept => '{conflicts}');
    END;
    schema_as_before := migrate_fingerprint() = before;
    RETURN QUERY SELECT lost, schema_as_before, string_agg(t.v::text, ' | ' ORDER BY id) FROM t;
END $$;
SELECT * FROM one_by_one('varchar(5)', 'text', 'short', 'longer');
SELECT * FROM one_by_one('varchar(5)', 'text', 'short', 'other');
SELECT * FROM one_by_one('varchar(5)', 'varchar(10)', 'short', 'longer');
SELECT * FROM one_by_one('char(5)', 'text', 'ab', 'longer');
SELECT * FROM one_by_one('numeric(6,2)', 'numeric', '1.25', '1.255');
SELECT * FROM one_by_one('numeric(6,2)', 'numeric', '1.25', '1.5');
SELECT * FROM one_by_one('int', 'numeric', '7', '7.5');
SELECT * FROM one_by_one('int', 'bigint', '7', '8');
SELECT * FROM one_by_one('date', 'timestamptz', '2020-01-01', '2020-01-02 13:00+00');
SELECT * FROM one_by_one('timestamp(0)', 'timestamp', '2020-01-01 10:00:00', '2020-01-01 10:00:00.25');
SELECT * FROM one_by_one('real', 'float8', '0.1', '0.123456789012');
SELECT * FROM one_by_one('jsonb', 'json', '{"a": 1}', '{"a":1,"a":2}');
SELECT * FROM one_by_one('varchar(3)[]', 'text[]', '{abc}', '{abcdef}');
SELECT * FROM one_by_one('bit(3)', 'bit varying', '101', '10101');

-- what is said, and nothing is changed by it
CREATE TABLE users (id int PRIMARY KEY, name varchar(5));
SELECT migrate_register('0100', 'text', 'ALTER TABLE users ALTER COLUMN name TYPE text');
SELECT migrate_apply('0100');
INSERT INTO users VALUES (1, 'longer'), (2, NULL), (3, 'x');
SELECT migrate_revert('0100');
SELECT * FROM users ORDER BY id;
SELECT migrate_revert('0100', accept => '{conflicts}');
SELECT * FROM users ORDER BY id;

-- in partitions, in children, and in several columns at a time
CREATE TABLE parts (id int, a varchar(3), b numeric(4,1)) PARTITION BY LIST (id);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE TABLE parent (a varchar(3));
CREATE TABLE child () INHERITS (parent);
SELECT migrate_register('0101', 'parts', 'ALTER TABLE parts ALTER COLUMN a TYPE text, ALTER COLUMN b TYPE numeric; ALTER TABLE parent ALTER COLUMN a TYPE text;');
SELECT migrate_apply('0101');
INSERT INTO parts VALUES (1, 'abc', 1.25);
INSERT INTO child VALUES ('abcd');
SELECT migrate_revert('0101');
UPDATE child SET a = 'abc';
SELECT migrate_revert('0101');
UPDATE parts SET b = 1.2;
SELECT migrate_revert('0101');
SELECT * FROM parts, parent;

-- what has no place in the former type at all is an error of the server's
SELECT migrate_register('0102', 'bigint', 'ALTER TABLE users ALTER COLUMN id TYPE bigint');
SELECT migrate_apply('0102');
INSERT INTO users VALUES (3000000000, 'y');
SELECT migrate_revert('0102', accept => '{conflicts}');

-- What random migrations have found: there and back, each as short as it could be made.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
\set VERBOSITY terse

CREATE TABLE t (id int, code int4, label varchar(20), twice bigint GENERATED ALWAYS AS (code * 2) STORED);
CREATE VIEW v AS SELECT id FROM t;
CREATE MATERIALIZED VIEW filled AS SELECT id FROM t;
CREATE MATERIALIZED VIEW empty AS SELECT id FROM t WITH NO DATA;

-- A materialized view that has its rows no more, or has some, beside something else.
CALL there_and_back('ALTER VIEW v RESET (security_barrier); REFRESH MATERIALIZED VIEW filled WITH NO DATA');
CALL there_and_back('REFRESH MATERIALIZED VIEW empty; CREATE TABLE beside ()');
CALL there_and_back('REFRESH MATERIALIZED VIEW empty; REFRESH MATERIALIZED VIEW empty WITH NO DATA; CREATE TABLE beside ()');
CALL there_and_back('DROP MATERIALIZED VIEW empty; ALTER MATERIALIZED VIEW filled RENAME TO renamed');

-- The type of a generated column, whose values need no USING.
CALL there_and_back('ALTER TABLE t ALTER twice TYPE numeric');

-- A default that only the new type can have.
CALL there_and_back('ALTER TABLE t ALTER code SET DEFAULT 5; ALTER TABLE t DROP twice, ALTER code TYPE text, ALTER code SET DEFAULT ''z''');
CALL there_and_back('ALTER TABLE t ALTER label TYPE text, ADD CHECK (label <> ''''), ADD CHECK (label <> '''')');

-- An aggregate that depends on an extension.
CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer);
CALL there_and_back('ALTER FUNCTION total(integer) DEPENDS ON EXTENSION plpgsql');

-- A constraint of a partitioned table, whose index takes parameters with it alone.
CREATE TABLE parted (k int, a int) PARTITION BY LIST (k);
CREATE TABLE part PARTITION OF parted FOR VALUES IN (1);
ALTER TABLE parted ADD CONSTRAINT parted_unique UNIQUE (k, a) WITH (fillfactor = 70) DEFERRABLE;
CALL there_and_back('ALTER TABLE parted DROP CONSTRAINT parted_unique');
CALL there_and_back('DROP TABLE parted');

-- The key of one partition, by another name.
CREATE TABLE named (k int UNIQUE) PARTITION BY LIST (k);
CREATE TABLE named_1 PARTITION OF named FOR VALUES IN (1);
CALL there_and_back('ALTER TABLE named_1 RENAME CONSTRAINT named_1_k_key TO first');

-- A value for an enum, beside a new function that takes it.
CREATE TYPE mood AS ENUM ('good', 'bad');
CALL there_and_back('CREATE FUNCTION judge(mood) RETURNS int LANGUAGE sql AS ''SELECT 1''; ALTER TYPE mood ADD VALUE ''fair''');

-- Something else of that name, on which there is what the statement is about.
CREATE INDEX filled_id ON filled (id);
SELECT migrate_register('100', 'test', 'CREATE INDEX IF NOT EXISTS filled_id ON filled (id)');
SELECT migrate_apply('100');
SELECT migrate_register('101', 'test', 'CREATE INDEX IF NOT EXISTS t ON filled (id)');
\set VERBOSITY default
SELECT migrate_apply('101');
\set VERBOSITY terse

-- What an earlier step has made was not there before a later one, that cannot be in a transaction.
CREATE INDEX t_id ON t (id, code);
SELECT migrate_register('102', 'test', 'CREATE STATISTICS st ON id, code FROM t;
DROP INDEX CONCURRENTLY t_id;
ALTER TABLE t ADD CHECK (id > 0)');
SELECT migrate_fingerprint() AS before \gset
SELECT migrate_apply('102');
CALL migrate_wait('102');
SELECT kind, identity, before IS NULL AS made, after IS NULL AS dropped FROM surefoot.effect
WHERE run = (SELECT run FROM surefoot.migration WHERE version = '102') ORDER BY kind, identity;
SELECT migrate_revert('102');
CALL migrate_wait('102');
SELECT migrate_fingerprint() = :'before' AS same;

-- Two indexes whose names the server chooses, each in a step of its own.
SELECT migrate_register('103', 'test', 'CREATE INDEX CONCURRENTLY ON t (id);
CREATE INDEX CONCURRENTLY ON t (id) WHERE id > 0');
SELECT migrate_apply('103');
CALL migrate_wait('103');
SELECT indexname FROM pg_indexes WHERE indexname LIKE 't\_id\_%' ORDER BY 1;
SELECT migrate_revert('103');
CALL migrate_wait('103');
SELECT migrate_fingerprint() = :'before' AS same;

-- A type that nothing casts back.
SELECT way_back FROM migrate_plan_script('ALTER TABLE t ALTER label TYPE bytea USING label::bytea; ALTER TABLE t ALTER id TYPE date USING now()');
CREATE TABLE dates (d date);
SELECT way_back FROM migrate_plan_script('ALTER TABLE dates ALTER d TYPE bytea USING d::text::bytea');
SELECT way_back FROM migrate_plan_script('ALTER TABLE dates ALTER d TYPE bytea');

-- What a DO block or a procedure does that commits by itself, also the part that is done when it fails.
CREATE TABLE code (id int, b text);
CREATE PROCEDURE half() LANGUAGE plpgsql AS $$
BEGIN
    ALTER TABLE code ADD c int;
    COMMIT;
    ALTER TABLE code DROP b;
    CREATE TABLE made ();
    COMMIT;
    PERFORM 1 / 0;
END $$;
SELECT migrate_fingerprint() AS before \gset
SELECT migrate_register('104', 'test', '-- surefoot: no-transaction
COMMENT ON TABLE code IS ''remark'';
DO $do$ BEGIN ALTER TABLE code ADD c int; COMMIT; CREATE TABLE made (id serial); ALTER TABLE code RENAME b TO bb; END $do$');
SELECT migrate_apply('104');
CALL migrate_wait('104');
SELECT kind, identity, before IS NULL AS made, after IS NULL AS dropped FROM surefoot.effect
WHERE run = (SELECT run FROM surefoot.migration WHERE version = '104') AND identity !~ 'not_null' ORDER BY kind, identity;
SELECT migrate_revert('104');
CALL migrate_wait('104');
SELECT migrate_fingerprint() = :'before' AS same;
SELECT migrate_register('105', 'test', '-- surefoot: no-transaction
COMMENT ON TABLE code IS ''remark'';
CALL half()');
SELECT migrate_apply('105');
CALL migrate_wait('105');
SELECT migrate_revert('105');
CALL migrate_wait('105');
SELECT migrate_fingerprint() = :'before' AS same;

-- A partition that is detached concurrently has a CHECK then; it is spared the reading of its rows when it is attached again.
CREATE TABLE ranges (k int, v text) PARTITION BY RANGE (k);
CREATE TABLE "low range" PARTITION OF ranges FOR VALUES FROM (0) TO (10);
CREATE TABLE hashed (k int) PARTITION BY HASH (k);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
SELECT migrate_fingerprint() AS before \gset
SELECT migrate_register('106', 'test', 'ALTER TABLE ranges DETACH PARTITION "low range" CONCURRENTLY;
ALTER TABLE hashed DETACH PARTITION hashed_0 CONCURRENTLY');
SELECT migrate_apply('106');
CALL migrate_wait('106');
SELECT migrate_inverse('106');
SELECT migrate_revert('106');
SELECT migrate_fingerprint() = :'before' AS same;

SELECT setval('there_and_back.number', 200);

-- An operator on a number is not the negative number.
CREATE VIEW negative AS SELECT -3::integer AS a, -1.5::numeric AS b, -4 AS c, '(- 3)' AS d;
CREATE TABLE negative_table (a int DEFAULT -3::integer, b int CHECK (b > - 7::integer));
CREATE FUNCTION negative_function() RETURNS text LANGUAGE sql AS $$SELECT '(- 3)' || (- 3)$$;
CALL there_and_back('DROP VIEW negative; DROP TABLE negative_table; DROP FUNCTION negative_function()');
CALL there_and_back('CREATE OR REPLACE VIEW negative AS SELECT -3::integer AS a, -1.5::numeric AS b, -4 AS c, ''(- 3)'' AS d, 1 AS e');

-- Default privileges of none.
CREATE ROLE regress_found_owner;
CALL there_and_back('ALTER DEFAULT PRIVILEGES FOR ROLE regress_found_owner REVOKE ALL ON SEQUENCES FROM regress_found_owner');
ALTER DEFAULT PRIVILEGES FOR ROLE regress_found_owner REVOKE ALL ON SEQUENCES FROM regress_found_owner;
CALL there_and_back('ALTER DEFAULT PRIVILEGES FOR ROLE regress_found_owner GRANT ALL ON SEQUENCES TO regress_found_owner');
ALTER DEFAULT PRIVILEGES FOR ROLE regress_found_owner GRANT ALL ON SEQUENCES TO regress_found_owner;

-- A type of the name of a table, whose rows have a type of that name as well.
CREATE TABLE becomes_type (id int, b text);
CALL there_and_back('DROP TABLE becomes_type; CREATE TYPE becomes_type AS (a boolean)');

-- A column that cannot come back to several rows without its values, or can.
CREATE TABLE rowed (id int PRIMARY KEY, a int DEFAULT 1 UNIQUE, b int UNIQUE, c int DEFAULT 1, d int NOT NULL, e int DEFAULT 5 CHECK (e > 0), f int DEFAULT -5 CHECK (f > 0),
    g text CHECK (g IS NOT NULL), h text CHECK (length(h) < 9), i serial UNIQUE, j int DEFAULT 1 REFERENCES rowed, k int REFERENCES rowed, l bigint GENERATED ALWAYS AS (id * 2) STORED UNIQUE, m text DEFAULT 'x', n text);
CREATE UNIQUE INDEX ON rowed (c, id);
CREATE UNIQUE INDEX ON rowed (d, b);
CREATE UNIQUE INDEX ON rowed (lower(m));
CREATE UNIQUE INDEX ON rowed (c) WHERE n IS NOT NULL;
SET surefoot.restore_places = off;
SELECT name, substring(way_back FROM ', (.*)') AS way_back FROM unnest(string_to_array('a b c d e f g h i j k l m n', ' ')) name, migrate_plan_script('ALTER TABLE rowed DROP ' || name);
RESET surefoot.restore_places;
INSERT INTO rowed (id, a, b, c, d, f, g, j, m) SELECT n, n, n, n, n, 1, 'g', n, n FROM generate_series(1, 2) n;
CALL there_and_back('ALTER TABLE rowed DROP e, DROP h, DROP k, DROP l, DROP n');
CALL there_and_back('ALTER TABLE rowed DROP i');

-- A type that cuts what it holds, and one of a generated column.
SELECT way_back FROM migrate_plan_script('ALTER TABLE rowed ALTER id TYPE varchar(3) USING id::text; ALTER TABLE rowed ALTER l TYPE text; ALTER TABLE rowed ALTER m TYPE varchar(3)');

-- A name that a table and a type cannot both have.
CREATE TABLE renamed_away (id int);
CALL there_and_back('ALTER TABLE renamed_away RENAME TO away; CREATE TYPE renamed_away AS (a int)');
CALL there_and_back('ALTER TABLE renamed_away RENAME TO away; CREATE TYPE renamed_away AS ENUM (''a'')');

-- The sequence of a serial column moves with its table, also when another table uses it.
CREATE SCHEMA moved;
CREATE TABLE has_serial (id serial);
CREATE TABLE uses_serial (LIKE has_serial INCLUDING ALL);
CALL there_and_back('ALTER TABLE has_serial SET SCHEMA moved');

-- An index of a partitioned table that its partitions have none of.
CREATE TABLE only_whole (k bigint, b text) PARTITION BY RANGE (k);
CREATE TABLE only_part PARTITION OF only_whole FOR VALUES FROM (1) TO (2);
CREATE INDEX only_index ON ONLY only_whole (k, b);
CALL there_and_back('DROP TABLE only_whole');

-- An index without a name beside the key on the same column.
CREATE TABLE keyed (id int PRIMARY KEY);
CALL there_and_back('CREATE UNIQUE INDEX ON keyed (id); COMMENT ON INDEX keyed_id_idx IS ''remark''');

-- Rows that are written where something was in their way.
CREATE TABLE loosened (a int NOT NULL, b int CHECK (b > 0));
INSERT INTO loosened VALUES (1, 1);
SELECT way_back FROM migrate_plan_script('ALTER TABLE loosened ALTER a TYPE text; UPDATE loosened SET a = ''''');
SELECT way_back FROM migrate_plan_script('UPDATE loosened SET a = 2; ALTER TABLE loosened DROP CONSTRAINT loosened_b_check; INSERT INTO loosened VALUES (1, -1)');
SELECT way_back FROM migrate_plan_script('ALTER TYPE mood RENAME VALUE ''good'' TO ''fine''; ALTER TYPE mood ADD VALUE ''fair''');
CREATE DOMAIN short AS varchar(3);
SELECT way_back FROM migrate_plan_script('ALTER TABLE loosened ALTER a TYPE short USING a::text::short');

-- Keys of a table whose owner cannot use its schema, and an index that some partitions have none for.
CREATE SCHEMA closed;
CREATE TABLE closed.referred (id int PRIMARY KEY);
CREATE TABLE closed.referring (id int REFERENCES closed.referred);
INSERT INTO closed.referred VALUES (1);
INSERT INTO closed.referring VALUES (1);
ALTER TABLE closed.referring OWNER TO regress_found_owner;
SELECT way_back FROM migrate_plan_script('ALTER TABLE closed.referring DROP CONSTRAINT referring_id_fkey');
SELECT way_back FROM migrate_plan_script('ALTER TABLE only_whole DETACH PARTITION only_part');

-- A column that a partition has from its parent, dropped after it was detached.
CALL there_and_back('ALTER TABLE ranges DETACH PARTITION "low range"; ALTER TABLE "low range" DROP COLUMN v');

-- A function on an enum comes back when the type was made anew, which a new function on it waits for as well.
CREATE TABLE moods (m mood);
CREATE FUNCTION old_judge(mood) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CALL there_and_back('ALTER TYPE mood ADD VALUE ''fair''; CREATE FUNCTION judge(mood) RETURNS int LANGUAGE sql AS ''SELECT 1''');

-- A foreign key leans on the primary key again, not on the unique index beside it, which can still be dropped by itself.
CREATE TABLE leaning (id int PRIMARY KEY, up int REFERENCES leaning (id));
CREATE UNIQUE INDEX a_unique ON leaning (id);
CALL there_and_back('DROP TABLE leaning');
DROP INDEX a_unique;
-- What is published cannot be filled row by row; ADD COLUMN ... DEFAULT can.
CREATE TABLE published (a int NOT NULL, b int);
INSERT INTO published VALUES (1, 2);
SET client_min_messages = error;
CREATE PUBLICATION everything FOR ALL TABLES;
RESET client_min_messages;
CALL there_and_back('ALTER TABLE published DROP COLUMN a');
DROP PUBLICATION everything;

-- An identity column of a table with children, which has to be added without its identity at first.
CREATE TABLE identified (k bigint, note text) PARTITION BY RANGE (k);
ALTER TABLE identified ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY (START 5);
CREATE TABLE identified_1 PARTITION OF identified FOR VALUES FROM (80) TO (90);
INSERT INTO identified (k) VALUES (81);
CALL there_and_back('ALTER TABLE identified DROP COLUMN number');
CREATE TABLE elder (k bigint, number int GENERATED BY DEFAULT AS IDENTITY);
CREATE TABLE younger () INHERITS (elder);
CALL there_and_back('ALTER TABLE elder DROP COLUMN number');

-- A constraint that has got the name of what was renamed gives it back first.
CREATE TABLE one (id int);
CREATE TABLE two (id int, n int, CONSTRAINT three UNIQUE (id), CONSTRAINT four UNIQUE (n));
CALL there_and_back('ALTER TABLE one RENAME TO other; ALTER TABLE two RENAME CONSTRAINT three TO one');
CALL there_and_back('ALTER TABLE one RENAME TO other; ALTER TABLE two RENAME CONSTRAINT three TO one; ALTER TABLE two RENAME CONSTRAINT four TO three; ALTER TABLE other RENAME TO four');

-- A key of a typed table is renamed by its index.
CREATE TYPE pair_of AS (a int, b int);
CREATE TABLE typed_keyed OF pair_of (UNIQUE (a));
CALL there_and_back('ALTER INDEX typed_keyed_a_key RENAME TO another');

-- The index of a partition that was renamed is called as before when its parent's key brings it along again.
CREATE TABLE halved (k int, at date) PARTITION BY RANGE (k);
CREATE TABLE halved_1 PARTITION OF halved FOR VALUES FROM (1) TO (10) PARTITION BY LIST (at);
CREATE TABLE halved_1_x PARTITION OF halved_1 DEFAULT;
CREATE TABLE halved_2 PARTITION OF halved FOR VALUES FROM (10) TO (20);
ALTER TABLE halved ADD CONSTRAINT halved_key UNIQUE (k, at);
ALTER TABLE halved_1 RENAME TO first_part;
ALTER TABLE halved_1_x RENAME TO leaf;
ALTER INDEX halved_2_k_at_key RENAME TO "key of 2";
CALL there_and_back('ALTER TABLE halved DROP CONSTRAINT halved_key');
CALL there_and_back('ALTER TABLE halved DROP CONSTRAINT halved_key, ADD CONSTRAINT halved_key UNIQUE (at, k)');
CALL there_and_back('ALTER TABLE halved RENAME CONSTRAINT halved_key TO other; ALTER TABLE leaf RENAME TO other_leaf; ALTER TABLE halved DROP CONSTRAINT other');

-- What is altered of a column's sequence is altered of its table.
CREATE TABLE counted (id int PRIMARY KEY);
INSERT INTO counted VALUES (1);
CREATE SEQUENCE counts OWNED BY counted.id;
CALL there_and_back('ALTER SEQUENCE counts RENAME TO "CamelCase"; DROP TABLE counted');
CALL there_and_back('ALTER SEQUENCE counts AS smallint MAXVALUE 50; DROP TABLE counted');
CALL there_and_back('COMMENT ON SEQUENCE counts IS ''counts''; DROP TABLE counted');

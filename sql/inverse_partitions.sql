-- Partitions and children are attached again as they were.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE TABLE ref (id int PRIMARY KEY);
CREATE TABLE part (k int NOT NULL, v text DEFAULT 'x', r int REFERENCES ref, CHECK (k > 0), PRIMARY KEY (k)) PARTITION BY RANGE (k);
CREATE TABLE part1 PARTITION OF part FOR VALUES FROM (1) TO (10);
CREATE TABLE part2 PARTITION OF part FOR VALUES FROM (10) TO (MAXVALUE) PARTITION BY HASH (k);
CREATE TABLE part20 PARTITION OF part2 FOR VALUES WITH (MODULUS 1, REMAINDER 0);
CREATE TABLE part_rest PARTITION OF part DEFAULT;
CREATE INDEX part_v ON part (v DESC);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER touched AFTER INSERT ON part FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TABLE parent (a int CHECK (a > 0), b text);
CREATE TABLE child (c int, b text) INHERITS (parent);
CREATE TABLE adopted (a int CONSTRAINT parent_a_check CHECK (a > 0), b text);
ALTER TABLE adopted INHERIT parent;

CALL there_and_back('CREATE TABLE a (k int) PARTITION BY LIST (k); CREATE TABLE a1 PARTITION OF a FOR VALUES IN (1); CREATE INDEX ON a (k)');
CALL there_and_back('CREATE TABLE more PARTITION OF part FOR VALUES FROM (-9) TO (0)');
CALL there_and_back('DROP TABLE part1');
CALL there_and_back('DROP TABLE part2');
CALL there_and_back('DROP TABLE part');
CALL there_and_back('ALTER TABLE part DETACH PARTITION part1');
CALL there_and_back('ALTER TABLE part DETACH PARTITION part_rest; CREATE TABLE part3 (k int NOT NULL CONSTRAINT part_k_check CHECK (k > 0), v text, r int); ALTER TABLE part DETACH PARTITION part1; ALTER TABLE part ATTACH PARTITION part3 FOR VALUES FROM (1) TO (10)');
CALL there_and_back('DROP INDEX part_v');
CALL there_and_back('CREATE INDEX part_r ON part (r, v); CREATE UNIQUE INDEX ON part (k, v)');
CALL there_and_back('ALTER TABLE part DROP CONSTRAINT part_pkey');
CALL there_and_back('ALTER TABLE part DROP CONSTRAINT part_r_fkey, DROP CONSTRAINT part_k_check');
CALL there_and_back('ALTER TABLE part ADD COLUMN z int DEFAULT 3, ADD UNIQUE (k, v), ADD CHECK (k < 1000)');
CALL there_and_back('ALTER TABLE part DROP COLUMN r');
CALL there_and_back('ALTER TABLE part ALTER v SET NOT NULL, ALTER v SET DEFAULT ''y'', ALTER v TYPE varchar');
CALL there_and_back('DROP TRIGGER touched ON part');
CALL there_and_back('ALTER TABLE part1 DISABLE TRIGGER touched');
CALL there_and_back('ALTER TABLE part RENAME TO parts; ALTER TABLE part1 RENAME TO first; ALTER TABLE parts RENAME v TO w');

CALL there_and_back('DROP TABLE child');
CALL there_and_back('DROP TABLE adopted');
CALL there_and_back('DROP TABLE parent CASCADE');
CALL there_and_back('ALTER TABLE parent ADD d int, ADD CONSTRAINT q CHECK (a < 100), DROP COLUMN b');
CALL there_and_back('ALTER TABLE adopted NO INHERIT parent');
CALL there_and_back('CREATE TABLE other (a int CONSTRAINT parent_a_check CHECK (a > 0), b text); ALTER TABLE other INHERIT parent');
-- columns that a child has from its parent alone become its own: nothing makes them its parent's again
CALL there_and_back('ALTER TABLE child NO INHERIT parent');

-- The way back never takes along what was there before: partitions, children and sequences are let go by the tables that go.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE FUNCTION rows_of_t() RETURNS text LANGUAGE plpgsql AS $$
DECLARE n text; BEGIN EXECUTE 'SELECT count(*) || '' rows, sequence at '' || (SELECT last_value FROM t_id_seq) FROM t' INTO n; RETURN n; END $$;
CREATE TABLE t (id serial PRIMARY KEY, x text CHECK (x <> ''));
INSERT INTO t (x) SELECT 'a' FROM generate_series(1, 1000);
SELECT rows_of_t();

-- A table becomes a partition of a new one, which brings an index, a primary key, NOT NULL, a foreign key and a trigger along.
CALL there_and_back('CREATE TABLE par (id int NOT NULL, x text) PARTITION BY RANGE (id); ALTER TABLE par ATTACH PARTITION t FOR VALUES FROM (0) TO (1000000)');
SELECT rows_of_t();
CREATE TABLE keyless (id int);
INSERT INTO keyless VALUES (1);
CREATE TABLE referred (id int PRIMARY KEY);
INSERT INTO referred VALUES (1);
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CALL there_and_back('CREATE TABLE par (id int PRIMARY KEY REFERENCES referred) PARTITION BY RANGE (id);
    CREATE INDEX ON par ((id + 1)); CREATE TRIGGER nothing AFTER INSERT ON par FOR EACH ROW EXECUTE FUNCTION nothing();
    ALTER TABLE keyless ALTER id SET NOT NULL; ALTER TABLE par ATTACH PARTITION keyless FOR VALUES FROM (0) TO (1000000); ALTER TABLE par ADD COLUMN more int DEFAULT 1');
SELECT * FROM keyless;
CALL there_and_back('CREATE TABLE par (id int) PARTITION BY RANGE (id); CREATE TABLE mid PARTITION OF par DEFAULT PARTITION BY RANGE (id);
    ALTER TABLE mid ATTACH PARTITION keyless DEFAULT');
SELECT * FROM keyless;

-- A table gives its name to the one that it becomes a part of.
CALL there_and_back('ALTER TABLE t RENAME TO t_old; CREATE TABLE t (id int NOT NULL, x text) PARTITION BY RANGE (id);
    ALTER TABLE t ATTACH PARTITION t_old FOR VALUES FROM (0) TO (1000000)');
SELECT rows_of_t();
CALL there_and_back('ALTER TABLE t RENAME TO t_old; CREATE TABLE t (id int NOT NULL, x text CONSTRAINT t_x_check CHECK (x <> '''')); ALTER TABLE t_old INHERIT t');
SELECT rows_of_t();

-- The whole of it, with the sequence handed over, an index, and a foreign key to what is in the table.
CREATE INDEX t_x_idx ON t (x);
CREATE TABLE referring (id int REFERENCES t);
INSERT INTO referring VALUES (7);
CALL there_and_back('ALTER TABLE referring DROP CONSTRAINT referring_id_fkey; ALTER TABLE t RENAME TO t_old; ALTER INDEX t_pkey RENAME TO t_old_pkey; ALTER INDEX t_x_idx RENAME TO t_old_x_idx;
    CREATE TABLE t (id int DEFAULT nextval(''t_id_seq'') PRIMARY KEY, x text) PARTITION BY RANGE (id); ALTER SEQUENCE t_id_seq OWNED BY t.id; CREATE INDEX ON t (x);
    CREATE TABLE t_new PARTITION OF t FOR VALUES FROM (1000000) TO (2000000); ALTER TABLE t ATTACH PARTITION t_old FOR VALUES FROM (0) TO (1000000);
    ALTER TABLE referring ADD FOREIGN KEY (id) REFERENCES t');
SELECT rows_of_t();
CALL there_and_back('CREATE TABLE t_new (LIKE t INCLUDING ALL); ALTER SEQUENCE t_id_seq OWNED BY t_new.id; ALTER TABLE t RENAME TO t_old; ALTER TABLE t_new RENAME TO t');
SELECT rows_of_t();
DROP TABLE referring;

-- The parent is made anew meanwhile.
CREATE TABLE parent (id int NOT NULL, x text);
ALTER TABLE t INHERIT parent;
CALL there_and_back('ALTER TABLE t NO INHERIT parent; DROP TABLE parent; CREATE TABLE parent (id int NOT NULL); ALTER TABLE t INHERIT parent');
SELECT rows_of_t();
DROP TABLE t, parent;
CREATE TABLE t (id serial, x text);
CALL there_and_back('ALTER SEQUENCE t_id_seq OWNED BY NONE; DROP TABLE t; CREATE TABLE t (id int, other text); ALTER SEQUENCE t_id_seq OWNED BY t.id');

-- A table of a type whose name another type takes.
CREATE TYPE of_it AS (a int);
CREATE TABLE typed OF of_it;
INSERT INTO typed VALUES (1);
CALL there_and_back('ALTER TABLE typed NOT OF; ALTER TYPE of_it RENAME TO was_of_it; CREATE TYPE of_it AS (a int, b int); ALTER TABLE typed ADD b int; ALTER TABLE typed OF of_it');
SELECT * FROM typed;

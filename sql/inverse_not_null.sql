-- A column that is NOT NULL comes back to a table that has rows.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
-- As a new one, that is: one that gets its place again has its values.
SET surefoot.restore_places = off;
CREATE TYPE mood AS ENUM ('sad', 'it''s');
CREATE DOMAIN short AS varchar(3);
CREATE TABLE t (id int, a int NOT NULL, b varchar(3) NOT NULL, c timestamptz NOT NULL, d mood NOT NULL, e short NOT NULL, f uuid NOT NULL,
                g int[] NOT NULL, h jsonb NOT NULL, i bool NOT NULL, j time NOT NULL, k int4range NOT NULL, l int NOT NULL CHECK (l > 0));
INSERT INTO t VALUES (1, 1, 'a', now(), 'sad', 'x', gen_random_uuid(), '{1}', '1', true, '1:00', '[1,2)', 3);
CALL there_and_back('ALTER TABLE t DROP a, DROP b, DROP c, DROP d, DROP e, DROP f, DROP g, DROP h, DROP i, DROP j, DROP k');
SELECT * FROM t;
CALL there_and_back('ALTER TABLE t DROP COLUMN l');
-- A constraint of its own that its parent has too.
CREATE TABLE parent (a int, CONSTRAINT positive CHECK (a > 0));
CREATE TABLE child (CONSTRAINT positive CHECK (a > 0), b int) INHERITS (parent);
CALL there_and_back('DROP TABLE child');
CALL there_and_back('DROP TABLE parent CASCADE');

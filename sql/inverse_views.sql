-- Views come back with all that is built on them.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE ROLE regress_reader;
CREATE TABLE orders (id int PRIMARY KEY, user_id int, total numeric);
CREATE VIEW totals AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id;
CREATE VIEW few WITH (security_barrier) AS SELECT user_id FROM totals WHERE total > 10;
CREATE MATERIALIZED VIEW counted WITH (fillfactor = 80) AS SELECT user_id, count(*) AS n FROM few GROUP BY user_id;
CREATE UNIQUE INDEX ON counted (user_id);
CREATE INDEX counted_n ON counted (n);
ALTER MATERIALIZED VIEW counted CLUSTER ON counted_n;
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER put INSTEAD OF INSERT ON few FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE RULE away AS ON DELETE TO few DO INSTEAD NOTHING;
ALTER VIEW few ALTER user_id SET DEFAULT 3;
COMMENT ON VIEW totals IS 'totals';
COMMENT ON COLUMN totals.total IS 'sum';
COMMENT ON MATERIALIZED VIEW counted IS 'how many';
GRANT SELECT ON totals, counted TO regress_reader;
GRANT SELECT (user_id) ON few TO regress_reader;

CALL there_and_back('CREATE VIEW v AS SELECT * FROM few; CREATE MATERIALIZED VIEW mv AS SELECT * FROM v; CREATE INDEX ON mv (user_id)');
CALL there_and_back('CREATE RECURSIVE VIEW numbers (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM numbers WHERE n < 3');
CALL there_and_back('CREATE OR REPLACE VIEW totals AS SELECT user_id, sum(total) * 2 AS total FROM orders GROUP BY user_id');
-- columns that were added do not go by OR REPLACE: it and what is built on it are made anew
CALL there_and_back('CREATE OR REPLACE VIEW totals AS SELECT user_id, sum(total) AS total, 1 AS one FROM orders GROUP BY user_id');
CALL there_and_back('CREATE OR REPLACE VIEW few WITH (check_option = local) AS SELECT user_id FROM totals');
CALL there_and_back('DROP VIEW totals CASCADE');
CALL there_and_back('DROP MATERIALIZED VIEW counted');
CALL there_and_back('DROP VIEW totals CASCADE; CREATE VIEW totals AS SELECT 1 AS user_id, 2 AS total');
CALL there_and_back('DROP TABLE orders CASCADE');
CALL there_and_back('ALTER VIEW few RESET (security_barrier); ALTER VIEW totals SET (security_barrier); ALTER MATERIALIZED VIEW counted RESET (fillfactor)');
CALL there_and_back('ALTER VIEW few ALTER user_id DROP DEFAULT; ALTER VIEW totals RENAME COLUMN total TO amount; ALTER VIEW totals RENAME TO sums');
-- a column's type, with the views on it made anew
CALL there_and_back('DROP VIEW totals CASCADE; ALTER TABLE orders ALTER total TYPE bigint; CREATE VIEW totals AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id');
CREATE VIEW plain AS SELECT id, user_id AS u FROM orders;
CALL there_and_back('DROP VIEW plain; ALTER TABLE orders ALTER id TYPE bigint; CREATE VIEW plain AS SELECT id, user_id AS u FROM orders');
-- a view in place of a table
CALL there_and_back('ALTER TABLE orders RENAME TO all_orders; CREATE VIEW orders AS SELECT * FROM all_orders WHERE total > 0');

-- What was said of a view already, the migration need not say again: it comes back with the view all the same.
CREATE TABLE said (id int, n int);
CREATE VIEW of_said AS SELECT id FROM said;
COMMENT ON VIEW of_said IS 'ids';
COMMENT ON COLUMN of_said.id IS 'an id';
GRANT SELECT ON of_said TO PUBLIC;
CALL there_and_back('CREATE OR REPLACE VIEW of_said AS SELECT id, n FROM said; COMMENT ON VIEW of_said IS ''ids'';
COMMENT ON COLUMN of_said.id IS ''an id''; GRANT SELECT ON of_said TO PUBLIC');

-- What is said of a column waits for the view that is made anew.
CREATE TABLE doubled (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED);
CREATE VIEW of_doubled AS SELECT id, twice FROM doubled WITH LOCAL CHECK OPTION;
COMMENT ON COLUMN of_doubled.id IS 'once';
CALL there_and_back('GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC; ALTER TABLE doubled ALTER twice DROP EXPRESSION');

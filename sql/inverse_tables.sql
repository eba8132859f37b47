-- Tables come back by themselves: with all that hangs on them, but without their rows.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE ROLE regress_owner;
CREATE ROLE regress_reader;
CREATE TABLE users (id int PRIMARY KEY, name text, mail text, created_at timestamptz);
CREATE TABLE orders (id serial PRIMARY KEY, user_id int REFERENCES users ON DELETE CASCADE, total numeric CHECK (total > 0));
CREATE TYPE pair AS (a int, b text);
CREATE TABLE typed OF pair (a WITH OPTIONS PRIMARY KEY);

CALL there_and_back('CREATE TABLE a (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, u text UNIQUE, o int REFERENCES orders)');
CALL there_and_back('CREATE TABLE a AS SELECT 1 AS one; INSERT INTO a VALUES (2)');
CALL there_and_back('CREATE TABLE a (LIKE users INCLUDING ALL); CREATE UNLOGGED TABLE b (id int); CREATE TABLE c () INHERITS (a)');
CALL there_and_back('CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY REFERENCES a); ALTER TABLE a ADD FOREIGN KEY (id) REFERENCES b');
CALL there_and_back('DROP TABLE orders');
CALL there_and_back('DROP TABLE users CASCADE');
CALL there_and_back('DROP TABLE users, orders');
CALL there_and_back('DROP TABLE typed; CREATE TABLE typed OF pair');
CALL there_and_back('DROP TABLE orders; CREATE TABLE orders (id text)');
-- the same definition again: nothing to do, but the rows are gone
CALL there_and_back('DROP TABLE typed; CREATE TABLE typed OF pair (a WITH OPTIONS PRIMARY KEY)');

-- what is said of a table
CALL there_and_back('ALTER TABLE users SET (fillfactor = 70, toast.autovacuum_enabled = false); ALTER TABLE users SET (fillfactor = 80)');
ALTER TABLE users SET (fillfactor = 70, autovacuum_enabled = false);
CALL there_and_back('ALTER TABLE users RESET (fillfactor), SET (autovacuum_enabled = true)');
CREATE TABLE unlogged (id serial PRIMARY KEY);
CALL there_and_back('ALTER TABLE unlogged SET UNLOGGED');
CALL there_and_back('ALTER TABLE users OWNER TO regress_owner');
CALL there_and_back('ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY');
CALL there_and_back('ALTER TABLE users REPLICA IDENTITY FULL; ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_pkey');
CALL there_and_back('ALTER TABLE users CLUSTER ON users_pkey');
CALL there_and_back('ALTER TABLE typed NOT OF');
CALL there_and_back('COMMENT ON TABLE users IS ''it''''s theirs''; COMMENT ON COLUMN users.name IS ''back\slash''');
ALTER TABLE users OWNER TO regress_owner;
ALTER TABLE users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, REPLICA IDENTITY NOTHING, CLUSTER ON users_pkey;
COMMENT ON TABLE users IS 'the users';
COMMENT ON COLUMN users.name IS 'a name';
COMMENT ON CONSTRAINT users_pkey ON users IS 'key';
COMMENT ON INDEX users_pkey IS 'index';
GRANT SELECT ON users TO regress_reader WITH GRANT OPTION;
GRANT UPDATE (name) ON users TO regress_reader;
ALTER TABLE users ALTER name SET STATISTICS 300, ALTER name SET STORAGE EXTERNAL, ALTER name SET (n_distinct = 5), ALTER name SET COMPRESSION pglz;
CALL there_and_back('DROP TABLE users CASCADE');
CALL there_and_back('COMMENT ON TABLE users IS NULL; ALTER TABLE users SET WITHOUT CLUSTER, REPLICA IDENTITY DEFAULT, NO FORCE ROW LEVEL SECURITY');

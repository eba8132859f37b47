-- Constraints come back with their indexes, their names and their state.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE TABLE users (id int PRIMARY KEY, name text, mail text);
CREATE TABLE orders (id int PRIMARY KEY, user_id int CONSTRAINT to_users REFERENCES users, other int);
CREATE DOMAIN email AS text CONSTRAINT has_at CHECK (value ~ '@');
CREATE TABLE mails (m email);

CALL there_and_back('ALTER TABLE users ADD CONSTRAINT named CHECK (name <> '''') NOT VALID, ADD UNIQUE (mail), ADD EXCLUDE (id WITH =)');
CALL there_and_back('ALTER TABLE users ADD CONSTRAINT deferred UNIQUE (name, mail) DEFERRABLE INITIALLY DEFERRED');
CALL there_and_back('CREATE UNIQUE INDEX one ON users (mail); ALTER TABLE users ADD CONSTRAINT users_mail UNIQUE USING INDEX one');
CALL there_and_back('ALTER TABLE orders DROP CONSTRAINT to_users');
CALL there_and_back('ALTER TABLE orders DROP CONSTRAINT orders_pkey');
CALL there_and_back('ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE');
CALL there_and_back('ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE; ALTER TABLE users ADD PRIMARY KEY (name)');
-- the same key again: who refers to it is in the way
CALL there_and_back('ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE; ALTER TABLE users ADD PRIMARY KEY (id) INCLUDE (name); ALTER TABLE orders ADD CONSTRAINT to_users FOREIGN KEY (user_id) REFERENCES users');
CALL there_and_back('CREATE TABLE a (id int); ALTER TABLE a ADD PRIMARY KEY (id)');
CREATE TABLE late (id int, n int);
CALL there_and_back('ALTER TABLE late ADD PRIMARY KEY (id)');
CALL there_and_back('ALTER TABLE orders ALTER CONSTRAINT to_users DEFERRABLE INITIALLY DEFERRED');
CALL there_and_back('ALTER TABLE orders RENAME CONSTRAINT to_users TO of_user; ALTER TABLE orders RENAME CONSTRAINT orders_pkey TO orders_primary');
ALTER TABLE orders ALTER CONSTRAINT to_users DEFERRABLE, ADD CONSTRAINT later CHECK (other > 0) NOT VALID,
    ADD CONSTRAINT wide UNIQUE (other) WITH (fillfactor = 60), ADD CONSTRAINT apart EXCLUDE USING hash (other WITH =) WITH (fillfactor = 90) WHERE (other > 5);
COMMENT ON CONSTRAINT later ON orders IS 'some day';
COMMENT ON INDEX wide IS 'wide';
CALL there_and_back('ALTER TABLE orders VALIDATE CONSTRAINT later');
CALL there_and_back('ALTER TABLE orders ALTER CONSTRAINT to_users NOT DEFERRABLE');
CALL there_and_back('ALTER TABLE orders DROP CONSTRAINT later, DROP CONSTRAINT wide, DROP CONSTRAINT apart');
CALL there_and_back('DROP TABLE orders');
CALL there_and_back('ALTER TABLE orders DISABLE TRIGGER ALL');

CALL there_and_back('ALTER DOMAIN email DROP CONSTRAINT has_at');
CALL there_and_back('ALTER DOMAIN email ADD CONSTRAINT short CHECK (length(value) < 100) NOT VALID; ALTER DOMAIN email ADD CHECK (value <> '''')');
CALL there_and_back('ALTER DOMAIN email RENAME CONSTRAINT has_at TO at');
ALTER DOMAIN email ADD CONSTRAINT short CHECK (length(value) < 100) NOT VALID;
COMMENT ON CONSTRAINT has_at ON DOMAIN email IS 'must';
CALL there_and_back('ALTER DOMAIN email VALIDATE CONSTRAINT short; ALTER DOMAIN email DROP CONSTRAINT has_at');

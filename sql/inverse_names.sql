-- What was renamed or moved is the same object, with all that is in it.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE TABLE users (id int PRIMARY KEY, name text, mail text);
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users);
CREATE VIEW v AS SELECT name, mail FROM users;
CREATE INDEX users_name ON users (name);
CREATE SCHEMA app;
CREATE TABLE app.x (id serial PRIMARY KEY, "Odd" int);
CREATE VIEW app.vx AS SELECT * FROM app.x;
INSERT INTO users VALUES (1, 'Ada', 'ada@example.org');
CALL there_and_back('ALTER TABLE users RENAME TO people');
CALL there_and_back('ALTER TABLE users RENAME name TO full_name');
CALL there_and_back('ALTER TABLE users RENAME TO people; ALTER TABLE people RENAME name TO "Full name"; ALTER TABLE people ADD x int, DROP COLUMN mail CASCADE');
CALL there_and_back('ALTER TABLE users SET SCHEMA app; ALTER TABLE app.users RENAME TO people; ALTER INDEX app.users_name RENAME TO n');
CALL there_and_back('ALTER SCHEMA app RENAME TO application; ALTER TABLE application.x ADD z int; ALTER TABLE application.x RENAME TO y');
-- names that change places
CALL there_and_back('ALTER TABLE users RENAME TO users_old; CREATE TABLE users (id int PRIMARY KEY, all_new text); CREATE VIEW w AS SELECT * FROM users');
CALL there_and_back('ALTER TABLE users RENAME TO tmp; ALTER TABLE orders RENAME TO users; ALTER TABLE tmp RENAME TO orders');
CALL there_and_back('ALTER TABLE users RENAME name TO tmp; ALTER TABLE users RENAME mail TO name; ALTER TABLE users RENAME tmp TO mail');
CALL there_and_back('DROP VIEW v; ALTER TABLE users RENAME TO users_old; CREATE TABLE users (LIKE users_old INCLUDING ALL); CREATE VIEW v AS SELECT name, mail FROM users');
SELECT * FROM users;
CALL there_and_back('CREATE SCHEMA new; ALTER TABLE orders SET SCHEMA new; ALTER VIEW v SET SCHEMA new; DROP VIEW app.vx');
CALL there_and_back('DROP SCHEMA app CASCADE');
COMMENT ON SCHEMA app IS 'application';
CREATE ROLE regress_reader;
GRANT USAGE ON SCHEMA app TO regress_reader WITH GRANT OPTION;
CALL there_and_back('DROP SCHEMA app CASCADE; CREATE SCHEMA app');
CALL there_and_back('ALTER SCHEMA app OWNER TO regress_reader; COMMENT ON SCHEMA app IS NULL');
-- what a name that was given back takes along
CREATE SCHEMA here; CREATE SCHEMA there;
CREATE TABLE here.t (id serial, i int GENERATED ALWAYS AS IDENTITY);
CALL there_and_back('ALTER TABLE here.t SET SCHEMA there');
CREATE TABLE elder (x int CONSTRAINT con CHECK (x > 0));
CREATE TABLE younger (x int CONSTRAINT con CHECK (x > 0)) INHERITS (elder);
CALL there_and_back('ALTER TABLE elder RENAME CONSTRAINT con TO other');
CALL there_and_back('ALTER TABLE elder RENAME COLUMN x TO y');

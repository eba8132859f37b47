-- Privileges come back as lists, whoever granted what.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE ROLE regress_owner;
CREATE ROLE regress_a;
CREATE ROLE regress_b;
CREATE TABLE t (id int, name text);
CREATE TABLE mine (id int);
ALTER TABLE mine OWNER TO regress_owner;
GRANT SELECT, INSERT ON t TO regress_a WITH GRANT OPTION;
GRANT UPDATE (name) ON t TO regress_b;
SET ROLE regress_a;
GRANT SELECT ON t TO regress_b;
RESET ROLE;
CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE SCHEMA s;
CREATE SEQUENCE q;
CALL there_and_back('GRANT SELECT ON mine TO regress_a; GRANT UPDATE (id), INSERT (id) ON mine TO regress_b WITH GRANT OPTION');
CALL there_and_back('GRANT ALL ON mine TO PUBLIC');
CALL there_and_back('REVOKE ALL ON mine FROM regress_owner');
CALL there_and_back('REVOKE ALL ON t FROM regress_a CASCADE');
CALL there_and_back('REVOKE GRANT OPTION FOR INSERT ON t FROM regress_a; REVOKE UPDATE (name) ON t FROM regress_b; GRANT DELETE ON t TO regress_a');
CALL there_and_back('REVOKE SELECT ON t FROM regress_a CASCADE; GRANT SELECT ON t TO regress_b');
CALL there_and_back('DROP TABLE t');
CALL there_and_back('ALTER TABLE t OWNER TO regress_owner');
CALL there_and_back('ALTER TABLE mine OWNER TO regress_a; GRANT SELECT ON mine TO regress_b');
CALL there_and_back('REVOKE EXECUTE ON FUNCTION f() FROM PUBLIC; GRANT EXECUTE ON FUNCTION f() TO regress_a; GRANT CREATE ON SCHEMA s TO regress_a; GRANT USAGE ON SEQUENCE q TO PUBLIC');
CALL there_and_back('ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO regress_a; ALTER DEFAULT PRIVILEGES FOR ROLE regress_owner IN SCHEMA s REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC, regress_a');
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO regress_a;
ALTER DEFAULT PRIVILEGES FOR ROLE regress_owner IN SCHEMA s GRANT ALL ON TABLES TO regress_b;
-- what is made anew gets what is granted by default; it did not have that
CALL there_and_back('DROP TABLE mine');
CALL there_and_back('ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM regress_a; ALTER DEFAULT PRIVILEGES FOR ROLE regress_owner IN SCHEMA s REVOKE INSERT ON TABLES FROM regress_b');
CALL there_and_back('ALTER DEFAULT PRIVILEGES GRANT INSERT ON TABLES TO regress_b; ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC');

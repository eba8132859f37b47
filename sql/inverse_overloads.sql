-- Things that are told from others of the same name by their arguments.
\set ECHO none
\i test/fixtures/there_and_back.sql
\set ECHO all
CREATE FUNCTION twice(int) RETURNS int LANGUAGE sql AS 'SELECT $1 * 2';
CREATE PROCEDURE p(OUT int, IN a int, IN b int) LANGUAGE sql AS 'SELECT a - b';
CALL there_and_back('CREATE PROCEDURE p(IN a int, IN b int, IN c int) LANGUAGE sql AS ''SELECT a + b - c''');
CALL there_and_back('CREATE OPERATOR @#@ (rightarg = int, procedure = twice)');
CREATE OPERATOR @#@ (rightarg = int, procedure = twice);
CREATE OPERATOR @#@ (leftarg = int, rightarg = int, procedure = int4pl);
CALL there_and_back('DROP OPERATOR @#@ (NONE, int)');
CALL there_and_back('DROP FUNCTION twice CASCADE');

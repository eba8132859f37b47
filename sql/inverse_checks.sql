-- How the server's own triggers stand, which enforce foreign keys and deferrable keys, comes back table by table.
\set ECHO none
\i test/fixtures/there_and_back.sql
CREATE VIEW states AS SELECT string_agg(format('%s %s %s', tgrelid::regclass, tgfoid::regproc, tgenabled), ', ' ORDER BY tgrelid::regclass::text COLLATE "C", tgfoid) AS states
    FROM pg_trigger WHERE tgisinternal AND tgrelid::regclass::text !~ '^surefoot' AND tgenabled <> 'O';
-- migrate_fingerprint() is what there_and_back() goes by, and this looks for itself.
CREATE PROCEDURE and_back(up text) LANGUAGE plpgsql AS $$
DECLARE was text := (TABLE states); BEGIN
    CALL there_and_back(up);
    IF (TABLE states) IS DISTINCT FROM was THEN RAISE WARNING 'triggers were: % and are: %', was, (TABLE states); END IF;
END $$;
\set ECHO all
CREATE TABLE deferred (a int UNIQUE DEFERRABLE INITIALLY DEFERRED, EXCLUDE USING btree (a WITH =) DEFERRABLE);
CALL and_back('ALTER TABLE deferred DISABLE TRIGGER ALL');
ALTER TABLE deferred DISABLE TRIGGER ALL;
CALL and_back('ALTER TABLE deferred ENABLE TRIGGER ALL');
CALL and_back('ALTER TABLE deferred DROP CONSTRAINT deferred_a_key');
CALL and_back('DROP TABLE deferred');
TABLE states;
DROP TABLE deferred;

-- One of the two tables of a key, and the other.
CREATE TABLE p (a int PRIMARY KEY);
CREATE TABLE c (a int REFERENCES p);
ALTER TABLE c DISABLE TRIGGER ALL;
CALL and_back('ALTER TABLE p DISABLE TRIGGER ALL');
CALL and_back('ALTER TABLE c ENABLE TRIGGER ALL');
ALTER TABLE p DISABLE TRIGGER ALL;
TABLE states;
CALL and_back('DROP TABLE c');
CALL and_back('DROP TABLE p, c');
CALL and_back('DROP TABLE p CASCADE');
CALL and_back('ALTER TABLE c DROP CONSTRAINT c_a_fkey');
CALL and_back('ALTER TABLE c RENAME TO cc; ALTER TABLE p RENAME TO pp; ALTER TABLE cc RENAME CONSTRAINT c_a_fkey TO k');
-- Triggers of users are reached as well, and put back.
CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER one AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION nothing();
CREATE TRIGGER two AFTER INSERT ON p FOR EACH ROW EXECUTE FUNCTION nothing();
ALTER TABLE p ENABLE ALWAYS TRIGGER two;
CALL and_back('ALTER TABLE p ENABLE TRIGGER ALL');
CALL and_back('CREATE TABLE d (a int REFERENCES p)');
-- No statement disables those of one key alone.
CREATE TABLE d (a int REFERENCES p);
SELECT way_back FROM migrate_plan_script('DROP TABLE c');
SELECT migrate_register('1000', 'dropped', 'DROP TABLE c');
SELECT migrate_apply('1000');
DROP TABLE p, c, d;

-- Partitions of what is referred to have their own.
CREATE TABLE p (a int PRIMARY KEY) PARTITION BY RANGE (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE c (a int REFERENCES p);
CALL and_back('ALTER TABLE p1 DISABLE TRIGGER ALL');
CALL and_back('ALTER TABLE p DISABLE TRIGGER ALL');
ALTER TABLE p1 DISABLE TRIGGER ALL;
TABLE states;
CALL and_back('ALTER TABLE p DISABLE TRIGGER ALL');
CALL and_back('ALTER TABLE p DETACH PARTITION p1');
CALL and_back('DROP TABLE c');
CALL and_back('DROP TABLE p CASCADE');
CREATE TABLE own (a int PRIMARY KEY, b int REFERENCES own) PARTITION BY RANGE (a);
CREATE TABLE own1 PARTITION OF own FOR VALUES FROM (0) TO (10);
CALL and_back('ALTER TABLE own1 DISABLE TRIGGER ALL');
CALL and_back('ALTER TABLE own DISABLE TRIGGER ALL');

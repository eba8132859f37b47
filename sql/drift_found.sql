-- Drift that is none, and scripts that have to lead to what is there.
CREATE EXTENSION surefoot;
CREATE TABLE first_table (id int PRIMARY KEY, x text);
CREATE TABLE second_table (id int PRIMARY KEY, x text);
CREATE TABLE third_table (id int PRIMARY KEY, x text);
CREATE INDEX third_x ON third_table (x);
SET client_min_messages = error;
SELECT migrate_register('0001', 'a view in the place of a table', $$
ALTER TABLE first_table RENAME TO first_base;
CREATE VIEW first_table AS SELECT * FROM first_base;
DROP TABLE second_table;
CREATE VIEW second_table AS SELECT 1 AS id, 'x' AS x;
DROP TABLE third_table;
CREATE MATERIALIZED VIEW third_table AS SELECT 1 AS id, 'x' AS x;
CREATE INDEX third_x ON third_table (x);
$$);
SELECT migrate_apply('0001');
SELECT state, kind, identity FROM migrate_drift();
SELECT migrate_revert('0001');
SELECT state, kind, identity FROM migrate_drift();

-- live('by hand'): the script towards live, run on what was recorded, leads to what was done by hand.
SELECT migrate_register('0002', 'retyped', $$
CREATE TABLE retyped (id int, a text, b int DEFAULT 1);
CREATE FUNCTION retyped_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
$$);
SELECT migrate_apply('0002');
CREATE PROCEDURE live(by_hand text) LANGUAGE plpgsql AS $$
DECLARE
    script text;
    wanted text;
BEGIN
    BEGIN
        EXECUTE by_hand;
        script := migrate_drift_script('live');
        wanted := migrate_fingerprint();
        RAISE EXCEPTION USING errcode = 'ZZ999';
    EXCEPTION WHEN SQLSTATE 'ZZ999' THEN
    END;
    RAISE INFO '%', script;
    EXECUTE script;
    SET search_path = public;
    IF migrate_fingerprint() <> wanted THEN RAISE WARNING 'it leads elsewhere'; END IF;
END $$;
RESET client_min_messages;
BEGIN; CALL live('ALTER TABLE retyped ALTER a TYPE varchar(20); CREATE INDEX retyped_a ON retyped (a)'); ROLLBACK;
BEGIN; CALL live('ALTER TABLE retyped ALTER a TYPE varchar(20), ADD CHECK (a <> ''''), ADD UNIQUE (a);
CREATE TRIGGER retyped_it BEFORE INSERT ON retyped FOR EACH ROW EXECUTE FUNCTION retyped_trigger();
CREATE POLICY retyped_all ON retyped USING (id > 0)'); ROLLBACK;
BEGIN; CALL live('ALTER TABLE retyped ALTER a TYPE varchar(20), ALTER a SET DEFAULT ''x'', ALTER b TYPE bigint;
CREATE TRIGGER retyped_it BEFORE INSERT ON retyped FOR EACH ROW EXECUTE FUNCTION retyped_trigger();
CREATE POLICY retyped_all ON retyped USING (id > 0); CREATE STATISTICS retyped_both ON a, b FROM retyped'); ROLLBACK;

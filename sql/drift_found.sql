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

-- A partition that somebody adds, but none that a migration has added, is unexpected.
SET client_min_messages = error;
SELECT migrate_register('0003', 'partitions', $$
CREATE TABLE parted (k int, v text) PARTITION BY RANGE (k);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (1) TO (10) PARTITION BY RANGE (k);
CREATE TABLE parted_1_1 PARTITION OF parted_1 FOR VALUES FROM (1) TO (5);
$$);
SELECT migrate_apply('0003');
RESET client_min_messages;
SELECT state, kind, identity FROM migrate_drift();
CREATE TABLE parted_1_2 PARTITION OF parted_1 FOR VALUES FROM (5) TO (10);
CREATE TABLE parted_2 (v text, k int);
ALTER TABLE parted ATTACH PARTITION parted_2 FOR VALUES FROM (10) TO (20);
SELECT state, kind, identity, version, to_recorded, to_live FROM migrate_drift();

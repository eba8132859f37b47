-- Whose what is kept is: of the role that owned it, and of nobody who came later or knows its name.
CREATE EXTENSION surefoot;
SET client_min_messages = warning;
CREATE FUNCTION shows(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE sql;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
CREATE FUNCTION verdict(migration text) RETURNS text LANGUAGE sql AS $$
    SELECT d.way_back || coalesce(' (' || nullif(d.reason, '') || ')', '')
    FROM surefoot.derived d JOIN surefoot.migration m ON m.run = d.run WHERE m.version = migration $$;
CREATE ROLE kept_owner;
CREATE ROLE kept_stranger;
CREATE ROLE kept_looker;
CALL surefoot.allow('kept_owner', 'apply');
CALL surefoot.allow('kept_stranger', 'apply');
CALL surefoot.allow('kept_looker', 'look');
CREATE SCHEMA app AUTHORIZATION kept_owner;
SET surefoot.keep_rows = on;

-- Purging what others have kept is not theirs to do; what is past its time anybody removes.
SET ROLE kept_owner;
CREATE TABLE app.t (id int PRIMARY KEY, a text);
INSERT INTO app.t VALUES (1, 'one'), (2, 'two');
CREATE TABLE app.u (id int PRIMARY KEY, a text);
INSERT INTO app.u VALUES (1, 'one');
SELECT migrate_register('1', 'drop', 'DROP TABLE app.t');
SELECT migrate_apply('1');
SET ROLE kept_stranger;
SELECT migrate_purge('1');
SELECT shows($$SELECT surefoot.kept_rows('1', 'app.t')$$), shows($$SELECT surefoot.restore_table('1', 'app.t')$$);
SET ROLE kept_owner;
SELECT migrate_revert('1');
SELECT * FROM app.t;
SELECT migrate_apply('1');
SELECT migrate_purge('1');
SELECT migrate_revert('1');
SELECT * FROM app.t;
RESET ROLE;

-- Another role of that name has none of the former one's rights.
SELECT migrate_register('2', 'change', 'UPDATE app.u SET a = ''changed''');
SET ROLE kept_owner;
SELECT migrate_apply('2');
SELECT migrate_register('3', 'drop', 'DROP TABLE app.u');
SELECT migrate_apply('3');
RESET ROLE;
REASSIGN OWNED BY kept_owner TO CURRENT_USER;
DROP OWNED BY kept_owner;
DROP ROLE kept_owner;
CREATE ROLE kept_owner;
CALL surefoot.allow('kept_owner', 'apply');
SET ROLE kept_owner;
SELECT shows($$SELECT surefoot.kept_rows('3', 'app.u')$$);
SELECT migrate_purge('3');
RESET ROLE;
SELECT count(*) FROM surefoot.kept_rows('3', 'app.u');
CREATE TABLE app.u (id int PRIMARY KEY, a text);
INSERT INTO app.u VALUES (1, 'changed');
-- In another cluster its number is somebody else's, or nobody's, and the name counts.
GRANT USAGE ON SCHEMA app TO kept_owner, kept_stranger;
ALTER TABLE app.u OWNER TO kept_stranger;
UPDATE surefoot.archive SET system_identifier = 1, owner_oid = 1, owner = 'kept_stranger' WHERE version = '2';
SET ROLE kept_stranger;
SELECT shows($$SELECT surefoot.restore_rows('2', 'app.u')$$);
SET ROLE kept_owner;
SELECT shows($$SELECT surefoot.restore_rows('2', 'app.u')$$);
RESET ROLE;
SELECT * FROM app.u;

-- Who may only look removes nothing, and waits for nobody.
SET ROLE kept_looker;
SELECT shows('SELECT migrate_purge()'), shows('SELECT surefoot.wait_for_flush()'), shows('SELECT * FROM migrate_archive()');
RESET ROLE;

-- Foreign keys over columns that came since.
CREATE TABLE app.up (id int PRIMARY KEY, code int UNIQUE);
INSERT INTO app.up VALUES (1, 10), (2, 20);
CREATE TABLE app.down (id int PRIMARY KEY, a text);
INSERT INTO app.down VALUES (1, 'a'), (2, 'b'), (3, 'c');
SELECT migrate_register('4', 'change', 'UPDATE app.down SET a = ''z'' WHERE id = 1; DELETE FROM app.down WHERE id = 2; INSERT INTO app.down VALUES (9, ''new'')');
SELECT migrate_apply('4');
ALTER TABLE app.down ADD COLUMN up int REFERENCES app.up DEFERRABLE, ADD COLUMN other int;
ALTER TABLE app.down ALTER COLUMN up SET DEFAULT 7;
ALTER TABLE app.down ADD UNIQUE (other);
CREATE TABLE app.third (other int REFERENCES app.down (other));
SELECT * FROM app.down ORDER BY id;
-- a row that comes back has the default, which is nowhere
SELECT shows($$SELECT migrate_revert('4')$$);
ALTER TABLE app.down ALTER COLUMN up SET DEFAULT 2;
-- a row that goes is referred to
UPDATE app.down SET other = 99 WHERE id = 9;
INSERT INTO app.third VALUES (99);
SELECT shows($$SELECT migrate_revert('4')$$);
DELETE FROM app.third;
SELECT migrate_revert('4');
SELECT * FROM app.down ORDER BY id;

-- Large objects are not kept.
SELECT lo_create(4711) AS made \gset
SELECT migrate_register('5', 'unlink', 'SELECT lo_unlink(4711)');
SELECT migrate_apply('5');
SELECT verdict('5');
SELECT migrate_register('6', 'create', 'SELECT lo_from_bytea(4712, ''x'')');
SELECT migrate_apply('6');
SELECT verdict('6');
SELECT migrate_register('7', 'write', 'DO $$BEGIN PERFORM lo_put(4712, 0, ''y''); END$$');
SELECT migrate_apply('7');
SELECT verdict('7');
SELECT lo_unlink(4712);
DROP SCHEMA app CASCADE;
DROP OWNED BY kept_owner, kept_stranger, kept_looker;
DROP ROLE kept_owner, kept_stranger, kept_looker;

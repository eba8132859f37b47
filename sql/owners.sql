-- Scripts belong to who registered them, and run with nobody else's rights.
CREATE EXTENSION surefoot;
CREATE ROLE mallory LOGIN;
CREATE ROLE deployers NOLOGIN;
CREATE ROLE alice LOGIN IN ROLE deployers;
CREATE ROLE bob LOGIN IN ROLE deployers;
CALL surefoot.allow('mallory', 'apply');
CALL surefoot.allow('deployers', 'apply');
GRANT CREATE ON SCHEMA public TO deployers, mallory;
\pset null '-'

-- What was reviewed is what is applied.
SELECT migrate_register('50', 'reviewed', 'CREATE TABLE reviewed ()', 'DROP TABLE reviewed');
SET SESSION AUTHORIZATION mallory;
SELECT migrate_register('50', 'reviewed', 'ALTER ROLE mallory SUPERUSER', 'DROP TABLE reviewed');
SELECT migrate_register('50', 'reviewed', 'CREATE TABLE reviewed ()', 'ALTER ROLE mallory SUPERUSER');
SELECT migrate_register('50', 'reviewed', 'CREATE TABLE reviewed ()', 'DROP TABLE reviewed', 'SELECT true');
SELECT migrate_register('50', 'Reviewed', 'CREATE TABLE reviewed ()', 'DROP TABLE reviewed');
-- To have the same files is no change.
SELECT migrate_register('50', 'reviewed', 'CREATE TABLE reviewed ()', 'DROP TABLE reviewed');
RESET SESSION AUTHORIZATION;
SELECT owner, registered_by, updated_by, up FROM surefoot.migration;
SELECT migrate_apply('50');

-- A role stands for its members; each change is written down.
SET SESSION AUTHORIZATION alice;
SET ROLE deployers;
SELECT migrate_register('51', 'team', 'CREATE TABLE team ()');
SET SESSION AUTHORIZATION bob;
SELECT migrate_register('51', 'team', 'CREATE TABLE team (i int)', 'DROP TABLE tame');
SELECT migrate_register('51', 'team', 'CREATE TABLE team (i int)', 'DROP TABLE team');
SET ROLE deployers;
SELECT migrate_apply('51');
SET SESSION AUTHORIZATION mallory;
SELECT migrate_register('51', 'team', 'CREATE TABLE team (i int)', 'SELECT 1');
SELECT migrate_revert('51');
SET SESSION AUTHORIZATION alice;
-- The proof and the way back of what was applied may be mended.
SELECT migrate_register('51', 'team', 'CREATE TABLE team (i int)', 'DROP TABLE IF EXISTS team', 'SELECT count(*) = 0 FROM team');
RESET SESSION AUTHORIZATION;
SELECT version, owner, registered_by, updated_by, updated_at IS NOT NULL AS dated FROM surefoot.migration ORDER BY ordinal;
SELECT level, message, statement FROM surefoot.event WHERE version = '51' AND message LIKE '%changed%' ORDER BY id;

-- A superuser does not run with all rights what somebody without them has written; a superuser's own is no secret to others.
SET SESSION AUTHORIZATION mallory;
SELECT migrate_register('52', 'trap', E'-- surefoot: accept=no-way-back\nALTER ROLE mallory SUPERUSER');
RESET SESSION AUTHORIZATION;
SELECT migrate_apply('52');
CALL migrate_apply_all();
SELECT migrate_register('52', 'trap', E'-- surefoot: accept=no-way-back\nALTER ROLE mallory NOSUPERUSER');
SELECT migrate_apply('52');
SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory';
-- Who gives the same scripts answers for them as well.
SET SESSION AUTHORIZATION mallory;
SELECT migrate_register('53', 'harmless', 'CREATE TABLE harmless ()', 'DROP TABLE harmless');
RESET SESSION AUTHORIZATION;
SELECT migrate_register('53', 'harmless', 'CREATE TABLE harmless ()', 'DROP TABLE harmless');
SELECT migrate_apply('53');
SELECT version, owner, registered_by FROM surefoot.migration WHERE version >= '52' ORDER BY ordinal;
SET SESSION AUTHORIZATION mallory;
SELECT migrate_register('53', 'harmless', 'CREATE TABLE harmless ()', 'SELECT 1');
SELECT migrate_revert('53');
-- What she has applied a superuser walks back with her rights.
SELECT migrate_register('531', 'hers', 'CREATE TABLE hers ()', E'-- surefoot: accept=inexact-down\nDROP TABLE hers;\nSELECT rolpassword FROM pg_authid');
SELECT migrate_register('532', 'derived', 'CREATE TABLE derived ()');
SELECT migrate_apply('531');
SELECT migrate_apply('532');
SELECT migrate_revert('531');
RESET SESSION AUTHORIZATION;
SELECT migrate_revert('531');
SELECT migrate_revert('532');
SELECT h.direction, h.session_role = session_user AS by_superuser, h.role FROM migrate_history('532') h ORDER BY run;
SELECT migrate_register('531', 'hers', 'CREATE TABLE hers ()', 'DROP TABLE hers');
SELECT migrate_revert('531');

-- No way from the role that applies to the role of the session.
SET ROLE deployers;
SELECT migrate_register('54', 'escape', 'RESET ROLE; ALTER ROLE mallory SUPERUSER');
SELECT migrate_apply('54');
SELECT migrate_register('54', 'escape', E'SELECT 1;\nSET SESSION AUTHORIZATION DEFAULT');
SELECT migrate_apply('54');
SELECT migrate_register('54', 'escape', $$DO $x$ BEGIN RESET ROLE; ALTER ROLE mallory SUPERUSER; END $x$ $$);
SELECT migrate_apply('54');
SELECT migrate_register('54', 'escape', $$SELECT set_config('role', 'none', true)$$);
SELECT migrate_apply('54');
SELECT migrate_register('54', 'escape', 'CREATE TABLE escape ()', 'RESET ROLE; DROP TABLE escape');
SELECT migrate_apply('54');
SELECT migrate_register('54', 'escape', 'CREATE TABLE escape ()', 'DROP TABLE escape', 'RESET ROLE');
SELECT migrate_apply('54');
SELECT migrate_register('54', 'escape', 'CREATE TABLE escape ()', 'DROP TABLE escape',
    $$DO $x$ BEGIN RESET SESSION AUTHORIZATION; END $x$ $$);
SELECT migrate_apply('54');
SELECT migrate_register('54', 'escape', 'CREATE TABLE escape ()', 'DROP TABLE escape', $$SELECT current_user = 'deployers'$$);
SELECT migrate_apply('54');
SELECT current_user;
RESET ROLE;
-- Who looks whether all is well runs the script as the role that has applied it.
SELECT level, code, message FROM migrate_validate('54');
SELECT migrate_register('54', 'escape', 'CREATE TABLE escape ()', $$DO $x$ BEGIN RESET ROLE; END $x$; DROP TABLE escape$$);
SELECT migrate_revert('54');
SELECT migrate_register('54', 'escape', 'CREATE TABLE escape ()', 'DROP TABLE escape');
SELECT migrate_revert('54');

-- A script may change its role where the session could as well.
SET SESSION AUTHORIZATION alice;
SELECT migrate_register('55', 'own role', 'SET ROLE deployers; CREATE TABLE own_role (); RESET ROLE', 'DROP TABLE own_role');
SELECT migrate_apply('55');
RESET SESSION AUTHORIZATION;
SELECT tableowner FROM pg_tables WHERE tablename = 'own_role';
SELECT migrate_revert('55');

-- What is under way is neither changed nor stopped by others; what it runs later is held to its role as well.
CREATE TABLE big (id int, v int);
ALTER TABLE big OWNER TO deployers;
INSERT INTO big VALUES (1, 1);
SET surefoot.direct_index_pages = 0;
SET ROLE deployers;
CREATE FUNCTION escape() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('application_name') NOT LIKE 'pg_regress%' THEN
        RESET ROLE;
        ALTER ROLE mallory SUPERUSER;
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER escape AFTER INSERT ON big DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION escape();
SELECT migrate_register('56', 'later', 'CREATE INDEX big_v ON big (v); INSERT INTO big VALUES (2, 2)', 'DROP INDEX big_v', 'SELECT true');
BEGIN;
SELECT migrate_apply('56');
SELECT migrate_register('56', 'later', 'CREATE INDEX big_v ON big (v); INSERT INTO big VALUES (2, 2)', 'DROP INDEX big_v', 'RESET ROLE');
ROLLBACK;
BEGIN;
SELECT migrate_apply('56');
SET ROLE mallory;
SELECT migrate_cancel('56');
ROLLBACK;
SELECT migrate_apply('56');
CALL migrate_wait('56');
DROP FUNCTION escape() CASCADE;
SELECT migrate_resume('56');
CALL migrate_wait('56');
SELECT migrate_register('57', 'later', $$CREATE INDEX big_id ON big (id);
DO $x$ BEGIN
    IF current_setting('application_name') NOT LIKE 'pg_regress%' THEN
        RESET ROLE;
        ALTER ROLE mallory SUPERUSER;
    END IF;
END $x$ $$, 'DROP INDEX big_id');
SELECT migrate_apply('57');
CALL migrate_wait('57');
SELECT migrate_revert('57');
RESET ROLE;
SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory';

-- The query of a cursor WITH HOLD would run at the commit, when the fence is gone.
SET ROLE mallory;
CREATE FUNCTION rise() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RESET ROLE; ALTER ROLE mallory SUPERUSER; RETURN current_user; END $$;
SELECT migrate_register('58', 'hold', 'CREATE TABLE held (i int)', 'DECLARE c CURSOR WITH HOLD FOR SELECT rise(); DROP TABLE held');
SELECT migrate_register('59', 'hold', $$DO $x$ BEGIN EXECUTE 'DECLARE d CURSOR WITH HOLD FOR SELECT rise()'; END $x$; CREATE TABLE held_too (i int)$$);
SELECT migrate_apply('58');
SELECT migrate_apply('59');
RESET ROLE;
SELECT migrate_revert('58');
SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory';

DROP OWNED BY mallory, alice, bob, deployers;
DROP ROLE mallory, alice, bob, deployers;

-- What the history recorded against what is there: as objects, and as the SQL that leads from one to the other.
CREATE EXTENSION surefoot;
CREATE ROLE regress_reader;
CREATE ROLE regress_owner;
CREATE TABLE legacy (id int, note text);
CREATE TABLE there (id int);
SELECT migrate_register('0001', 'users', $$
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'ok');
CREATE SEQUENCE app.number;
CREATE TABLE app.users (id int DEFAULT nextval('app.number') UNIQUE, name text DEFAULT 'x', mood app.mood, old int);
ALTER SEQUENCE app.number OWNED BY app.users.id;
CREATE INDEX users_name ON app.users (name);
CREATE VIEW app.named AS SELECT id, name FROM app.users;
CREATE FUNCTION app.f(int) RETURNS int LANGUAGE sql AS 'SELECT $1';
GRANT EXECUTE ON FUNCTION app.f(int) TO regress_reader;
ALTER TABLE legacy ADD COLUMN more int;
CREATE TABLE IF NOT EXISTS there (id int);
CREATE TABLE gone (id int);
$$);
SELECT migrate_register('0002', 'more', $$
ALTER TABLE app.users ADD CONSTRAINT short CHECK (length(name) < 100), DROP COLUMN old;
DROP TABLE gone;
$$);
SELECT migrate_register('0003', 'walked back', $$
ALTER TABLE legacy ALTER note SET DEFAULT 'y';
CREATE TABLE app.late (id int);
$$);
SET client_min_messages = error;
SELECT migrate_apply('0001');
SELECT migrate_apply('0002');
SELECT migrate_apply('0003');
SELECT migrate_revert('0003');
RESET client_min_messages;
\x
SELECT * FROM migrate_drift();
SELECT migrate_drift_script();
-- what was there before the first migration is nobody's
SELECT kind, identity, state, version FROM migrate_drift(true);
\x

-- drift('SQL'): what it does is found, and the two scripts lead there and back.
CREATE PROCEDURE drift(change text) LANGUAGE plpgsql AS $$
DECLARE
    r record;
    was text := migrate_fingerprint();
    live text;
    there text;
    back text;
BEGIN
    EXECUTE change;
    FOR r IN SELECT * FROM migrate_drift() LOOP
        IF r.kind = 'view' THEN
            RAISE NOTICE '% view % (%)', r.state, r.identity, r.version;
        ELSE
            RAISE NOTICE E'% % % (%)\n%\nto recorded:\n%\nto live:\n%', r.state, r.kind, r.identity, r.version, r.difference,
                r.to_recorded, r.to_live;
        END IF;
    END LOOP;
    live := migrate_fingerprint();
    there := migrate_drift_script();
    back := migrate_drift_script('live');
    EXECUTE there;
    SET search_path = public;
    FOR r IN SELECT * FROM migrate_drift() LOOP
        RAISE WARNING E'left: % % %\n%', r.state, r.kind, r.identity, r.difference;
    END LOOP;
    IF migrate_fingerprint() <> was THEN RAISE WARNING 'not as it was'; END IF;
    EXECUTE back;
    SET search_path = public;
    IF migrate_fingerprint() <> live THEN RAISE WARNING 'not as it had become'; END IF;
END $$;
\set SHOW_CONTEXT never
BEGIN; CALL drift('ALTER TABLE app.users ALTER name SET DEFAULT ''y'', ALTER name SET STATISTICS 7'); ROLLBACK;
BEGIN; CALL drift('DROP INDEX app.users_name; ALTER TABLE app.users DROP CONSTRAINT users_id_key'); ROLLBACK;
BEGIN; CALL drift('ALTER TABLE app.users ADD COLUMN extra int, ADD COLUMN old int; CREATE INDEX hot ON app.users (mood)'); ROLLBACK;
BEGIN; CALL drift('DROP VIEW app.named; CREATE TABLE app.hack (id int); CREATE TABLE gone (id int)'); ROLLBACK;
BEGIN; CALL drift('COMMENT ON TABLE app.users IS ''x''; ALTER TABLE app.users OWNER TO regress_owner'); ROLLBACK;
BEGIN; CALL drift('REVOKE EXECUTE ON FUNCTION app.f(int) FROM regress_reader'); ROLLBACK;
BEGIN; CALL drift('CREATE OR REPLACE FUNCTION app.f(int) RETURNS int LANGUAGE sql AS ''SELECT $1 + 1'''); ROLLBACK;
BEGIN; CALL drift('ALTER TABLE app.users RENAME TO people; ALTER TABLE app.people RENAME name TO called'); ROLLBACK;
BEGIN; CALL drift('ALTER TABLE app.users RENAME name TO called'); ROLLBACK;
BEGIN; CALL drift('DROP TABLE app.users CASCADE'); ROLLBACK;
BEGIN; CALL drift('ALTER TABLE legacy DROP COLUMN more'); ROLLBACK;
BEGIN; CALL drift('ALTER TYPE app.mood RENAME VALUE ''sad'' TO ''blue'''); ROLLBACK;
BEGIN; CALL drift('DROP SCHEMA app CASCADE'); ROLLBACK;
BEGIN; CALL drift('CREATE TABLE app.late (id text)'); ROLLBACK;
-- elsewhere, and on a table that was there before, what nobody recorded is told of only when it is asked for
BEGIN;
ALTER TABLE legacy ADD COLUMN unseen int;
CREATE TABLE unseen (id int);
SELECT kind, identity, state, version FROM migrate_drift();
SELECT kind, identity, state, version FROM migrate_drift(true);
ROLLBACK;
-- the same columns in another order
BEGIN;
ALTER TABLE app.users DROP COLUMN mood, ADD COLUMN again int;
ALTER TABLE app.users DROP COLUMN again, ADD COLUMN mood app.mood;
SELECT state, kind, identity FROM migrate_drift();
DROP INDEX app.users_name; ALTER TABLE app.users DROP COLUMN name CASCADE, ADD COLUMN name text DEFAULT 'x';
SELECT state, kind, identity, difference FROM migrate_drift() WHERE kind = 'table';
ROLLBACK;
SELECT migrate_drift_script('sideways');

-- who has done it, while somebody watches; what Surefoot does itself is not foreign
SELECT surefoot.watch(true);
CREATE ROLE regress_hand SUPERUSER;
CREATE ROLE regress_plain;
GRANT CREATE ON SCHEMA public TO regress_plain;
TRUNCATE surefoot.foreign_ddl;
SET SESSION AUTHORIZATION regress_hand;
SET application_name = 'by hand';
ALTER TABLE app.users ADD COLUMN extra int;
DROP INDEX app.users_name;
SET ROLE regress_plain;
CREATE TABLE hand_made (id int);
RESET ROLE;
CREATE TEMP TABLE passing (id int);
DROP TABLE passing;
RESET SESSION AUTHORIZATION;
SELECT state, kind, identity, changed_by, command, changed_at > now() - interval '1 minute' AS just_now FROM migrate_drift();
-- seen, it is unexpected wherever it is
DROP TABLE hand_made;
SELECT state, kind, identity FROM migrate_drift();
SELECT session_role, role, application, command, kind, identity, root FROM surefoot.foreign_ddl ORDER BY id;
TRUNCATE surefoot.foreign_ddl;
SET client_min_messages = error;
SELECT migrate_register('0004', 'own', 'CREATE TABLE app.own (id int); CREATE TABLE IF NOT EXISTS legacy (id int, note text, more int); ALTER TABLE app.own ADD x int; DROP TABLE app.own');
SELECT migrate_apply('0004');
SELECT migrate_revert('0004');
SELECT count(*) FROM surefoot.foreign_ddl;
-- it never makes a statement fail
BEGIN;
ALTER TABLE surefoot.foreign_ddl RENAME TO elsewhere;
CREATE TABLE hand_made (id int);
ROLLBACK;
SELECT surefoot.watch(false);
CREATE TABLE hand_made (id int);
SELECT count(*) FROM surefoot.foreign_ddl;
SELECT surefoot.watch(true);
SELECT surefoot.note_ddl();
DROP EXTENSION surefoot CASCADE;
CREATE TABLE after (id int);

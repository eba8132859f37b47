-- What a revert has kept is offered when the migration is applied again.
CREATE EXTENSION surefoot;
SET client_min_messages = warning;
CREATE FUNCTION shows(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE sql;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
CREATE TABLE users (id int PRIMARY KEY);
INSERT INTO users VALUES (1), (2);
SELECT migrate_register('1', 'notes', 'CREATE TABLE notes (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, by int REFERENCES users, words text NOT NULL CHECK (words <> '''')); ALTER TABLE users ADD COLUMN nick text');
SELECT migrate_apply('1');
SET surefoot.keep_rows = on;
INSERT INTO notes (by, words) VALUES (1, 'first'), (2, repeat('long', 10000));
UPDATE users SET nick = 'n' || id;
SELECT migrate_revert('1');
SELECT version, direction, kind, name, rows FROM migrate_archive() ORDER BY name;
SELECT shows($$SELECT migrate_restore('1')$$);
SET client_min_messages = notice;
SELECT migrate_apply('1');
SET client_min_messages = warning;
SELECT * FROM notes;
-- Beside what is there.
INSERT INTO notes (by, words) OVERRIDING SYSTEM VALUE VALUES (1, 'new');
SELECT shows($$SELECT migrate_restore('1')$$);
UPDATE notes SET id = DEFAULT WHERE words = 'new';
UPDATE notes SET id = DEFAULT WHERE words = 'new';
SET client_min_messages = notice;
SELECT migrate_restore('1');
SET client_min_messages = warning;
SELECT id, by, left(words, 10) AS words, length(words) FROM notes ORDER BY id;
SELECT * FROM users ORDER BY id;
SELECT count(*) FROM migrate_archive();
SELECT migrate_restore('1');
-- Rows that refer to what is gone do not come back.
SELECT migrate_revert('1');
DELETE FROM users WHERE id = 2;
SELECT migrate_apply('1');
SELECT shows($$SELECT migrate_restore('1')$$);
SELECT count(*) FROM notes;
-- As texts.
DELETE FROM notes;
SELECT migrate_purge('1');
SET surefoot.keep_tables = off;
INSERT INTO notes (by, words) VALUES (1, 'text');
SELECT migrate_revert('1');
SELECT migrate_apply('1');
SELECT migrate_restore('1');
SELECT by, words FROM notes;
-- By whichever digits it is called.
CREATE TABLE goods (id int PRIMARY KEY);
INSERT INTO goods VALUES (1), (2);
SELECT migrate_register('0091', 'tier', 'CREATE TABLE coupons (code text PRIMARY KEY); ALTER TABLE goods ADD COLUMN tier text;');
SELECT migrate_apply('91');
UPDATE goods SET tier = 'gold' WHERE id = 1;
INSERT INTO coupons VALUES ('a');
SELECT migrate_revert('091');
SELECT migrate_apply('91');
SELECT migrate_restore('91');
SELECT g.*, c.* FROM goods g, coupons c ORDER BY id;
SELECT migrate_revert('91');
SELECT migrate_register('92', 'drop', 'DROP TABLE goods'), migrate_apply('92');
SELECT count(*) FROM migrate_archive('092');
SELECT shows($$SELECT surefoot.restore_table('0092', 'public.nothing')$$);
SELECT migrate_revert('0092');
DROP TABLE goods;
-- Whoever has not the rights of the owner has nothing of it.
SELECT migrate_revert('1');
SELECT migrate_apply('1');
CREATE ROLE given_stranger;
CALL surefoot.allow('given_stranger', 'apply');
SET ROLE given_stranger;
SELECT shows($$SELECT migrate_restore('1')$$);
RESET ROLE;
DROP OWNED BY given_stranger;
DROP ROLE given_stranger;
DROP TABLE notes, users;

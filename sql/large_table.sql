-- What builds an index on a large table gets steps of its own, whatever hangs on the index; and it all goes back.
CREATE EXTENSION surefoot;
SET client_min_messages = warning;
CREATE TABLE t (id int, v int NOT NULL, p int DEFAULT 0);
INSERT INTO t SELECT g, g FROM generate_series(1, 50000) g;
CREATE TABLE m (version text, up text, down text);
INSERT INTO m VALUES
    ('1', 'ALTER TABLE t ADD CONSTRAINT uq UNIQUE (id)', 'ALTER TABLE t DROP CONSTRAINT uq'),
    ('2', 'ALTER TABLE t ADD PRIMARY KEY (v)', 'ALTER TABLE t DROP CONSTRAINT t_pkey'),
    ('3', 'CREATE UNIQUE INDEX ri ON t (v); ALTER TABLE t REPLICA IDENTITY USING INDEX ri; ALTER TABLE t CLUSTER ON ri; COMMENT ON INDEX ri IS ''x''',
          'ALTER TABLE t SET WITHOUT CLUSTER; ALTER TABLE t REPLICA IDENTITY DEFAULT; DROP INDEX ri'),
    ('4', 'CREATE UNIQUE INDEX oc ON t (id, v); INSERT INTO t VALUES (1, 1) ON CONFLICT (id, v) DO NOTHING', 'DROP INDEX oc'),
    ('5', 'CREATE UNIQUE INDEX f1 ON t (v, id); CREATE TABLE c (a int, b int, FOREIGN KEY (a, b) REFERENCES t (v, id))',
          'DROP TABLE c; DROP INDEX CONCURRENTLY f1'),
    ('6', 'CREATE INDEX q ON t (p); DO $$ BEGIN IF EXISTS (SELECT FROM t WHERE p = 7) THEN DROP TABLE t; END IF; UPDATE t SET p = 1 WHERE p = 8; END $$',
          'DO $$ BEGIN PERFORM FROM t WHERE p = 7; INSERT INTO t VALUES (-1, -1); DELETE FROM t WHERE id = -1; END $$; DROP INDEX q'),
    ('7', 'CREATE INDEX r ON t (p); ALTER INDEX r RENAME TO s; ALTER TABLE t ADD CHECK (p >= 0)', 'ALTER TABLE t DROP CONSTRAINT t_p_check; DROP INDEX s'),
    ('8', 'ALTER TABLE t ADD COLUMN w int UNIQUE, ADD CONSTRAINT ex EXCLUDE (id WITH =)', 'ALTER TABLE t DROP CONSTRAINT ex, DROP COLUMN w'),
    ('9', 'CREATE INDEX z ON t (p)', 'DROP INDEX CONCURRENTLY z; DO $$ BEGIN PERFORM 1; END $$');
SELECT count(*) FROM (SELECT migrate_register(version, 'm', up, down) FROM m) AS registered;
SELECT migrate_fingerprint() AS before \gset
SELECT format('SELECT migrate_apply(%L)', version), format('CALL migrate_wait(%L)', version) FROM m ORDER BY version \gexec
SELECT version, state, steps FROM migrate_status();
SELECT count(*) AS warnings FROM surefoot.event WHERE level = 'warning';
SELECT indexrelid::regclass, indisvalid, indisready FROM pg_index WHERE indrelid = 't'::regclass ORDER BY indexrelid::regclass::text;
SELECT format('SELECT migrate_revert(%L)', version), format('CALL migrate_wait(%L)', version) FROM m ORDER BY version DESC \gexec
SELECT migrate_fingerprint() = :'before' AS "as before";

-- A default or NOT NULL that a table has already may be missing from its partitions and children: it is set there as well.
CREATE EXTENSION surefoot;
CREATE TABLE p (a int, c int DEFAULT 5) PARTITION BY LIST (a);
CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1);
CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2);
ALTER TABLE ONLY p1 ALTER c SET DEFAULT 7;
SELECT migrate_register('1', 'default', 'ALTER TABLE p ALTER c SET DEFAULT 5', '-- surefoot: accept=inexact-down
SELECT 1');
SELECT migrate_apply('1');
SELECT adrelid::regclass, pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE adrelid IN ('p'::regclass, 'p1'::regclass, 'p2'::regclass) ORDER BY 1::text;
-- now it is there, everywhere
SELECT migrate_register('2', 'default', 'ALTER TABLE p ALTER c SET DEFAULT 5', 'ALTER TABLE p ALTER c DROP DEFAULT');
SELECT migrate_apply('2');
SELECT migrate_revert('2');
SELECT count(*) FROM pg_attrdef WHERE adrelid IN ('p'::regclass, 'p1'::regclass, 'p2'::regclass);
-- ONLY is about the one table
ALTER TABLE ONLY p2 ALTER c DROP DEFAULT;
SELECT migrate_register('3', 'only', 'ALTER TABLE ONLY p ALTER c SET DEFAULT 5');
SELECT migrate_apply('3');

CREATE TABLE parent (a int);
CREATE TABLE child () INHERITS (parent);
-- from 18 on the server itself refuses this
DO $$ BEGIN
    IF current_setting('server_version_num')::int < 180000 THEN
        ALTER TABLE ONLY parent ALTER a SET NOT NULL;
    END IF;
END $$;
SELECT migrate_register('4', 'not null', 'ALTER TABLE parent ALTER a SET NOT NULL');
SELECT migrate_apply('4');
SELECT attnotnull FROM pg_attribute WHERE attrelid = 'child'::regclass AND attname = 'a';

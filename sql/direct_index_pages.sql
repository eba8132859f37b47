-- The index of a table of 128 pages, the default, is built directly, in the transaction; that of a table of one page more, concurrently.
CREATE EXTENSION surefoot;

-- Eight rows fill a page, so that the numbers of pages are known.
CREATE TABLE small (id int, wide text) WITH (autovacuum_enabled = off);
ALTER TABLE small ALTER wide SET STORAGE PLAIN;
CREATE TABLE large (LIKE small INCLUDING STORAGE) WITH (autovacuum_enabled = off);
INSERT INTO small SELECT i, repeat('x', 900) FROM generate_series(1, 128 * 8) i;
INSERT INTO large SELECT * FROM small UNION ALL SELECT 1025, repeat('x', 900);
SELECT name, pg_relation_size(name) / current_setting('block_size')::int AS pages FROM unnest('{small,large}'::regclass[]) name;
SHOW surefoot.direct_index_pages;

-- In the plan, and for what is made by a constraint.
SELECT step, kind, statement FROM migrate_plan_script('CREATE INDEX ON small (id)');
SELECT step, kind, statement FROM migrate_plan_script('CREATE INDEX ON large (id)');
SELECT step, kind, statement FROM migrate_plan_script('ALTER TABLE small ADD UNIQUE (id)');
SELECT step, kind, statement FROM migrate_plan_script('ALTER TABLE large ADD UNIQUE (id)');

-- When it is run.
SELECT migrate_register('1', 'small', 'CREATE INDEX small_id_idx ON small (id)');
SELECT migrate_register('2', 'large', 'CREATE INDEX large_id_idx ON large (id)');
SELECT migrate_apply('1');
SELECT migrate_apply('2');
CALL migrate_wait('2');
SELECT indexrelid::regclass, indisvalid FROM pg_index WHERE indrelid IN ('small'::regclass, 'large'::regclass) ORDER BY 1;

-- The setting moves the bound by a page.
SET surefoot.direct_index_pages = 129;
SELECT kind, statement FROM migrate_plan_script('CREATE INDEX ON large (id)');
SET surefoot.direct_index_pages = 127;
SELECT kind, statement FROM migrate_plan_script('CREATE INDEX ON small (id)');

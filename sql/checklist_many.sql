-- What the checklist asks of the catalog grows with the tables of a script, not with its statements.
CREATE EXTENSION surefoot;
\pset format unaligned
\pset tuples_only on
SET surefoot.keep_size = 0;
CREATE TABLE keyless (n int);
CREATE TABLE keyed (n int PRIMARY KEY, v text);

CREATE FUNCTION script(statements int) RETURNS text LANGUAGE sql AS
	$$ SELECT string_agg(format('INSERT INTO keyless VALUES (%1$s); UPDATE keyed SET v = %1$L WHERE n = %1$s; DELETE FROM keyless WHERE n = %1$s;', i), E'\n')
	   FROM generate_series(1, statements) i $$;
SELECT migrate_register('1', 'few', script(10));
SELECT migrate_register('2', 'many', script(1000));

-- A first call fills the session's caches; the counts are those of the transaction.
CREATE FUNCTION scans() RETURNS bigint LANGUAGE sql AS $$ SELECT sum(coalesce(seq_scan, 0) + coalesce(idx_scan, 0)) FROM pg_stat_xact_sys_tables $$;
SELECT count(*) > 5 FROM migrate_checklist('1');
SELECT count(*) > 5 FROM migrate_checklist('2');
BEGIN;
SELECT scans() AS before \gset
SELECT count(*) > 5 FROM migrate_checklist('1');
SELECT scans() - :before AS few \gset
SELECT count(*) > 5 FROM migrate_checklist('2');
SELECT scans() - :before - :few AS many \gset
COMMIT;
SELECT :few > 10 AS counted, :many <= :few + 20 AS bounded;

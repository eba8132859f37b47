-- What the walks need in a database. The schema is constant, so that it takes no part in any comparison.
CREATE SCHEMA sf;
CREATE EXTENSION surefoot SCHEMA sf;
CREATE SCHEMA random_walk;

-- The rows of each table as a multiset, whatever the order of rows and columns: one line a table.
CREATE FUNCTION random_walk.rows() RETURNS SETOF text LANGUAGE plpgsql SET search_path = pg_catalog SET timezone = UTC AS $$
DECLARE
    t record;
    total text;
BEGIN
    FOR t IN SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'r' AND n.nspname !~ '^(pg_|information_schema$|surefoot|sf$|random_walk$)' ORDER BY n.nspname, c.relname LOOP
        EXECUTE format('SELECT count(*) || '' '' || coalesce(sum(hashtextextended(to_jsonb(random_row.*)::text, 0)::numeric), 0) FROM ONLY %s random_row', t.name) INTO total;
        RETURN NEXT concat_ws(E'\x1f', t.name, total);
    END LOOP;
END $$;

-- Where sequences stand: no rollback puts them back, and what a trial has taken from them would be missing when it is done in earnest.
CREATE TABLE random_walk.positions (name text PRIMARY KEY, at bigint, called boolean);
CREATE FUNCTION random_walk.remember_positions() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    s record;
BEGIN
    DELETE FROM random_walk.positions;
    FOR s IN SELECT format('%I.%I', n.nspname, c.relname) AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'S' AND n.nspname !~ '^(pg_|information_schema$|surefoot|sf$|random_walk$)' LOOP
        EXECUTE format('INSERT INTO random_walk.positions SELECT %L, last_value, is_called FROM %s', s.name, s.name);
    END LOOP;
END $$;
CREATE FUNCTION random_walk.restore_positions() RETURNS void LANGUAGE sql SET search_path = pg_catalog AS $$
    SELECT setval(to_regclass(name), at, called) FROM random_walk.positions WHERE to_regclass(name) IS NOT NULL $$;

-- Removes what a sequence has made.
CREATE PROCEDURE random_walk.clean() LANGUAGE plpgsql AS $$
DECLARE s record;
BEGIN
    SET LOCAL client_min_messages = error;
    FOR s IN SELECT pubname FROM pg_publication LOOP
        EXECUTE format('DROP PUBLICATION %I', s.pubname);
    END LOOP;
    DELETE FROM pg_default_acl;
    FOR s IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^(pg_|information_schema$|surefoot|sf$|random_walk$)' LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', s.nspname);
    END LOOP;
    -- The history goes with it, or all of it would be drift.
    FOR s IN SELECT c.oid::regclass AS name FROM pg_class c WHERE c.relnamespace = 'surefoot'::regnamespace AND c.relkind = 'r' LOOP
        EXECUTE format('DELETE FROM %s', s.name);
    END LOOP;
    CREATE SCHEMA public;
    GRANT USAGE ON SCHEMA public TO PUBLIC;
END $$;
CALL random_walk.clean();

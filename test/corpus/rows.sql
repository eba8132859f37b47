-- What the walks need in the database that a history is replayed in: rows in every table, as far as they can be made, and sums that
-- tell whether they are the same as before. The schema is constant, so that it takes no part in any comparison.
CREATE SCHEMA corpus_walk;

-- Which tables were filled or emptied by us, and at which migration: rows that came later are not what came back.
CREATE TABLE corpus_walk.late (step int, tab text, id oid);
-- Those that rows were to be made for.
CREATE TABLE corpus_walk.tried (id oid);

CREATE FUNCTION corpus_walk.tables() RETURNS TABLE (id oid, tab text) LANGUAGE sql AS $$
    SELECT c.oid, format('%I.%I', n.nspname, c.relname)
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^(pg_|information_schema$|surefoot|corpus_walk$)'
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
$$;

-- The values of each column as a multiset, whatever the order of rows and columns.
CREATE FUNCTION corpus_walk.sums() RETURNS TABLE (tab text, col text, total text) LANGUAGE plpgsql
SET search_path = pg_catalog SET timezone = UTC AS $$
DECLARE t record;
BEGIN
    FOR t IN SELECT * FROM corpus_walk.tables() ORDER BY 2 LOOP
        RETURN QUERY EXECUTE format($q$
            SELECT %L, coalesce(e.key, ''), count(*) || ' ' || coalesce(sum(hashtextextended(e.value::text, 0)::numeric), 0)
            FROM ONLY %s corpus_row LEFT JOIN jsonb_each(to_jsonb(corpus_row.*)) e ON true GROUP BY 2$q$, t.tab, t.tab);
    END LOOP;
END $$;

-- The tables whose rows are of a time after that migration, by the names of then and of now.
CREATE FUNCTION corpus_walk.late_since(step int) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT l.tab FROM corpus_walk.late l WHERE l.step >= $1
    UNION SELECT t.tab FROM corpus_walk.late l JOIN corpus_walk.tables() t ON t.id = l.id WHERE l.step >= $1
$$;

-- An expression that makes row i's value of a column.
CREATE FUNCTION corpus_walk.value(tab oid, col name, typ oid, mod int, i int) RETURNS text LANGUAGE plpgsql
SET search_path = pg_catalog AS $$
DECLARE
    t pg_type := (SELECT t FROM pg_type t WHERE t.oid = typ);
    name text := format_type(typ, mod);
    checked text;
BEGIN
    -- A word that a CHECK constraint names is one that it takes.
    SELECT substring(pg_get_constraintdef(c.oid) FROM '''((?:[^'']|'''')*)''') INTO checked
    FROM pg_constraint c WHERE c.conrelid = tab AND c.contype = 'c' AND c.conkey = ARRAY[(SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = tab AND a.attname = col)];
    IF t.typtype = 'd' THEN
        RETURN corpus_walk.value(tab, col, t.typbasetype, t.typtypmod, i);
    ELSIF t.typtype = 'e' THEN
        RETURN (SELECT format('%L::%s', enumlabel, name) FROM pg_enum WHERE enumtypid = typ ORDER BY enumsortorder LIMIT 1);
    ELSIF t.typtype = 'r' THEN
        RETURN format('''empty''::%s', name);
    ELSIF t.typcategory = 'A' THEN
        RETURN format('''{}''::%s', name);
    ELSIF t.typcategory = 'S' AND checked IS NOT NULL THEN
        RETURN format('%L', checked);
    ELSIF t.typcategory = 'S' THEN
        RETURN format('left(''%s%s'', %s)::%s', i, md5(col), CASE WHEN mod > 4 THEN least(mod - 4, 12) ELSE 12 END, name);
    END IF;
    RETURN CASE t.typname
        WHEN 'bool' THEN 'true'
        WHEN 'uuid' THEN format('md5(''%s %s'')::uuid', col, i)
        WHEN 'json' THEN '''{}''' WHEN 'jsonb' THEN format('''{"a": %s}''::jsonb', i)
        WHEN 'timestamptz' THEN format('timestamptz ''2001-01-0%s 00:00Z''', i) WHEN 'timestamp' THEN format('timestamp ''2001-01-0%s''', i)
        WHEN 'date' THEN format('date ''2001-01-0%s''', i) WHEN 'time' THEN format('time ''0%s:00''', i)
        WHEN 'interval' THEN format('interval ''%s days''', i)
        WHEN 'bytea' THEN format('''\x0%s''::bytea', i)
        WHEN 'inet' THEN format('inet ''10.0.0.%s''', i) WHEN 'cidr' THEN format('cidr ''10.0.0.%s/32''', i)
        WHEN 'tsvector' THEN '''a''::tsvector' WHEN 'point' THEN '''(0,0)''::point' WHEN 'xml' THEN '''<a/>''::xml'
        ELSE CASE WHEN t.typcategory = 'N' THEN format('%s::%s', i, name) ELSE 'NULL' END
    END;
END $$;

-- Inserts up to three rows into one table: with a value in every column, or else in those that must have one.
CREATE FUNCTION corpus_walk.fill_one(tab oid, label text, sparse boolean) RETURNS bigint LANGUAGE plpgsql
SET search_path = pg_catalog AS $$
DECLARE
    columns text;
    exprs text;
    added bigint := 0;
    n bigint;
BEGIN
    FOR i IN 1..3 LOOP
        SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
               string_agg(coalesce(
                   (SELECT format('(SELECT f.%I FROM %s f ORDER BY f.%I OFFSET %s LIMIT 1)', r.attname, c.confrelid::regclass, r.attname,
                                  format('least(%s, (SELECT count(*) - 1 FROM %s))', i - 1, c.confrelid::regclass))
                    FROM pg_constraint c JOIN pg_attribute r ON r.attrelid = c.confrelid AND r.attnum = c.confkey[array_position(c.conkey, a.attnum)]
                    WHERE c.contype = 'f' AND c.conrelid = a.attrelid AND a.attnum = ANY (c.conkey) AND c.confrelid <> c.conrelid
                    ORDER BY cardinality(c.conkey) LIMIT 1),
                   corpus_walk.value(tab, a.attname, a.atttypid, a.atttypmod, i)), ', ' ORDER BY a.attnum)
        INTO columns, exprs
        FROM pg_attribute a
        WHERE a.attrelid = tab AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
          AND (a.attnotnull OR NOT sparse)
          AND NOT EXISTS (SELECT FROM pg_attrdef d WHERE d.adrelid = tab AND d.adnum = a.attnum AND (sparse OR pg_get_expr(d.adbin, tab) ~ 'nextval'));
        -- A key on the table itself is left NULL.
        EXECUTE format('INSERT INTO %s %s ON CONFLICT DO NOTHING', label,
            CASE WHEN columns IS NULL THEN 'DEFAULT VALUES' ELSE format('(%s) VALUES (%s)', columns, exprs) END);
        GET DIAGNOSTICS n = ROW_COUNT;
        added := added + n;
    END LOOP;
    RETURN added;
END $$;

-- Fills every table that is new, or every empty one, again and again while that lets others be filled; the numbers of tables that have
-- got rows and that have not.
CREATE FUNCTION corpus_walk.fill(step int, every boolean, OUT filled int, OUT without int) LANGUAGE plpgsql
SET search_path = pg_catalog SET session_replication_role = replica SET check_function_bodies = off AS $$
DECLARE
    t record;
    n bigint;
    again boolean := true;
BEGIN
    filled := 0;
    WHILE again LOOP
        again := false;
        without := 0;
        FOR t IN SELECT * FROM corpus_walk.tables() r WHERE every OR r.id NOT IN (SELECT d.id FROM corpus_walk.tried d) LOOP
            EXECUTE format('SELECT count(*) FROM (SELECT FROM %s LIMIT 1) r', t.tab) INTO n;
            CONTINUE WHEN n > 0;
            FOR sparse IN 0..1 LOOP
                BEGIN
                    n := corpus_walk.fill_one(t.id, t.tab, sparse = 1);
                EXCEPTION WHEN OTHERS THEN n := 0;
                END;
                EXIT WHEN n > 0;
            END LOOP;
            IF n > 0 THEN
                filled := filled + 1;
                again := true;
                INSERT INTO corpus_walk.late VALUES (step, t.tab, t.id);
            ELSE
                without := without + 1;
            END IF;
        END LOOP;
    END LOOP;
    INSERT INTO corpus_walk.tried SELECT r.id FROM corpus_walk.tables() r;
END $$;

-- Takes all rows away that are ours, for a migration that cannot be applied to them.
CREATE FUNCTION corpus_walk.clear(step int) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog
SET session_replication_role = replica AS $$
DECLARE
    t record;
BEGIN
    INSERT INTO corpus_walk.late SELECT step, r.tab, r.id FROM corpus_walk.tables() r;
    FOR t IN SELECT * FROM corpus_walk.tables() r WHERE r.tab IN (SELECT l.tab FROM corpus_walk.late l) LOOP
        EXECUTE format('DELETE FROM %s', t.tab);
    END LOOP;
END $$;

\echo Use "CREATE EXTENSION surefoot" to load this file. \quit

-- State lives in schema surefoot, whatever schema the functions go to. Only the extension's owner writes here, through the
-- functions; who may look gets SELECT (see surefoot.allow).
CREATE SCHEMA surefoot;
-- Tables with the rows of those that were dropped; nobody may use it.
CREATE SCHEMA surefoot_archive;

-- Outside of functions with a pinned search_path every function and operator is qualified (IN is an operator too): who may create
-- objects in the schema that this goes to could otherwise have theirs called instead.

-- None of these tables has CHECK constraints: only our own fixed statements write here, and the server would parse the
-- constraints anew at every write, which is a good part of what a small migration costs.

-- One row a migration: its scripts and its state. Every change of state is one UPDATE guarded by the state before.
CREATE TABLE surefoot.migration (
    version text NOT NULL,
    ordinal numeric PRIMARY KEY,                           -- the version as a number: 0019 and 19 are one
    name text NOT NULL,
    up text NOT NULL,
    down text,
    verify text,
    -- registered, running, queued, applied, failed, reverting, reverted, orphaned
    state text NOT NULL DEFAULT 'registered',
    run bigint,                                            -- the run that made the state what it is
    registered_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    registered_by text NOT NULL DEFAULT SESSION_USER,
    owner text NOT NULL,                                   -- the role that may change the scripts
    updated_at timestamptz,
    updated_by text                                        -- the session's role of the latest change
);
-- What is under way, or stands applied, found without reading the rest.
CREATE INDEX migration_applied ON surefoot.migration (ordinal) WHERE state OPERATOR(pg_catalog.=) 'applied';
CREATE INDEX migration_applied_run ON surefoot.migration (run) WHERE state OPERATOR(pg_catalog.=) 'applied';
CREATE INDEX migration_unfinished ON surefoot.migration (ordinal)
    WHERE state OPERATOR(pg_catalog.=) ANY (ARRAY['running', 'queued', 'failed', 'reverting', 'orphaned']);

CREATE SEQUENCE surefoot.run_id;

-- One row an attempt to apply or revert.
CREATE TABLE surefoot.run (
    id bigint PRIMARY KEY,
    version text COLLATE pg_catalog."C" NOT NULL,
    direction text NOT NULL,         -- up, down
    state text NOT NULL,             -- queued, done, failed, rolled back, cancelled, undone
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    session_role text NOT NULL,      -- who was connected
    role text NOT NULL,              -- as whom the script runs
    client_addr inet,
    application text,
    wal_lsn pg_lsn,                  -- before the start: where point-in-time recovery would go back to
    system_identifier numeric NOT NULL,
    database_oid oid NOT NULL,
    settings text[] NOT NULL,        -- name, value, name, value ...: what decides what the script's DDL means
    carried text[] NOT NULL DEFAULT '{}',  -- the same after the latest step: what the script SET holds until its end; empty afterwards
    accept text[] NOT NULL DEFAULT '{}',
    launches int NOT NULL DEFAULT 1,       -- how often its steps were queued: the worker of an order that was rolled back ends
    failed_step int,
    sqlstate text, message text, detail text, hint text, context text,
    statement text, line int, col int
);
CREATE INDEX run_version ON surefoot.run (version, id);

-- The steps of a run, and what each runs.
CREATE TABLE surefoot.step (
    run bigint NOT NULL,
    n int NOT NULL,
    kind text NOT NULL,              -- transaction, concurrent
    state text NOT NULL,             -- pending, running, done, failed
    started_at timestamptz,
    ended_at timestamptz,
    PRIMARY KEY (run, n)
);
CREATE TABLE surefoot.operation (
    run bigint NOT NULL,
    step int NOT NULL,
    n int NOT NULL,
    statement int NOT NULL,          -- which statement of the script it comes from, from 0
    line int NOT NULL,
    sql text NOT NULL,
    source text,                     -- the statement as the script had it, where sql is other than that
    index_schema text, index_name text, table_name text,  -- the index that a concurrent build makes
    PRIMARY KEY (run, step, n)
);

-- What a run changed in the catalog, one row for all that hangs on one object: [{"before": definition, "after": definition}, ...].
-- A small table with its columns and indexes stays in the row, uncompressed.
CREATE TABLE surefoot.root_effect (
    run bigint NOT NULL,
    root text COLLATE pg_catalog."C" NOT NULL,              -- how to find that object
    changes json NOT NULL,
    PRIMARY KEY (run, root)
) WITH (toast_tuple_target = 8160);

CREATE INDEX root_effect_root ON surefoot.root_effect (root);

-- The same, one row an object: definitions before and after.
CREATE VIEW surefoot.effect AS
    SELECT r.run, coalesce(c.after, c.before) OPERATOR(pg_catalog.->>) 'kind' COLLATE pg_catalog."C" AS kind,
           coalesce(c.after, c.before) OPERATOR(pg_catalog.->>) 'identity' COLLATE pg_catalog."C" AS identity, r.root, c.before, c.after
    FROM surefoot.root_effect r, pg_catalog.json_to_recordset(r.changes) AS c (before json, after json);

-- What a run found there already, with the same definition: the way back leaves it alone.
CREATE TABLE surefoot.skipped (
    run bigint NOT NULL,
    kind text COLLATE pg_catalog."C" NOT NULL,
    identity text COLLATE pg_catalog."C" NOT NULL,
    PRIMARY KEY (run, kind, identity)
);

-- The way back as it was derived: of a run up, from its effect; of a run down without a down script, what it runs.
CREATE TABLE surefoot.derived (
    run bigint PRIMARY KEY,
    script text NOT NULL,
    way_back text NOT NULL,          -- exact, exact but for column order, exact without rows, no way back
    reason text                      -- what does not come back, and why
);

-- Columns that a run has dropped and that are still in their tables, by number: what there is in the rows is of that type.
CREATE TABLE surefoot.dropped_column (
    run bigint NOT NULL,
    version text COLLATE pg_catalog."C" NOT NULL,
    name text COLLATE pg_catalog."C" NOT NULL,   -- schema.table.column
    relation oid NOT NULL,
    number int NOT NULL,
    type oid NOT NULL,
    definition text NOT NULL,                    -- the type as ADD COLUMN takes it
    missing text,                                -- what rows have that are older than the column
    system_identifier numeric NOT NULL,          -- numbers mean nothing elsewhere
    database_oid oid NOT NULL,
    hidden text,                                 -- its name in the table, where it was only hidden
    table_name text COLLATE pg_catalog."C",       -- of a table that was dropped itself: what it was called by then
    PRIMARY KEY (run, name)
);
CREATE INDEX dropped_column_version ON surefoot.dropped_column (version, name, run);
CREATE INDEX dropped_column_relation ON surefoot.dropped_column (relation, number);

-- What a run has dropped and kept, and its rows as texts: nobody but the owner reads these as they are.
CREATE TABLE surefoot.archive (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    run bigint NOT NULL,
    version text COLLATE pg_catalog."C" NOT NULL,
    direction text NOT NULL,         -- up, down
    kind text NOT NULL,              -- storage: a table of schema surefoot_archive has its rows; truncated: the same, of one that is still there; table: all its rows, as texts; rows: those that were changed; column: its values; values: those that a change of its type took; hidden: it is in its table, under another name
    name text COLLATE pg_catalog."C" NOT NULL,
    owner text NOT NULL,             -- whose it was,
    owner_oid oid NOT NULL,          -- in the cluster
    system_identifier numeric NOT NULL, -- of this number
    rows bigint NOT NULL,
    bytes bigint NOT NULL,           -- of the table, or of the rows
    columns text[],                  -- of changed rows: what data and after are made of,
    types text[],                    -- by their names in pg_catalog,
    key text[],                      -- and by which of these a row is found
    kept_since timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    purge_after timestamptz NOT NULL,
    purged_at timestamptz
);
CREATE INDEX archive_version ON surefoot.archive (version, name, id);
CREATE TABLE surefoot.archive_row (
    archive bigint NOT NULL,
    n bigint GENERATED ALWAYS AS IDENTITY,
    data text,                       -- as it was: a row as text; of a changed one a text[], NULL when it was not there
    after text,                      -- of a changed one, as the migration has left it; NULL when it was removed
    PRIMARY KEY (archive, n)
);

-- Rows that are kept of applied migrations whose down script does not ask for them: they come back by a command of their own.
CREATE VIEW surefoot.kept_aside AS
    SELECT m.version, m.ordinal, pg_catalog.string_agg(a.name, ', ' ORDER BY a.id) AS tables,
           pg_catalog.concat_ws(' ',
               pg_catalog.format('SELECT surefoot.restore_table(%L', m.version) OPERATOR(pg_catalog.||)
                   pg_catalog.string_agg(pg_catalog.format(', %L', a.name), '' ORDER BY a.id) FILTER (WHERE a.kind OPERATOR(pg_catalog.<>) 'table') OPERATOR(pg_catalog.||) ');',
               pg_catalog.string_agg(pg_catalog.format('INSERT INTO %1$s SELECT (kept.r).* FROM (SELECT data::%1$s AS r FROM surefoot.kept_rows(%2$L, %1$L) OFFSET 0) kept;',
                   a.name, m.version), ' ' ORDER BY a.id) FILTER (WHERE a.kind OPERATOR(pg_catalog.=) 'table')) AS command
    FROM surefoot.migration m JOIN surefoot.archive a ON a.run OPERATOR(pg_catalog.=) m.run
    WHERE m.state OPERATOR(pg_catalog.=) 'applied' AND a.direction OPERATOR(pg_catalog.=) 'up' AND a.purged_at IS NULL AND a.rows OPERATOR(pg_catalog.>) 0
      AND a.kind OPERATOR(pg_catalog.=) ANY (ARRAY['storage', 'truncated', 'table'])
      AND pg_catalog.strpos(m.down, 'restore_table') OPERATOR(pg_catalog.=) 0 AND pg_catalog.strpos(m.down, 'kept_rows') OPERATOR(pg_catalog.=) 0
    GROUP BY m.version, m.ordinal;

-- Every statement before it runs, every start and end.
CREATE TABLE surefoot.event_log (
    id bigint GENERATED ALWAYS AS IDENTITY,
    run bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    level text NOT NULL,             -- info, warning, error
    step int,
    line int,
    message text NOT NULL,
    statement text,
    PRIMARY KEY (run, id)
);

CREATE VIEW surefoot.event AS
    SELECT e.id, e.run, r.version, r.direction, e.at, e.level, e.step, e.line, e.message, e.statement,
           pg_catalog.lead(e.at) OVER (PARTITION BY e.run ORDER BY e.id) OPERATOR(pg_catalog.-) e.at AS duration
    FROM surefoot.event_log e LEFT JOIN surefoot.run r ON r.id OPERATOR(pg_catalog.=) e.run;

-- What others than Surefoot have changed, while surefoot.watch() is on: names, no texts, as those may hold secrets.
CREATE TABLE surefoot.foreign_ddl (
    id bigint GENERATED ALWAYS AS IDENTITY,
    at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    session_role text NOT NULL,
    role text NOT NULL,
    client_addr inet,
    application text,
    command text NOT NULL,           -- CREATE INDEX, ALTER TABLE ...
    kind text,
    identity text,
    root text                        -- of what is there afterwards
);
CREATE INDEX foreign_ddl_root ON surefoot.foreign_ddl (root);
CREATE INDEX foreign_ddl_identity ON surefoot.foreign_ddl (identity);

-- pg_dump carries the history. A restored copy knows by system identifier and database that its queue is not alive.
SELECT pg_catalog.pg_extension_config_dump('surefoot.migration', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.run_id', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.run', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.step', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.operation', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.root_effect', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.skipped', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.derived', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.dropped_column', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.archive', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.archive_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.archive_row', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.archive_row_n_seq', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.event_log', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.event_log_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.foreign_ddl', '');
SELECT pg_catalog.pg_extension_config_dump('surefoot.foreign_ddl_id_seq', '');

-- Functions: EXECUTE is revoked from PUBLIC for each, at the end.

CREATE FUNCTION surefoot.version() RETURNS text
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'surefoot_version';
COMMENT ON FUNCTION surefoot.version() IS 'version of the loaded library';

CREATE FUNCTION migrate_register(version text, name text, up text, down text DEFAULT NULL, verify text DEFAULT NULL)
RETURNS text LANGUAGE C AS 'MODULE_PATHNAME', 'surefoot_register';
COMMENT ON FUNCTION migrate_register(text, text, text, text, text) IS
    'stores the scripts of a migration: registered, unchanged or updated';

CREATE FUNCTION migrate_apply(version text, dry_run boolean DEFAULT false)
RETURNS text LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_apply';
COMMENT ON FUNCTION migrate_apply(text, boolean) IS
    'applies a registered migration: applied, already applied, or queued: N steps; with dry_run the SQL that would run';

CREATE FUNCTION migrate_revert(version text, dry_run boolean DEFAULT false, accept text[] DEFAULT '{}')
RETURNS text LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_revert';
COMMENT ON FUNCTION migrate_revert(text, boolean, text[]) IS
    'walks a migration back: reverted, not applied, or queued: N steps';

CREATE FUNCTION migrate_inverse(version text)
RETURNS text LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_inverse';
COMMENT ON FUNCTION migrate_inverse(text) IS
    'the way back of a migration that was applied, as SQL derived from what it changed';

CREATE FUNCTION migrate_resume(version text)
RETURNS text LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_resume';
COMMENT ON FUNCTION migrate_resume(text) IS 'goes on with a migration whose later step failed or was interrupted';

CREATE FUNCTION migrate_cancel(version text)
RETURNS text LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_cancel';
COMMENT ON FUNCTION migrate_cancel(text) IS 'stops the queued steps of a migration';

CREATE FUNCTION migrate_validate(version text)
RETURNS TABLE (level text, code text, object text, message text, detail text, hint text)
LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_validate';
COMMENT ON FUNCTION migrate_validate(text) IS
    'checks that what an applied migration made is still there as it made it, and runs its verify script';

CREATE PROCEDURE migrate_wait(version text DEFAULT NULL)
LANGUAGE C AS 'MODULE_PATHNAME', 'surefoot_wait';
COMMENT ON PROCEDURE migrate_wait(text) IS 'waits until the queued steps have ended and raises what went wrong';

-- For who has set surefoot.share_flush: see README.
CREATE FUNCTION surefoot.wait_for_flush() RETURNS void LANGUAGE C AS 'MODULE_PATHNAME', 'surefoot_wait_for_flush';
COMMENT ON FUNCTION surefoot.wait_for_flush() IS
    'returns when all that is committed is on the disk, and on the standbys that synchronous_commit waits for';

CREATE PROCEDURE migrate_apply_all(target text DEFAULT NULL)
LANGUAGE C AS 'MODULE_PATHNAME', 'surefoot_apply_all';
COMMENT ON PROCEDURE migrate_apply_all(text) IS 'applies what is pending, in order, waiting for each';

-- For a client that follows what goes on: many small migrations without a way to the client and back between them. It waits for nobody.
CREATE PROCEDURE surefoot.apply_in_turn(versions text[], INOUT version text DEFAULT NULL, INOUT answer text DEFAULT NULL)
LANGUAGE C AS 'MODULE_PATHNAME', 'surefoot_apply_in_turn';
COMMENT ON PROCEDURE surefoot.apply_in_turn(text[], text, text) IS
    'applies migrations in this order, each in a transaction of its own, up to the first with queued steps; the last one, and what migrate_apply would say of it';

-- What is where.

-- Functions of their own, with settings, so that they are planned only when a row needs them: somebody who has just connected asks
-- how things are, and mostly nothing is under way.
CREATE FUNCTION surefoot.is_elsewhere(system_identifier numeric, database_oid oid) RETURNS boolean
LANGUAGE SQL STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT $1 <> (SELECT c.system_identifier::numeric FROM pg_control_system() c)
           OR $2 <> (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
$$;
COMMENT ON FUNCTION surefoot.is_elsewhere(numeric, oid) IS 'whether a run was made on another system or in another database';

-- A migration's state, with what a restore or a copy of the database means for it: its queue is not alive here.
CREATE VIEW surefoot.status AS
    SELECT m.version, m.ordinal, m.name, m.down IS NOT NULL AS has_down, m.run,
           CASE WHEN m.state OPERATOR(pg_catalog.=) ANY (ARRAY['running', 'queued', 'reverting']) AND r.id IS NOT NULL
                     AND surefoot.is_elsewhere(r.system_identifier, r.database_oid)
                THEN 'orphaned' ELSE m.state END AS state,
           r.direction, r.started_at, r.ended_at, r.session_role, r.role
    FROM surefoot.migration m LEFT JOIN surefoot.run r ON r.id OPERATOR(pg_catalog.=) m.run;

-- Who works on a run: the lock of that number, which the server releases when its holder dies.
CREATE VIEW surefoot.worker AS
    SELECT k.objid AS run, k.pid
    FROM pg_catalog.pg_locks k
    WHERE k.locktype OPERATOR(pg_catalog.=) 'object' AND k.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
      AND k.objsubid OPERATOR(pg_catalog.=) 1 AND k.granted
      AND k.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
                                             WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database());

CREATE FUNCTION migrate_status(version text DEFAULT NULL)
RETURNS TABLE (version text, name text, state text, steps text, way_back text, applied_at timestamptz, applied_by text,
               duration interval, next text)
LANGUAGE C STABLE AS 'MODULE_PATHNAME', 'surefoot_status';
COMMENT ON FUNCTION migrate_status(text) IS 'the registered migrations, or one of them, and what comes next for each';

-- For clients with a folder of scripts: which of the registered ones are another text by now.
CREATE FUNCTION surefoot.differing(versions text[], ups text[]) RETURNS text[]
LANGUAGE C STABLE STRICT AS 'MODULE_PATHNAME', 'surefoot_differing';
COMMENT ON FUNCTION surefoot.differing(text[], text[]) IS 'the versions whose registered up script is another text';

CREATE FUNCTION migrate_history(version text DEFAULT NULL)
RETURNS TABLE (run bigint, version text, direction text, state text, started_at timestamptz, ended_at timestamptz,
               duration interval, session_role text, role text, client_addr inet, application text, wal_lsn pg_lsn,
               failed_step int, sqlstate text, message text, detail text, hint text, line int, col int, next text)
LANGUAGE SQL STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.id, r.version, r.direction, r.state, r.started_at, r.ended_at, r.ended_at - r.started_at, r.session_role, r.role,
           r.client_addr, r.application, r.wal_lsn, r.failed_step, r.sqlstate, r.message, r.detail, r.hint, r.line, r.col,
           CASE WHEN r.state IN ('failed', 'cancelled') AND m.state IN ('failed', 'orphaned') AND m.run = r.id
                THEN 'resume or revert' END
    FROM surefoot.run r JOIN surefoot.migration m ON m.version = r.version
    WHERE $1 IS NULL OR m.ordinal = $1::numeric
    ORDER BY r.id
$$;
COMMENT ON FUNCTION migrate_history(text) IS 'every attempt, who made it, from where, how long it took and how it ended';

CREATE FUNCTION migrate_jobs()
RETURNS TABLE (version text, direction text, step int, kind text, state text, statement text, alive boolean, pid int,
               started_at timestamptz, phase text, done bigint, total bigint, percent numeric, waiting_for text, next text)
LANGUAGE SQL STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.version, s.direction, p.n, p.kind, p.state,
           (SELECT string_agg(o.sql, '; ' ORDER BY o.n) FROM surefoot.operation o WHERE o.run = p.run AND o.step = p.n),
           l.pid IS NOT NULL, l.pid, p.started_at, i.phase,
           CASE WHEN i.blocks_total > 0 THEN i.blocks_done ELSE i.tuples_done END,
           CASE WHEN i.blocks_total > 0 THEN i.blocks_total ELSE i.tuples_total END,
           round(100.0 * CASE WHEN i.blocks_total > 0 THEN i.blocks_done ELSE i.tuples_done END
                 / nullif(CASE WHEN i.blocks_total > 0 THEN i.blocks_total ELSE i.tuples_total END, 0), 1),
           (SELECT string_agg('pid ' || a.pid || ' (' || coalesce(a.state, a.backend_type) || ', '
                              || date_trunc('second', clock_timestamp() - coalesce(a.xact_start, a.query_start)) || '): '
                              || left(regexp_replace(a.query, '\s+', ' ', 'g'), 120), '; ')
            FROM pg_stat_activity a
            WHERE a.pid = ANY (pg_blocking_pids(l.pid)) OR a.pid = nullif(i.current_locker_pid, 0)),
           CASE WHEN s.state IN ('failed', 'orphaned') THEN 'resume or revert'
                WHEN l.pid IS NULL THEN 'resume' ELSE 'wait or cancel' END
    FROM surefoot.status s
    JOIN surefoot.step p ON p.run = s.run AND p.state <> 'done'
    LEFT JOIN LATERAL (SELECT w.pid FROM surefoot.worker w WHERE w.run = s.run::text::oid LIMIT 1) l ON true
    LEFT JOIN pg_stat_progress_create_index i ON i.pid = l.pid AND p.state = 'running'
    WHERE s.state IN ('queued', 'running', 'reverting', 'failed', 'orphaned')
    ORDER BY s.ordinal, p.n
$$;
COMMENT ON FUNCTION migrate_jobs() IS 'the unfinished steps, who works on each, how far it is and whom it waits for';

-- Definitions and their fingerprint

CREATE FUNCTION migrate_fingerprint(schema name DEFAULT NULL, kind text DEFAULT 'logical') RETURNS text
    LANGUAGE c AS 'MODULE_PATHNAME';
COMMENT ON FUNCTION migrate_fingerprint(name, text) IS
    'a hash of the definitions in a schema, or in all of them; kind is logical or physical';

CREATE FUNCTION surefoot.definitions(object regclass) RETURNS TABLE (kind text, identity text, definition text)
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'surefoot_definitions';
COMMENT ON FUNCTION surefoot.definitions(regclass) IS 'the definition of a relation and of all that hangs on it';

CREATE FUNCTION surefoot.root(class regclass, object oid) RETURNS text
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'surefoot_root';
COMMENT ON FUNCTION surefoot.root(regclass, oid) IS
    'the top-level object that an object belongs to, by names; NULL for what is not recorded';

CREATE FUNCTION surefoot.root_definitions(root text) RETURNS TABLE (kind text, identity text, definition text)
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'surefoot_root_definitions';
COMMENT ON FUNCTION surefoot.root_definitions(text) IS 'the definition of the object that surefoot.root() named';

CREATE FUNCTION surefoot.schema_definitions(schema name DEFAULT NULL)
    RETURNS TABLE (kind text, identity text, definition text)
    LANGUAGE c AS 'MODULE_PATHNAME', 'surefoot_schema_definitions';
COMMENT ON FUNCTION surefoot.schema_definitions(name) IS 'the definitions that migrate_fingerprint is made of';

-- What is kept of what migrations have dropped

CREATE FUNCTION surefoot.kept_rows(version text, name text) RETURNS TABLE (n bigint, data text)
    LANGUAGE C STABLE STRICT AS 'MODULE_PATHNAME', 'surefoot_kept_rows';
COMMENT ON FUNCTION surefoot.kept_rows(text, text) IS
    'the rows of a table that a migration has dropped, as texts; for whoever has the rights of the table''s owner';

CREATE FUNCTION surefoot.restore_rows(version text, VARIADIC tables text[]) RETURNS bigint
    LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_restore_rows';
COMMENT ON FUNCTION surefoot.restore_rows(text, text[]) IS
    'puts back the rows of tables that a migration has changed, but for those that others have changed since; returns how many';

CREATE FUNCTION surefoot.restore_table(version text, VARIADIC names text[]) RETURNS void
    LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_restore_table';
COMMENT ON FUNCTION surefoot.restore_table(text, text[]) IS
    'the rows of a table that a migration has dropped are in a new, empty one of that name; those of tables that it has truncated are in them again';

CREATE FUNCTION surefoot.restart_sequence(name text, last_value bigint, is_called boolean) RETURNS void
    LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_restart_sequence';
COMMENT ON FUNCTION surefoot.restart_sequence(text, bigint, boolean) IS
    'a sequence stands where it stood before TRUNCATE has restarted it, unless more of it was taken since';

CREATE FUNCTION surefoot.restart_sequence(name text, last_value bigint, is_called boolean, left_value bigint, left_called boolean) RETURNS void
    LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_restart_moved_sequence';
COMMENT ON FUNCTION surefoot.restart_sequence(text, bigint, boolean, bigint, boolean) IS
    'a sequence stands where it stood before a migration has moved it to left_value, unless others have moved it further since';

CREATE FUNCTION surefoot.check_values(version text, name text) RETURNS bigint
    LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_check_values';
COMMENT ON FUNCTION surefoot.check_values(text, text) IS
    'before the type of a column is changed back that a migration has changed: how many of the values that are kept others have changed since';

CREATE FUNCTION surefoot.check_cast(version text, name text, type text) RETURNS bigint
    LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_check_cast';
COMMENT ON FUNCTION surefoot.check_cast(text, text, text) IS
    'before a column that a migration has given another type gets its former one back: how many of its values would be others then';

CREATE FUNCTION surefoot.restore_place(version text, name text) RETURNS void
    LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_restore_place';
COMMENT ON FUNCTION surefoot.restore_place(text, text) IS
    'a column that a migration has dropped is there again, in its place, with the values of rows that were not written since';

CREATE FUNCTION surefoot.keep_places(name text) RETURNS void
    LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_keep_places';
COMMENT ON FUNCTION surefoot.keep_places(text) IS 'a table that was made anew has the places of columns that were dropped in the former one';
CREATE FUNCTION surefoot.fill_column(name text, expression text) RETURNS bigint
    LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_fill_column';
COMMENT ON FUNCTION surefoot.fill_column(text, text) IS 'gives rows with no value in a column that of an expression, without triggers';

CREATE FUNCTION surefoot.restore_column(version text, name text) RETURNS bigint
    LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_restore_column';
COMMENT ON FUNCTION surefoot.restore_column(text, text) IS
    'gives the rows that are still there the values of a column that a migration has dropped and that is there again; returns how many';

CREATE FUNCTION migrate_archive(version text DEFAULT NULL)
RETURNS TABLE (version text, direction text, kind text, name text, rows bigint, bytes bigint, kept_since timestamptz, purge_after timestamptz)
LANGUAGE SQL STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT a.version, a.direction, a.kind, a.name, a.rows, a.bytes, a.kept_since, a.purge_after
    FROM surefoot.archive a
    WHERE a.purged_at IS NULL AND ($1 IS NULL OR a.version IN (SELECT m.version FROM surefoot.migration m WHERE m.ordinal = $1::numeric))
    ORDER BY a.id
$$;
COMMENT ON FUNCTION migrate_archive(text) IS 'what is kept of what migrations have dropped or changed';

CREATE FUNCTION migrate_restore(version text) RETURNS bigint
LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_give_back';
COMMENT ON FUNCTION migrate_restore(text) IS
    'gives rows that the revert of a migration has kept back to the tables that it has made again; returns how many';

CREATE FUNCTION migrate_purge(version text DEFAULT NULL)
RETURNS text LANGUAGE C AS 'MODULE_PATHNAME', 'surefoot_purge';
COMMENT ON FUNCTION migrate_purge(text) IS
    'removes what is kept for longer than surefoot.keep_for said, or all that a migration has left: purged: N';

-- What has changed beside the history

CREATE FUNCTION migrate_drift(everything boolean DEFAULT false)
RETURNS TABLE (kind text, identity text, state text, version text, difference text, to_recorded text, to_live text,
               changed_by text, changed_at timestamptz, command text)
LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_drift';
COMMENT ON FUNCTION migrate_drift(boolean) IS
    'what is not as migrations have left it, with the SQL that leads from one to the other; everything: also what no migration knows of';

CREATE FUNCTION migrate_drift_script(towards text DEFAULT 'recorded', everything boolean DEFAULT false)
RETURNS text LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_drift_script';
COMMENT ON FUNCTION migrate_drift_script(text, boolean) IS
    'one script that makes the schema what was recorded, or the recorded one what is live';

-- Who has changed it: two event triggers, which do nothing until surefoot.watch(true) switches them on.
CREATE FUNCTION surefoot.note_ddl() RETURNS event_trigger LANGUAGE C AS 'MODULE_PATHNAME', 'surefoot_note_ddl';
COMMENT ON FUNCTION surefoot.note_ddl() IS 'writes down what is changed beside Surefoot';
CREATE EVENT TRIGGER surefoot_watch ON ddl_command_end EXECUTE FUNCTION surefoot.note_ddl();
ALTER EVENT TRIGGER surefoot_watch DISABLE;
CREATE EVENT TRIGGER surefoot_watch_drops ON sql_drop EXECUTE FUNCTION surefoot.note_ddl();
ALTER EVENT TRIGGER surefoot_watch_drops DISABLE;

CREATE FUNCTION surefoot.watch(enable boolean) RETURNS text
LANGUAGE plpgsql STRICT SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF enable THEN
        ALTER EVENT TRIGGER surefoot_watch ENABLE;
        ALTER EVENT TRIGGER surefoot_watch_drops ENABLE;
        RETURN 'watching';
    END IF;
    ALTER EVENT TRIGGER surefoot_watch DISABLE;
    ALTER EVENT TRIGGER surefoot_watch_drops DISABLE;
    RETURN 'not watching';
EXCEPTION WHEN insufficient_privilege THEN
    RAISE EXCEPTION 'role "%" may not switch the event triggers of surefoot', current_user
        USING ERRCODE = '42501', HINT = format('As the superuser who owns the extension, run: SELECT surefoot.watch(%s);', enable::text);
END
$$;
COMMENT ON FUNCTION surefoot.watch(boolean) IS
    'has an event trigger write down who changes what beside Surefoot, for migrate_drift(); off at first';

-- What would happen

CREATE FUNCTION migrate_plan(version text, direction text DEFAULT 'up')
RETURNS TABLE (step int, kind text, line int, statement text, lock text, object text, rows bigint, bytes bigint,
               rewrites boolean, scans boolean, hazards text[], way_back text)
LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_plan';
COMMENT ON FUNCTION migrate_plan(text, text) IS
    'the steps of a migration, with locks, sizes and hazards; nothing is executed';

CREATE FUNCTION migrate_plan_script(script text)
RETURNS TABLE (step int, kind text, line int, statement text, lock text, object text, rows bigint, bytes bigint,
               rewrites boolean, scans boolean, hazards text[], way_back text)
LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_plan_script';
COMMENT ON FUNCTION migrate_plan_script(text) IS 'the same of a script that is not registered';

CREATE FUNCTION migrate_checklist(version text, direction text DEFAULT 'up')
RETURNS TABLE (level text, code text, object text, message text, detail text, hint text)
LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_checklist';
COMMENT ON FUNCTION migrate_checklist(text, text) IS 'what should be looked at before a migration is applied or reverted';

CREATE FUNCTION migrate_rehearse(version text)
RETURNS TABLE (level text, code text, object text, message text, detail text, hint text)
LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_rehearse';
COMMENT ON FUNCTION migrate_rehearse(text) IS
    'runs a migration up, its verify script and both ways back, rolls it all back, and tells what was seen';

-- What varies from run to run is here: a rehearsal by itself when this session has made none of that migration.
CREATE FUNCTION migrate_rehearse_statements(version text)
RETURNS TABLE (direction text, step int, line int, statement text, tried text, locks text[], rewritten text[], scanned text[],
               rows bigint, written text[], wal_bytes bigint, duration interval)
LANGUAGE C STRICT AS 'MODULE_PATHNAME', 'surefoot_rehearse_statements';
COMMENT ON FUNCTION migrate_rehearse_statements(text) IS
    'each statement of this session''s latest rehearsal, with its locks, rows, WAL and time';

CREATE FUNCTION surefoot.remember_schema(name text) RETURNS text
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'surefoot_remember_schema';
COMMENT ON FUNCTION surefoot.remember_schema(text) IS
    'keeps the definitions of all schemas in the memory of this session, under a name, and returns their fingerprint';

CREATE FUNCTION surefoot.compare_schema(name text)
RETURNS TABLE (kind text, identity text, only_column_order boolean, difference text)
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'surefoot_compare_schema';
COMMENT ON FUNCTION surefoot.compare_schema(text) IS 'what is not as it was when surefoot.remember_schema() was called';

-- Functions go above this line: what follows looks at all of them.

-- Who may. Nobody but the owner may do anything until this is called.
CREATE PROCEDURE surefoot.allow(role regrole, what text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    f regprocedure;
    home regnamespace := (SELECT e.extnamespace FROM pg_extension e WHERE e.extname = 'surefoot');
BEGIN
    IF what IS NULL OR what NOT IN ('apply', 'look', 'nothing') THEN
        RAISE EXCEPTION 'unknown permission "%"', what USING ERRCODE = '22023', HINT = 'It is apply, look or nothing.';
    END IF;
    -- What the role had before is no part of what it has now.
    FOR f IN
        SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass
        WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
          AND d.refobjid = (SELECT e.oid FROM pg_extension e WHERE e.extname = 'surefoot')
    LOOP
        EXECUTE format('REVOKE ALL ON ROUTINE %s FROM %s', f, role);
        CONTINUE WHEN what = 'nothing' OR f::oid = 'surefoot.allow(regrole, text)'::regprocedure;
        CONTINUE WHEN what = 'look' AND (SELECT p.proname FROM pg_proc p WHERE p.oid = f)
            IN ('migrate_register', 'migrate_apply', 'migrate_revert', 'migrate_resume', 'migrate_cancel', 'migrate_wait',
                'migrate_apply_all', 'apply_in_turn', 'migrate_purge', 'migrate_restore', 'restore_rows', 'restore_column', 'check_values', 'check_cast', 'restore_table', 'restart_sequence', 'restore_place', 'keep_places', 'fill_column', 'wait_for_flush', 'migrate_rehearse', 'migrate_rehearse_statements');
        EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %s', f, role);
    END LOOP;
    IF what = 'nothing' THEN
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA surefoot FROM %s', role);
        EXECUTE format('REVOKE ALL ON SCHEMA surefoot FROM %s', role);
    ELSE
        EXECUTE format('GRANT USAGE ON SCHEMA surefoot TO %s', role);
        -- The functions are of no use to who cannot name them. It is a schema of the user's, who may need it for other things besides;
        -- so it is not taken away again.
        IF NOT has_schema_privilege(role, home, 'USAGE') AND has_schema_privilege(home, 'USAGE WITH GRANT OPTION') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA %s TO %s', home, role);
        END IF;
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA surefoot TO %s', role);
        -- Rows of others' tables are no history.
        EXECUTE format('REVOKE ALL ON surefoot.archive_row FROM %s', role);
    END IF;
END
$$;
COMMENT ON PROCEDURE surefoot.allow(regrole, text) IS 'lets a role apply migrations, only look at them, or neither';

-- At the end: nothing of ours is for everybody.
DO $$
DECLARE
    f regprocedure;
BEGIN
    FOR f IN
        SELECT p.oid::pg_catalog.regprocedure FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_depend d
            ON d.objid OPERATOR(pg_catalog.=) p.oid AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
        WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
          AND d.deptype OPERATOR(pg_catalog.=) 'e'
          AND d.refobjid OPERATOR(pg_catalog.=) (SELECT e.oid FROM pg_catalog.pg_extension e WHERE e.extname OPERATOR(pg_catalog.=) 'surefoot')
    LOOP
        EXECUTE pg_catalog.format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', f);
    END LOOP;
END
$$;

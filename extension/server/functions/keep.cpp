/* The SQL functions for what is kept: giving it back, and purging it. */
#include "server/compat.hpp"
#include "server/functions/arguments.hpp"
#include "server/history/history.hpp"
#include "server/keep/give_back.hpp"
#include "server/keep/hidden_column.hpp"
#include "server/keep/kept_mark.hpp"
#include "server/keep/kept_owner.hpp"
#include "server/keep/kept_storage.hpp"
#include "server/keep/refill.hpp"
#include "server/keep/restore.hpp"
#include "server/run/gate.hpp"
#include "server/settings.hpp"
#include "server/text_query.hpp"
#include "server/typed_rows.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "commands/tablecmds.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
}

using namespace surefoot;

namespace {

struct Entry {
	std::string id, kind;
	bool purged;
};

/* What a migration has kept of a table, for whoever has the rights of the owner that it had; locked, so that nobody purges it before it is read. */
Entry entry_of(const std::string &version, const std::string &name)
{
	static surefoot::Query query("SELECT id, kind, owner, owner_oid, system_identifier::text, purged_at IS NOT NULL FROM surefoot.archive "
								 "WHERE version = $1 AND name = $2 AND direction = 'up' AND kind = ANY ('{table,storage,truncated}') ORDER BY id DESC LIMIT 1 "
								 "FOR UPDATE",
								 {TEXTOID, TEXTOID});
	const Oid caller = GetUserId();
	Rows found;
	{
		Internal internal;
		found = query.run({version, name});
	}
	if (found.empty())
		throw Error("42704", "migration " + version + " has kept no rows of table " + name,
					"It has not dropped or emptied it, or they are back. Rows that it has changed, and values of columns, come back with its revert.", "");
	require_rights_of(caller, {found.text(0, 2), static_cast<Oid>(found.number(0, 3)), found.text(0, 4)}, "the rows of table " + name);
	const Entry entry = {found.text(0, 0), found.text(0, 1), found.flag(0, 5)};
	const char *gone = entry.kind == "truncated" ? "they do not come back" : "it comes back empty";
	if (entry.purged)
		pg_call([&name, gone] {
			ereport(WARNING, (errmsg("the rows of table %s were purged: %s", name.c_str(), gone)));
		});
	return entry;
}

/* As a step of a migration waits, until the nearest Internal ends. */
void limit_lock_waits()
{
	pg_call([] {
		char wait[32];
		pg_snprintf(wait, sizeof(wait), "%d", settings::lock_timeout);
		(void)set_config_option("lock_timeout", wait, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	});
}

struct Purged {
	std::vector<std::string> entries; /* their numbers */
	size_t of_others = 0;			  /* entries that are not the caller's */
};

/*
 * What is to be purged now: what is past its time, or of migration number the caller's own. Tables and hidden columns are dropped at once. Locks
 * are waited for as a migration's are: meanwhile others wait for those that are held already.
 */
Purged choose_purged(const std::optional<std::string> &number, Oid caller)
{
	static surefoot::Query query("SELECT a.id::text, a.run, a.kind, a.name, a.version, a.owner, a.owner_oid, a.system_identifier::text FROM surefoot.archive a "
								 "WHERE a.purged_at IS NULL AND CASE WHEN $1 IS NULL THEN a.purge_after <= clock_timestamp() "
								 "ELSE a.version IN (SELECT m.version FROM surefoot.migration m WHERE m.ordinal = $1::numeric) END ORDER BY a.id",
								 {TEXTOID});
	/* Before its table, as whoever reads it does. */
	static surefoot::Query lock("SELECT FROM surefoot.archive WHERE id = $1::bigint FOR UPDATE", {TEXTOID});
	Purged purged;
	const Rows rows = query.run({number});
	for (size_t i = 0; i < rows.size(); i++) {
		const std::string id = rows.text(i, 0), kind = rows.text(i, 2), name = rows.text(i, 3), version = rows.text(i, 4);
		if (number && !has_rights_of(caller, {rows.text(i, 5), static_cast<Oid>(rows.number(i, 6)), rows.text(i, 7)})) {
			purged.of_others++;
			continue;
		}
		try {
			in_subtransaction([&] {
				const Internal internal;
				limit_lock_waits();
				if (kind == "hidden") {
					drop_hidden_column(rows.number(i, 1), name);
					return;
				}
				(void)lock.run({id});
				if (kind == "storage" || kind == "truncated")
					drop_archive_table("table_" + id);
			});
			purged.entries.push_back(id);
		} catch (Error &error) {
			const bool in_use = error.is("55P03") || error.is("40P01");
			if (!in_use && !error.is("2BP01"))
				throw;
			const char *of = kind == "hidden" ? "hidden column " : kind == "column" || kind == "values" ? "what is kept of column " : "what is kept of table ";
			const char *why = !in_use ? "other objects depend on it" : kind == "hidden" ? "its table is in use" : "it is in use";
			const std::string again = number ? "SELECT migrate_purge('" + version + "');" : "SELECT migrate_purge();";
			pg_call([&] {
				ereport(WARNING, (errmsg("%s%s is not purged: %s", of, name.c_str(), why),
								  in_use ? errhint("Try again later: %s", again.c_str()) : errhint("Drop them, and then: %s", again.c_str())));
			});
		}
	}
	return purged;
}

} // namespace

/* surefoot.kept_rows(version text, name text) */
SUREFOOT_FUNCTION(surefoot_kept_rows)
{
	static surefoot::Query data("SELECT n, data FROM surefoot.archive_row WHERE archive = $1::bigint ORDER BY n", {TEXTOID});
	const Entry entry = entry_of(version_argument(fcinfo, 0), text_argument(fcinfo, 1));
	std::vector<TextRow> result;
	Internal internal;
	if (entry.kind != "table" && !entry.purged) {
		int64 n = 0;
		for (const Cells &row : run_with_texts("SELECT pg_catalog.textin(pg_catalog.record_out(kept)) FROM surefoot_archive.table_" + entry.id + " AS kept", {}))
			result.push_back({std::to_string(++n), row[0]});
	} else {
		const Rows rows = data.run({entry.id});
		result.reserve(rows.size());
		for (size_t i = 0; i < rows.size(); i++)
			result.push_back({rows.maybe(i, 0), rows.maybe(i, 1)});
	}
	return_typed_rows(fcinfo, result);
	return (Datum)0;
}

/*
 * surefoot.restore_table(version text, VARIADIC names text[]): the rows are in tables of these names again, new and empty ones, or those that a TRUNCATE has
 * emptied
 */
SUREFOOT_FUNCTION(surefoot_restore_table)
{
	static surefoot::Query forget("DELETE FROM surefoot.archive WHERE id = $1::bigint", {TEXTOID});
	check_isolation();
	const PinnedPath path;
	const std::string version = version_argument(fcinfo, 0);
	std::vector<Emptied> emptied;
	std::vector<std::string> entries;
	for (const std::string &name : text_array_argument(fcinfo, 1)) {
		const Entry entry = entry_of(version, name);
		const char *text = name.c_str();
		const Oid table = pg_call([text] {
			const Oid id = RangeVarGetRelidExtended(makeRangeVarFromNameList(compat::qualified_names(text)), AccessExclusiveLock, 0,
													RangeVarCallbackOwnsRelation, nullptr);
			if (get_rel_relkind(id) != RELKIND_RELATION)
				ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("%s is no ordinary table", text)));
			return id;
		});
		if (entry.purged)
			continue;
		if (entry.kind == "table")
			throw Error("42704", "migration " + version + " has kept the rows of table " + name + " as texts", "", "They are had by surefoot.kept_rows().");
		if (entry.kind == "storage")
			move_storage_back(table, "table_" + entry.id);
		else
			emptied.push_back({table, name, "table_" + entry.id});
		entries.push_back(entry.id);
	}
	for (const auto &[table, rows] : refill_tables(version, emptied, Accepting::conflicts(version))) {
		const std::string words = std::to_string(rows) + (rows == 1 ? " row" : " rows") + " that others have written to table " + table + " since migration " +
								  version + " was applied " + (rows == 1 ? "stays" : "stay") + " beside those that come back, as accepted";
		pg_call([&words] { ereport(WARNING, (errmsg("%s", words.c_str()))); });
	}
	Internal internal;
	for (const std::string &entry : entries)
		(void)forget.run({entry});
	PG_RETURN_VOID();
}

/* surefoot.restart_sequence(name text, last bigint, taken boolean): where it stood before a TRUNCATE, unless others have taken more of it since */
SUREFOOT_FUNCTION(surefoot_restart_sequence)
{
	check_isolation();
	const PinnedPath path;
	const std::string name = text_argument(fcinfo, 0);
	restart_sequence(name, PG_GETARG_INT64(1), PG_GETARG_BOOL(2));
	PG_RETURN_VOID();
}

/* surefoot.restart_sequence(name text, last bigint, taken boolean, left bigint, left_taken boolean): the same of one that was moved from here to there */
SUREFOOT_FUNCTION(surefoot_restart_moved_sequence)
{
	check_isolation();
	const PinnedPath path;
	const std::string name = text_argument(fcinfo, 0);
	restart_sequence(name, {PG_GETARG_INT64(1), PG_GETARG_BOOL(2)}, {PG_GETARG_INT64(3), PG_GETARG_BOOL(4)});
	PG_RETURN_VOID();
}

/* migrate_restore(version text) */
SUREFOOT_FUNCTION(surefoot_give_back)
{
	const int64 rows = give_back(version_argument(fcinfo, 0));
	unmark_kept();
	return Int64GetDatum(rows);
}

/* migrate_purge(version text): what is past its time, or of one migration */
SUREFOOT_FUNCTION(surefoot_purge)
{
	const std::optional<std::string> version = optional_text_argument(fcinfo, 0);
	const std::optional<std::string> number = version ? std::optional(history::number_of(*version)) : std::nullopt;
	/* Of a way back that loses its rows by this, the words change as well. */
	static surefoot::Query query(
		"WITH gone AS (UPDATE surefoot.archive a SET purged_at = clock_timestamp() WHERE a.purged_at IS NULL AND a.id = ANY ($1::bigint[]) "
		"RETURNING a.id, a.run, a.direction, a.kind, a.name), "
		"emptied AS (DELETE FROM surefoot.archive_row r USING gone g WHERE r.archive = g.id), "
		"told AS (UPDATE surefoot.derived d SET "
		"way_back = CASE d.way_back WHEN 'no way back' THEN d.way_back ELSE 'exact without rows' END, "
		"reason = concat_ws(E'\\n', nullif(d.reason, ''), g.reason) "
		"FROM (SELECT run, string_agg(CASE kind WHEN 'rows' THEN 'table ' || name || ': its changed rows were purged' WHEN 'column' THEN 'column ' || name || ': its values were purged' WHEN 'values' THEN 'column ' || name || ': its values were purged' WHEN 'hidden' THEN 'column ' || name || ': its values were purged' WHEN 'storage' THEN 'table ' || name || ': its rows were purged' WHEN 'truncated' THEN 'table ' || name || ': its rows were purged' ELSE kind || ' ' || name || ': its rows were purged' END, E'\\n' ORDER BY id) AS reason FROM gone "
		"WHERE direction = 'up' GROUP BY run) g WHERE d.run = g.run) "
		"SELECT count(*) FROM gone",
		{TEXTARRAYOID});
	const Oid caller = GetUserId();
	Internal internal;
	const Purged purged = choose_purged(number, caller);
	if (purged.of_others > 0)
		pg_call([&] {
			ereport(WARNING, (errmsg("%zu of what migration %s has kept belongs to roles whose rights you do not have, and stays", purged.of_others, version->c_str()),
							  errhint("SELECT * FROM migrate_archive('%s') lists it.", version->c_str())));
		});
	const Rows rows = query.run({Value::array(purged.entries)});
	unmark_kept();
	return text_result("purged: " + rows.text(0, 0));
}

#include "server/keep/give_back.hpp"

#include "core/sql_text.hpp"
#include "server/compat.hpp"
#include "server/history/history.hpp"
#include "server/keep/keep.hpp"
#include "server/keep/kept_owner.hpp"
#include "server/keep/refill.hpp"
#include "server/keep/restore.hpp"
#include "server/run/gate.hpp"
#include "server/spi.hpp"
#include "server/text_query.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "commands/tablecmds.h"
}

/* What reverts before it have kept is of tables that the migration has made since, and was offered then. */
#define LAST_REVERT "(SELECT max(l.id) FROM surefoot.run l WHERE l.version = $1 AND l.direction = 'down' AND l.state = 'done')"

namespace surefoot {

namespace {

Oid lock_own_table(const std::string &name)
{
	const char *text = name.c_str();
	return pg_call([text] {
		return RangeVarGetRelidExtended(makeRangeVarFromNameList(compat::qualified_names(text)), AccessExclusiveLock, 0, RangeVarCallbackOwnsRelation,
										nullptr);
	});
}

/* Rows that were copied as texts; by a statement of the caller's, whose triggers and checks run. */
void insert_texts(const std::string &entry, const std::string &table)
{
	static Query data("SELECT data FROM surefoot.archive_row WHERE archive = $1::bigint ORDER BY n", {TEXTOID});
	Cells texts;
	{
		Internal internal;
		const Rows rows = data.run({entry});
		for (size_t i = 0; i < rows.size(); i++)
			texts.push_back(rows.text(i, 0));
	}
	(void)run_with_texts("INSERT INTO " + table + " OVERRIDING SYSTEM VALUE SELECT (kept.r).* FROM (SELECT c0::" + table + " AS r FROM " +
							 unnested({0}, "surefoot_kept") + " OFFSET 0) kept",
						 {texts});
}

/* How many rows there are again of what the archive has of found. */
int64 put_back(const std::string &version, const Rows &found, Oid caller)
{
	int64 count = 0;
	std::vector<Emptied> tables;
	for (size_t i = 0; i < found.size(); i++) {
		const std::string id = found.text(i, 0), kind = found.text(i, 1), name = found.text(i, 2);
		require_rights_of(caller, {found.text(i, 3), static_cast<Oid>(found.number(i, 4)), found.text(i, 5)}, "the rows of " + name);
		if (kind == "storage")
			tables.push_back({lock_own_table(name), name, "table_" + id});
		else if (kind == "table")
			insert_texts(id, name);
		count += kind == "column" ? 0 : found.number(i, 6);
	}
	for (const auto &[table, rows] : refill_tables(version, tables, true)) {
		const char *name = table.c_str();
		pg_call([=, rows = rows] { ereport(NOTICE, (errmsg("table %s has rows already (%lld), which stay", name, (long long)rows))); });
	}
	for (size_t i = 0; i < found.size(); i++)
		if (found.text(i, 1) == "column")
			count += restore_column(version, found.text(i, 2), "down");
	return count;
}

} // namespace

int64 give_back(const std::string &version)
{
	/* The tables first, as columns are filled by the keys of rows. */
	static Query entries("SELECT a.id::text, a.kind, a.name, a.owner, a.owner_oid, a.system_identifier::text, a.rows FROM surefoot.archive a "
						 "WHERE a.version = $1 AND a.direction = 'down' AND a.purged_at IS NULL AND a.kind = ANY ('{storage,table,column}') AND a.run = "
						 LAST_REVERT
						 " ORDER BY a.kind = 'column', a.id FOR UPDATE OF a",
						 {TEXTOID});
	static Query forget("DELETE FROM surefoot.archive WHERE id = $1::bigint", {TEXTOID});
	check_session();
	const PinnedPath path;
	const Oid caller = GetUserId();
	Rows found;
	{
		Internal internal;
		const history::Migration migration = history::get(history::number_of(version));
		if (migration.state != "applied")
			throw Error(sqlstate::wrong_context, "migration " + migration.version + " is not applied",
						"What its revert has kept goes into what it makes.", "SELECT " + function_prefix() + "migrate_apply('" + migration.version + "');");
		found = entries.run({migration.version});
	}
	pg_call([] { pin_output(); });
	int64 count = 0;
	try {
		count = put_back(version, found, caller);
	} catch (Error &error) {
		if (error.is("23503") && error.hint.empty())
			error.hint = "Nothing was changed. What the rows refer to was not kept, or is gone since: put it there first, and then: SELECT " + function_prefix() +
						 "migrate_restore('" + version + "');";
		throw;
	}
	Internal internal;
	for (size_t i = 0; i < found.size(); i++)
		(void)forget.run({found.text(i, 0)});
	return count;
}

std::string offer(const std::string &version)
{
	static Query kept("SELECT string_agg(CASE a.kind WHEN 'column' THEN 'values of column ' ELSE 'rows of table ' END || a.name, ', ' ORDER BY a.id) "
					  "FROM surefoot.archive a WHERE a.version = $1 AND a.direction = 'down' AND a.purged_at IS NULL AND a.rows > 0 AND a.kind = ANY ('{storage,table,column}') AND a.run = "
					  LAST_REVERT,
					  {TEXTOID});
	Internal internal;
	const Rows rows = kept.run({version});
	if (rows.is_null(0, 0))
		return {};
	return "when it was reverted, " + rows.text(0, 0) + " were kept; to have them back: SELECT " + function_prefix() + "migrate_restore('" + version + "');";
}

} // namespace surefoot

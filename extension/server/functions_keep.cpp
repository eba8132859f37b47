/* The SQL functions for what is kept: giving it back, and purging it. */
#include "server/arguments.hpp"
#include "server/history.hpp"
#include "server/typed_rows.hpp"

extern "C" {
#include "utils/acl.h"
}

using namespace surefoot;

/* surefoot.kept_rows(version text, name text): for whoever has the rights of the owner that the table had */
SUREFOOT_FUNCTION(surefoot_kept_rows)
{
	const std::string version = text_argument(fcinfo, 0), name = text_argument(fcinfo, 1);
	const Oid caller = GetUserId();
	Rows found, rows;
	{
		/* Locked, so that nobody purges them before they are read. */
		static surefoot::Query entry("SELECT id, owner, purged_at IS NOT NULL FROM surefoot.archive "
						   "WHERE version = $1 AND name = $2 AND direction = 'up' AND kind = 'table' ORDER BY id DESC LIMIT 1 FOR SHARE",
						   {TEXTOID, TEXTOID});
		static surefoot::Query data("SELECT n, data FROM surefoot.archive_row WHERE archive = $1 ORDER BY n", {INT8OID});
		Internal internal;
		found = entry.run({version, name});
		if (!found.empty())
			rows = data.run({found.number(0, 0)});
	}
	if (found.empty())
		throw Error("42704", "migration " + version + " has kept no rows of table " + name, "", "");
	const std::string owner_name = found.text(0, 1);
	const char *owner = owner_name.c_str();
	if (!pg_call([owner, caller] {
			const Oid role = get_role_oid(owner, true);
			return superuser_arg(caller) || (OidIsValid(role) && has_privs_of_role(caller, role));
		}))
		throw Error("42501", "permission denied for the rows of table " + name, "Its owner was " + owner_name + ".", "");
	if (found.flag(0, 2))
		pg_call([&name] {
			ereport(WARNING, (errmsg("the rows of table %s were purged: it comes back empty", name.c_str())));
		});
	std::vector<TextRow> result;
	result.reserve(rows.size());
	for (size_t i = 0; i < rows.size(); i++)
		result.push_back({rows.maybe(i, 0), rows.maybe(i, 1)});
	return_typed_rows(fcinfo, result);
	return (Datum)0;
}

/* migrate_purge(version text): what is past its time, or of one migration */
SUREFOOT_FUNCTION(surefoot_purge)
{
	const std::optional<std::string> version = optional_text_argument(fcinfo, 0);
	const std::optional<std::string> number = version ? std::optional(history::number_of(*version)) : std::nullopt;
	/* Of a way back that loses its rows by this, the words change as well. */
	static surefoot::Query query(
		"WITH gone AS (UPDATE surefoot.archive a SET purged_at = clock_timestamp() WHERE a.purged_at IS NULL AND "
		"CASE WHEN $1 IS NULL THEN a.purge_after <= clock_timestamp() "
		"ELSE a.version IN (SELECT m.version FROM surefoot.migration m WHERE m.ordinal = $1::numeric) END "
		"RETURNING a.id, a.run, a.direction, a.kind, a.name), "
		"emptied AS (DELETE FROM surefoot.archive_row r USING gone g WHERE r.archive = g.id), "
		"told AS (UPDATE surefoot.derived d SET "
		"way_back = CASE d.way_back WHEN 'no way back' THEN d.way_back ELSE 'exact without rows' END, "
		"reason = concat_ws(E'\\n', nullif(d.reason, ''), g.reason) "
		"FROM (SELECT run, string_agg(CASE kind WHEN 'rows' THEN 'table ' || name || ': its changed rows were purged' WHEN 'column' THEN 'column ' || name || ': its values were purged' ELSE kind || ' ' || name || ': its rows were purged' END, E'\\n' ORDER BY id) AS reason FROM gone "
		"WHERE direction = 'up' GROUP BY run) g WHERE d.run = g.run) "
		"SELECT count(*) FROM gone",
		{TEXTOID});
	Internal internal;
	const Rows rows = query.run({number});
	return text_result("purged: " + rows.text(0, 0));
}

/* Whether the verify script may keep others waiting. */
#include "server/checklist/checklist.hpp"
#include "server/plan/relation_size.hpp"
#include "server/settings.hpp"

extern "C" {
#include "utils/lsyscache.h"
}

namespace surefoot {

namespace {

/* A table that takes a while to be read; 100 MB with the default settings. */
bool is_large(Oid table)
{
	const char kind = pg_call([table] { return get_rel_relkind(table); });
	return (kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE || kind == RELKIND_MATVIEW) &&
		   all_pages(table) > 100 * static_cast<int64>(settings::direct_index_pages);
}

} // namespace

void check_verify_script(Findings &rows, const Outlook &outlook)
{
	/* After more than one step it runs when everything is committed. */
	if (outlook.planned == nullptr || outlook.direction != "up" || !outlook.migration.verify ||
		outlook.planned->steps.size() != 1 || outlook.has_concurrent_step())
		return;
	const std::map<Oid, LOCKMODE> tables = outlook.tables();
	if (std::none_of(tables.begin(), tables.end(), [](const auto &table) { return table.second == AccessExclusiveLock; }))
		return;
	const Script script(*outlook.migration.verify);
	for (const Statement &statement : script.statements())
		for (const LockedTable &read : locked_tables(statement.raw->stmt, Created()))
			if (OidIsValid(read.table.id) && is_large(read.table.id)) {
				rows.push_back({"warn", "verify_script", quote_name(read.table.schema, read.table.name),
								"the verify script reads a large table while readers are locked out", mask_secrets(statement),
								"Ask for less, or leave it to a query afterwards; surefoot.verify_timeout bounds it."});
				return;
			}
}

} // namespace surefoot

#include "server/reverse/left_builds.hpp"

#include "server/catalog/definitions.hpp"
#include "server/catalog/roots.hpp"
#include "server/history/history.hpp"

namespace surefoot {

namespace {

struct LeftIndex {
	Oid table;
	std::string identity;
};

std::vector<LeftIndex> left_indexes(int64 run)
{
	/* One that is attached to an index of the whole cannot go by itself. */
	static Query query("SELECT i.indrelid, format('%I.%I', n.nspname, c.relname) "
					   "FROM surefoot.step s JOIN surefoot.operation o ON o.run = s.run AND o.step = s.n "
					   "JOIN pg_namespace n ON n.nspname = o.index_schema JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = o.index_name "
					   "JOIN pg_index i ON i.indexrelid = c.oid "
					   "WHERE s.run = $1 AND s.kind = 'concurrent' AND s.state = 'running' AND i.indrelid = to_regclass(o.table_name) "
					   "AND NOT i.indisvalid AND c.relkind = 'i' AND NOT c.relispartition "
					   "AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = c.oid) "
					   "AND NOT EXISTS (SELECT FROM surefoot.skipped k WHERE k.run = s.run AND k.kind = 'index' "
					   "AND k.identity = format('%I.%I', n.nspname, c.relname))",
					   {INT8OID});
	Internal internal;
	const Rows rows = query.run({run});
	std::vector<LeftIndex> indexes;
	for (size_t i = 0; i < rows.size(); i++)
		indexes.push_back({static_cast<Oid>(rows.number(i, 0)), rows.text(i, 1)});
	return indexes;
}

} // namespace

std::vector<core::Change> left_by_builds(int64 run)
{
	std::vector<core::Change> changes;
	for (const LeftIndex &left : left_indexes(run)) {
		const core::Objects objects = catalog::read_definitions({catalog::root_of(RelationRelationId, left.table)});
		if (const core::Object *index = objects.find("index", left.identity))
			changes.push_back({std::nullopt, *index});
	}
	return changes;
}

void record_left_builds(int64 run)
{
	const std::vector<core::Change> changes = left_by_builds(run);
	Internal internal;
	history::merge_effect(run, changes);
}

std::set<std::string> built_concurrently(int64 run)
{
	static Query query("SELECT format('%I.%I', o.index_schema, o.index_name) FROM surefoot.operation o "
					   "JOIN surefoot.step s ON s.run = o.run AND s.n = o.step "
					   "WHERE o.run = $1 AND s.kind = 'concurrent' AND o.index_name IS NOT NULL",
					   {INT8OID});
	Internal internal;
	const Rows rows = query.run({run});
	std::set<std::string> indexes;
	for (size_t i = 0; i < rows.size(); i++)
		indexes.insert(rows.text(i, 0));
	return indexes;
}

} // namespace surefoot

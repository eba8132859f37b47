#include "jobs/debris.hpp"

#include "server/reverse/way_back.hpp"

namespace surefoot {

namespace {

bool is_reindex_concurrently(const ReindexStmt *reindex)
{
	for (int i = 0; i < list_length(reindex->params); i++) {
		DefElem *element = (DefElem *)list_nth(reindex->params, i);
		if (strcmp(element->defname, "concurrently") == 0)
			return pg_call([element] { return defGetBoolean(element); });
	}
	return false;
}

/* The partition that a DETACH PARTITION CONCURRENTLY is about, nullptr for another statement. */
const RangeVar *detached_concurrently(const AlterTableStmt *alter)
{
	for (int i = 0; i < list_length(alter->cmds); i++) {
		const AlterTableCmd *command = (AlterTableCmd *)list_nth(alter->cmds, i);
		if (command->subtype == AT_DetachPartition && ((PartitionCmd *)command->def)->concurrent)
			return ((PartitionCmd *)command->def)->name;
	}
	return nullptr;
}

Oid find(const RangeVar *name)
{
	return pg_call([name] { return RangeVarGetRelid(name, NoLock, true); });
}

std::optional<std::string> what_is_left_of_detach(const AlterTableStmt *alter, const RangeVar *partition, const std::string &sql,
												  bool interrupted)
{
	static Query query("SELECT inhdetachpending FROM pg_inherits WHERE inhparent = $1 AND inhrelid = $2", {OIDOID, OIDOID});
	const Oid parent = find(alter->relation), child = find(partition);
	Internal internal;
	const Rows rows = query.run({Value::datum(ObjectIdGetDatum(parent)), Value::datum(ObjectIdGetDatum(child))});
	if (rows.empty())
		return interrupted && OidIsValid(parent) && OidIsValid(child) ? std::nullopt : std::optional(sql);
	if (!rows.flag(0, 0))
		return sql;
	const char *text = pg_call([parent, child] {
		return psprintf("ALTER TABLE %s DETACH PARTITION %s FINALIZE",
						quote_qualified_identifier(get_namespace_name(get_rel_namespace(parent)), get_rel_name(parent)),
						quote_qualified_identifier(get_namespace_name(get_rel_namespace(child)), get_rel_name(child)));
	});
	return text;
}

} // namespace

IndexState read_index_state(const Operation &operation)
{
	static Query find_table("SELECT to_regclass($1)::oid", {TEXTOID});
	static Query find_index("SELECT i.indisvalid, i.indrelid = $3, coalesce((SELECT p.pid FROM pg_stat_progress_create_index p "
							"WHERE p.index_relid = c.oid LIMIT 1), 0) "
							"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_index i ON i.indexrelid = c.oid "
							"WHERE n.nspname = $1 AND c.relname = $2",
							{TEXTOID, TEXTOID, OIDOID});
	IndexState state;
	in_transaction([&] {
		Internal internal;
		const Rows table = find_table.run({operation.table});
		if (!table.is_null(0, 0))
			state.table = static_cast<Oid>(table.number(0, 0));
		const Rows rows =
			find_index.run({operation.index_schema, operation.index_name, Value::datum(ObjectIdGetDatum(state.table))});
		if (rows.empty())
			return;
		state.exists = true;
		state.valid = rows.flag(0, 0);
		state.on_table = rows.flag(0, 1);
		state.builder = static_cast<int>(rows.number(0, 2));
	});
	return state;
}

std::string index_text(const Operation &operation)
{
	std::string text;
	in_transaction([&] {
		const char *schema = operation.index_schema.c_str(), *name = operation.index_name.c_str();
		text = pg_call([schema, name] { return quote_qualified_identifier(schema, name); });
	});
	return text;
}

std::vector<std::string> reindex_debris(const std::string &sql)
{
	/* Of a table, of its TOAST table, or of the table that an index is on. A copy that is being built now has a progress row. */
	static Query query("WITH r AS (SELECT coalesce((SELECT i.indrelid FROM pg_index i WHERE i.indexrelid = $1), $1) AS id) "
					   "SELECT c.oid::regclass::text FROM r JOIN pg_class t ON t.oid = r.id "
					   "JOIN pg_index i ON i.indrelid IN (t.oid, t.reltoastrelid) JOIN pg_class c ON c.oid = i.indexrelid "
					   "WHERE NOT i.indisvalid AND c.relname ~ '_cc(new|old)[0-9]*$' AND NOT EXISTS "
					   "(SELECT FROM pg_stat_progress_create_index p WHERE p.relid = i.indrelid)",
					   {OIDOID});
	std::vector<std::string> names;
	in_transaction([&] {
		const Script script(sql, Script::Part{});
		Node *node = script.statements().front().raw->stmt;
		if (!IsA(node, ReindexStmt) || ((ReindexStmt *)node)->relation == nullptr ||
			!is_reindex_concurrently((ReindexStmt *)node))
			return;
		const Oid target = find(((ReindexStmt *)node)->relation);
		Internal internal;
		const Rows rows = query.run({Value::datum(ObjectIdGetDatum(target))});
		for (size_t i = 0; i < rows.size(); i++)
			names.push_back(rows.text(i, 0));
	});
	return names;
}

std::optional<std::string> what_is_left(const std::string &sql, bool interrupted)
{
	std::optional<std::string> result = sql;
	in_transaction([&] {
		const Script script(sql, Script::Part{});
		const Statement &statement = script.statements().front();
		Node *node = statement.raw->stmt;
		if (IsA(node, DropStmt) && interrupted)
			result = without_avoided(statement, {}, true);
		else if (IsA(node, AlterTableStmt))
			if (const RangeVar *partition = detached_concurrently((AlterTableStmt *)node))
				result = what_is_left_of_detach((AlterTableStmt *)node, partition, sql, interrupted);
	});
	return result;
}

} // namespace surefoot

/* What the plan says: steps, hazards, sizes, and the indexes that will be built. */
#include "server/checklist/checklist.hpp"

#include <algorithm>

#include <sys/statvfs.h>

extern "C" {
#include "catalog/pg_tablespace.h"
#include "commands/tablespace.h"
}

namespace surefoot {

namespace {

std::string plural(size_t count, const char *noun)
{
	return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string join(const std::vector<std::string> &codes)
{
	std::string result;
	for (const std::string &code : codes)
		result += (result.empty() ? "" : ", ") + code;
	return result;
}

/* Calls f for each operation with its facts. */
template <typename F>
void each_operation(const Planned &planned, F &&f)
{
	size_t n = 0;
	for (const PlannedStep &step : planned.steps)
		for (const Operation &operation : step.operations)
			f(operation, planned.facts[n++]);
}

/* Hazards that somebody should have seen before they happen; the others belong to every change. */
std::vector<std::string> serious(const std::vector<std::string> &hazards)
{
	std::vector<std::string> result;
	for (const std::string &code : hazards)
		for (const char *one :
			 {"rewrite", "full-scan", "prolongs-locks", "blocks-reads", "blocks-writes", "drops-data",
			  "changes-values", "cascade", "fails-on-rows", "not-null-scan",
			  "exclude-cannot-be-concurrent", "column-order", "enum-value"})
			if (code == one)
				result.push_back(code);
	return result;
}

const IndexStmt *index_of(const Planned &planned, const Operation &operation)
{
	Node *node = planned.script.statement(operation.statement).raw->stmt;
	return IsA(node, IndexStmt) ? (IndexStmt *)node : nullptr;
}

/* A directory's free space for the server's user; -1 where it cannot be known. */
int64 free_space(Oid tablespace)
{
	std::string path = DataDir;
	if (tablespace != DEFAULTTABLESPACE_OID && tablespace != GLOBALTABLESPACE_OID)
		path += "/pg_tblspc/" + std::to_string(tablespace);
	struct statvfs info;
	if (statvfs(path.c_str(), &info) != 0)
		return -1;
	return static_cast<int64>(info.f_bavail) * static_cast<int64>(info.f_frsize);
}

/* The tablespace that an index without one of its own goes to. */
Oid tablespace_of(const char *named)
{
	return pg_call([named] {
		const Oid id = named ? get_tablespace_oid(named, true)
							 : GetDefaultTablespace(RELPERSISTENCE_PERMANENT, false);
		return OidIsValid(id) ? id : MyDatabaseTableSpace;
	});
}

/* Bytes of a B-tree over the columns: a tuple has a line pointer, a header and its values, in pages filled to nine tenths. */
int64 index_size(Oid table, const std::vector<std::string> &columns, int64 rows)
{
	int64 width = 0;
	for (const std::string &column : columns) {
		const char *name = column.c_str();
		const int32 one = pg_call([table, name] {
			const AttrNumber number = get_attnum(table, name);
			if (number == InvalidAttrNumber)
				return 16;
			const int32 average = get_attavgwidth(table, number);
			return average > 0 ? average : get_typavgwidth(get_atttype(table, number), -1);
		});
		width += one;
	}
	return rows * (4 + 8 + (width + 7) / 8 * 8) * 10 / 9;
}

/* A concurrent build sorts on disk what does not fit into memory, so that twice its size is needed for a time. */
struct Need {
	int64 bytes = 0;
	size_t indexes = 0, rewrites = 0;
};

} // namespace

void check_plan(Findings &rows, const Outlook &outlook)
{
	if (outlook.planned == nullptr)
		return;
	const Planned &planned = *outlook.planned;
	std::string shape;
	for (const PlannedStep &step : planned.steps)
		shape += (shape.empty() ? "" : ", ") +
				 std::string(step.kind == OperationKind::concurrent ? "concurrent" : "transaction");
	rows.push_back({"pass", "plan", outlook.migration.version,
					plural(planned.script.statements().size(), "statement") + " in " +
						plural(planned.steps.size(), "step"),
					shape,
					planned.steps.size() > 1 ? "All or nothing holds within each step." : ""});

	size_t plain = 0;
	each_operation(planned, [&](const Operation &operation, const Facts &facts) {
		const std::vector<std::string> codes = serious(facts.hazards);
		if (!codes.empty())
			rows.push_back(
				{"warn", "hazard", facts.object, join(codes), mask_secrets(operation.sql),
				 std::find(codes.begin(), codes.end(), "prolongs-locks") == codes.end()
					 ? ""
					 : "Earlier statements of the step hold their locks while this one runs: put it in a migration of its own."});
		const bool index = operation.kind == OperationKind::transactional &&
						   index_of(planned, operation) != nullptr;
		plain += index && std::find(facts.hazards.begin(), facts.hazards.end(), "blocks-writes") !=
							  facts.hazards.end();
	});
	Finding indexes{"pass",
					"plain_index",
					outlook.migration.version,
					"no index is built in a way that blocks writers",
					"",
					""};
	if (plain > 0) {
		indexes.level = "warn";
		indexes.message = plural(plain, "index build") + " will block writers";
		indexes.detail = "The script says plain-indexes.";
		indexes.hint = "Remove the directive, and they are built concurrently.";
	}
	rows.push_back(indexes);

	each_operation(planned, [&](const Operation &operation, const Facts &facts) {
		if (has_note(operation, "direct-index") && facts.bytes)
			rows.push_back({"pass", "direct_index", facts.object,
							"built directly: the table has " + pretty_size(*facts.bytes),
							mask_secrets(operation.sql), ""});
	});
}

void check_space(Findings &rows, const Outlook &outlook)
{
	if (outlook.planned == nullptr)
		return;
	for (const auto &[id, mode] : outlook.tables()) {
		const Oid table = id;
		/* The checklist locks nothing: another session may have dropped the table meanwhile. */
		const char *schema = pg_call([table] { return get_namespace_name(get_rel_namespace(table)); });
		const char *name = pg_call([table] { return get_rel_name(table); });
		if (schema == nullptr || name == nullptr)
			continue;
		const RelationSize size = relation_size(table);
		rows.push_back(
			{"pass", "table_size", quote_name(schema, name),
			 std::to_string(std::max<int64>(size.rows, 0)) + " rows, " + pretty_size(size.bytes),
			 "", ""});
	}

	std::map<Oid, Need> needs;
	each_operation(*outlook.planned, [&](const Operation &operation, const Facts &facts) {
		if (facts.tables.empty() || !OidIsValid(facts.tables.front().table.id) || !facts.rows)
			return;
		if (facts.rewrites) {
			Need &need = needs[tablespace_of(nullptr)];
			need.bytes += *facts.bytes;
			need.rewrites++;
		}
		if (operation.kind != OperationKind::concurrent || operation.index_name.empty())
			return;
		const IndexStmt *index = index_of(*outlook.planned, operation);
		std::vector<std::string> columns;
		for (int i = 0; index != nullptr && i < list_length(index->indexParams); i++) {
			const char *column = ((IndexElem *)list_nth(index->indexParams, i))->name;
			columns.emplace_back(column ? column : "");
		}
		if (columns.empty())
			columns.emplace_back();
		Need &need = needs[tablespace_of(index ? index->tableSpace : nullptr)];
		need.bytes += 2 * index_size(facts.tables.front().table.id, columns, *facts.rows);
		need.indexes++;
	});

	for (const auto &[id, need] : needs) {
		const Oid tablespace = id;
		const char *name = pg_call([tablespace] { return get_tablespace_name(tablespace); });
		const int64 free = free_space(tablespace);
		const std::string what = need.indexes > 0 && need.rewrites > 0 ? "indexes and rewrites"
								 : need.indexes > 0					   ? "the indexes"
																	   : "the rewrites";
		Finding space{"pass", "disk_space", name ? name : "", "there is room for " + what, "", ""};
		space.detail =
			"About " + pretty_size(need.bytes) + " are needed for a time; " +
			(free < 0 ? "what is free cannot be known." : pretty_size(free) + " are free.");
		if (free < 0 || free < 2 * need.bytes) {
			space.level = "warn";
			space.message = free < 0 ? "it is not known whether there is room for " + what
									 : "there is little room for " + what;
		}
		if (free >= 0 && free < need.bytes) {
			space.level = "fail";
			space.message = "there is no room for " + what;
			space.hint = "Make room, or name another tablespace.";
		}
		rows.push_back(space);
	}
	if (needs.empty())
		rows.push_back({"pass", "disk_space", "", "no more room is needed", "", ""});
}

} // namespace surefoot

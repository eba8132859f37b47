/* Rows that a way back does not bring, or takes along, beyond what is said of definitions. */
#include "server/checklist/checklist.hpp"

#include "core/sql_text.hpp"
#include "server/keep/keep.hpp"
#include "server/keep/why_not_kept.hpp"
#include "server/plan/foreseen_kept.hpp"
#include "server/plan/relation_size.hpp"
#include "server/script/targets.hpp"

namespace surefoot {

namespace {

bool drops_tables(Node *statement)
{
	return IsA(statement, DropStmt) && ((DropStmt *)statement)->removeType == OBJECT_TABLE;
}

/* Why the script keeps none of the rows that its statement removes. */
std::string why_none_of(const Planned &planned, size_t statement)
{
	if (!planned.script.directives().keep)
		return "the script says keep=off";
	for (size_t step = 1; step < planned.steps.size(); step++)
		for (const Operation &operation : planned.steps[step].operations)
			if (operation.statement == statement)
				return "it is dropped in a later step than the first";
	return "";
}

std::string quoted_list(const std::vector<std::string> &names)
{
	std::string text;
	for (const std::string &name : names)
		text += ", " + core::literal(name);
	return text;
}

/* As surefoot.kept_aside has it. */
bool asks_for_kept_rows(const std::string &down)
{
	return down.find("restore_table") != down.npos || down.find("kept_rows") != down.npos;
}

} // namespace

void check_kept_by_revert(Findings &rows, const Outlook &outlook)
{
	if (outlook.planned == nullptr)
		return;
	size_t n = 0;
	for (const Statement &statement : outlook.planned->script.statements()) {
		const size_t number = n++;
		if (!drops_tables(statement.raw->stmt))
			continue;
		for (const Oid table : dropped_tables((DropStmt *)statement.raw->stmt)) {
			if (!OidIsValid(table) || all_pages(table) == 0)
				continue;
			std::string why = why_none_of(*outlook.planned, number);
			if (why.empty())
				why = why_not_dropped(table);
			if (!why.empty())
				rows.push_back({"warn", "not_kept", table_name(table), "its rows go for good, and are not kept", why, "Copy them before, if they are wanted."});
		}
	}
}

Finding way_back_by_script(const Outlook &outlook)
{
	Finding result{"pass", "way_back", outlook.migration.version, "down script", "", ""};
	if (outlook.planned == nullptr || asks_for_kept_rows(*outlook.migration.down))
		return result;
	const Keeping keeping(*outlook.planned);
	std::vector<std::string> names;
	for (const Statement &statement : outlook.planned->script.statements()) {
		Node *node = statement.raw->stmt;
		std::vector<Oid> tables;
		if (drops_tables(node) && keeping.keeps_dropped((DropStmt *)node))
			tables = dropped_tables((DropStmt *)node);
		else if (IsA(node, TruncateStmt) && keeping.keeps_truncated((TruncateStmt *)node))
			tables = truncated_tables((TruncateStmt *)node);
		for (const Oid table : tables)
			if (table_pages(table) > 0)
				names.push_back(table_name(table));
	}
	if (names.empty())
		return result;
	result.level = "warn";
	result.message = "down script; the rows that are kept do not come back by it";
	for (const std::string &name : names)
		result.detail.append(result.detail.empty() ? "" : ", ").append(name);
	result.hint = "Unless it fills them itself, after the revert: SELECT surefoot.restore_table(" + core::literal(outlook.migration.version) + quoted_list(names) + ");";
	return result;
}

} // namespace surefoot

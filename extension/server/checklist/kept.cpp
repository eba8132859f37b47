/* Rows that a way back does not bring, or takes along, beyond what is said of definitions. */
#include "server/checklist/checklist.hpp"

#include "core/sql_text.hpp"
#include "server/keep/keep.hpp"
#include "server/keep/why_not_kept.hpp"
#include "server/plan/foreseen_kept.hpp"
#include "server/plan/names_made.hpp"
#include "server/plan/relation_size.hpp"
#include "server/script/targets.hpp"
#include "server/settings.hpp"

extern "C" {
#include "utils/lsyscache.h"
}

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

/* The rows that a down script removes for good, statement by statement. */
class Removals {
public:
	Removals(Findings &rows, const Planned &planned) : rows_(rows), planned_(planned) {}

	void follow(Node *node, size_t number)
	{
		if (drops_tables(node))
			for (const Oid table : dropped_tables((DropStmt *)node))
				drop(table, number);
		if (IsA(node, AlterTableStmt) && ((AlterTableStmt *)node)->objtype == OBJECT_TABLE)
			alter((AlterTableStmt *)node);
		if (const char *name = name_made(node))
			made_.insert(name);
	}

private:
	void warn(std::string object, const char *message, const std::string &why)
	{
		if (!why.empty())
			rows_.push_back({"warn", "not_kept", std::move(object), message, why, "Copy them before, if they are wanted."});
	}

	/* What is made or renamed before by that name is another table than the one that has it now. */
	bool is_there(Oid table) const
	{
		const char *name = OidIsValid(table) ? pg_call([table] { return get_rel_name(table); }) : nullptr;
		return name != nullptr && !made_.contains(name);
	}

	void drop(Oid table, size_t number)
	{
		if (!is_there(table))
			return;
		const auto detached = detached_.find(table);
		if (all_pages(table) == (detached == detached_.end() ? 0 : detached->second))
			return;
		std::string why = why_none_of(planned_, number);
		warn(table_name(table), "its rows go for good, and are not kept", why.empty() ? why_not_dropped(table) : why);
	}

	void alter(const AlterTableStmt *statement)
	{
		const Oid table = pg_call([statement] { return RangeVarGetRelid(statement->relation, NoLock, true); });
		if (!is_there(table) || all_pages(table) == 0)
			return;
		for (int i = 0; i < list_length(statement->cmds); i++) {
			const AlterTableCmd *command = (AlterTableCmd *)list_nth(statement->cmds, i);
			if (command->subtype == AT_DetachPartition) {
				const RangeVar *name = ((PartitionCmd *)command->def)->name;
				const Oid partition = pg_call([name] { return RangeVarGetRelid(name, NoLock, true); });
				detached_[table] += OidIsValid(partition) ? all_pages(partition) : 0;
			} else if (command->subtype == AT_DropColumn)
				drop_column(table, command->name);
		}
	}

	void drop_column(Oid table, const char *name)
	{
		const char *column = pg_call([table, name]() -> const char * {
			const AttrNumber number = get_attnum(table, name);
			return number > 0 && get_attgenerated(table, number) == '\0' ? quote_identifier(name) : nullptr;
		});
		if (column == nullptr)
			return;
		const bool several = planned_.steps.size() > 1;
		const std::string why = !planned_.script.directives().keep ? "the script says keep=off"
								: !settings::keep_rows			   ? "surefoot.keep_rows is off"
								: several						   ? "a migration of several steps keeps none"
																   : why_not_changed(table, GetUserId(), table_pages(table) * BLCKSZ, true);
		warn(table_name(table) + "." + column, "its values go for good, and are not kept", why);
	}

	Findings &rows_;
	const Planned &planned_;
	std::set<std::string> made_;	/* names, without their schemas */
	std::map<Oid, int64> detached_; /* pages of partitions that do not go with their table */
};

} // namespace

void check_kept_by_revert(Findings &rows, const Outlook &outlook)
{
	if (outlook.planned == nullptr)
		return;
	Removals removals(rows, *outlook.planned);
	size_t n = 0;
	for (const Statement &statement : outlook.planned->script.statements())
		removals.follow(statement.raw->stmt, n++);
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

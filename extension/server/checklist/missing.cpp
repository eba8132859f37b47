/* Tables that a script is about and that nothing has made: it would fail, and here that is known before it begins. */
#include "server/checklist/checklist.hpp"
#include "server/plan/foreseen.hpp"
#include "server/plan/names_made.hpp"

extern "C" {
#include "catalog/namespace.h"
}

namespace surefoot {

namespace {

/* The tables that have to be there for the statement not to fail. */
std::vector<const RangeVar *> needed(Node *statement)
{
	std::vector<const RangeVar *> names;
	if (IsA(statement, AlterTableStmt)) {
		const AlterTableStmt *alter = (AlterTableStmt *)statement;
		if (alter->objtype == OBJECT_TABLE && !alter->missing_ok)
			names.push_back(alter->relation);
	} else if (IsA(statement, IndexStmt))
		names.push_back(((IndexStmt *)statement)->relation);
	else if (IsA(statement, TruncateStmt)) {
		const List *relations = ((TruncateStmt *)statement)->relations;
		for (int i = 0; i < list_length(relations); i++)
			names.push_back((RangeVar *)list_nth(relations, i));
	} else if (const RangeVar *target = written(statement))
		names.push_back(target);
	return names;
}

/* It may make tables by other names than it says. */
bool may_make_others(Node *statement)
{
	return changes_environment(statement) || (IsA(statement, CreateSchemaStmt) && ((CreateSchemaStmt *)statement)->schemaElts != NIL) || IsA(statement, CreateExtensionStmt) ||
		   IsA(statement, ImportForeignSchemaStmt) || foresee_way_back(statement).what == Foreseen::unknown;
}

std::string words_of(const RangeVar *name)
{
	return name->schemaname ? quote_name(name->schemaname, name->relname) : quote_name(name->relname);
}

} // namespace

void check_missing(Findings &rows, const Outlook &outlook)
{
	const std::string &state = outlook.migration.state;
	if (outlook.planned == nullptr || outlook.direction != "up" || (state != "registered" && state != "reverted"))
		return;
	std::set<std::string> made, told;
	for (const Statement &statement : outlook.planned->script.statements()) {
		Node *node = statement.raw->stmt;
		for (const RangeVar *name : needed(node)) {
			if (made.contains(name->relname) || OidIsValid(pg_call([name] { return RangeVarGetRelid(name, NoLock, true); })) ||
				!told.insert(words_of(name)).second)
				continue;
			rows.push_back({"warn", "missing", words_of(name), "relation " + words_of(name) + " is not there", "Line " + std::to_string(statement.line) + " is about it.",
							"It has to be made by a migration that comes before this one."});
		}
		if (may_make_others(node))
			return;
		if (const char *name = name_made(node))
			made.insert(name);
		if (IsA(node, IndexStmt) && ((IndexStmt *)node)->idxname != nullptr)
			made.insert(((IndexStmt *)node)->idxname);
	}
}

} // namespace surefoot

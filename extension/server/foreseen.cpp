#include "server/foreseen.hpp"

#include "server/compat.hpp"

namespace surefoot {

namespace {

bool is_write(Node *node, void *context)
{
	if (node == nullptr)
		return false;
	return IsA(node, InsertStmt) || IsA(node, UpdateStmt) || IsA(node, DeleteStmt) || compat::merge_target(node) != nullptr ||
		   compat::walk_raw_tree(node, is_write, context);
}

/* Nothing but the column, or a cast of it. */
bool is_plain_cast(Node *expression)
{
	while (IsA(expression, TypeCast))
		expression = ((TypeCast *)expression)->arg;
	return IsA(expression, ColumnRef);
}

bool changes_rows(Node *statement)
{
	switch (nodeTag(statement)) {
	case T_TruncateStmt:
		return true;
	case T_CopyStmt:
		return ((CopyStmt *)statement)->is_from;
	case T_AlterSeqStmt: {
		const List *options = ((AlterSeqStmt *)statement)->options;
		for (int i = 0; i < list_length(options); i++)
			if (strcmp(((DefElem *)list_nth(options, i))->defname, "restart") == 0)
				return true;
		return false;
	}
	case T_AlterTableStmt: {
		const List *commands = ((AlterTableStmt *)statement)->cmds;
		for (int i = 0; i < list_length(commands); i++) {
			const AlterTableCmd *command = (AlterTableCmd *)list_nth(commands, i);
			if (command->subtype != AT_AlterColumnType || command->def == nullptr)
				continue;
			Node *expression = ((ColumnDef *)command->def)->raw_default;
			if (expression != nullptr && !is_plain_cast(expression))
				return true;
		}
		return false;
	}
	case T_SelectStmt:
	case T_InsertStmt:
	case T_UpdateStmt:
	case T_DeleteStmt:
		return pg_call([statement] { return is_write(statement, nullptr); });
	default:
		return compat::merge_target(statement) != nullptr;
	}
}

} // namespace

std::vector<core::Loss> written_rows(const Script &script)
{
	std::vector<core::Loss> losses;
	for (const Statement &statement : script.statements())
		if (changes_rows(statement.raw->stmt))
			losses.push_back({core::WayBack::without_rows, "", "", "line " + std::to_string(statement.line) + " of the up script changes rows"});
	return losses;
}

Foreseen foresee_way_back(Node *statement)
{
	switch (nodeTag(statement)) {
	/* of the whole cluster, or of another server: not recorded */
	case T_CreateRoleStmt:
	case T_AlterRoleStmt:
	case T_AlterRoleSetStmt:
	case T_DropRoleStmt:
	case T_GrantRoleStmt:
	case T_CreatedbStmt:
	case T_DropdbStmt:
	case T_AlterDatabaseStmt:
	case T_AlterDatabaseSetStmt:
	case T_CreateTableSpaceStmt:
	case T_DropTableSpaceStmt:
	case T_AlterSystemStmt:
	case T_CreateSubscriptionStmt:
	case T_AlterSubscriptionStmt:
	case T_DropSubscriptionStmt:
		return Foreseen::none;
	case T_VacuumStmt:
	case T_ReindexStmt:
	case T_VariableSetStmt:
	case T_CheckPointStmt:
	case T_LockStmt:
	case T_ConstraintsSetStmt:
		return Foreseen::needless;
	case T_SelectStmt:
		if (((SelectStmt *)statement)->intoClause == nullptr && !changes_rows(statement))
			return Foreseen::needless;
		break;
	default:
		break;
	}
	return changes_rows(statement) ? Foreseen::without_rows : Foreseen::derived;
}

} // namespace surefoot

/* What statements change that no definition tells of: rows, and what belongs to the whole cluster. */
#include "server/plan/foreseen_parts.hpp"

#include "server/compat.hpp"
#include "server/plan/names_made.hpp"
#include "server/record/sequence_moves.hpp"

extern "C" {
#include "parser/parse_type.h"
#include "utils/lsyscache.h"
}

namespace surefoot {

namespace {

bool is_write(Node *node, void *context)
{
	if (node == nullptr)
		return false;
	return IsA(node, InsertStmt) || IsA(node, UpdateStmt) || IsA(node, DeleteStmt) || compat::merge_target(node) != nullptr ||
		   compat::walk_raw_tree(node, is_write, context);
}

} // namespace

bool is_plain_cast(Node *expression, const char *column, const TypeName *wanted)
{
	/* A text says all of a value; a type in between, as in when::date::timestamp, may not. */
	const auto is_text = [](const TypeName *type) {
		const List *names = type->names;
		if (type->typmods != NIL || type->arrayBounds != NIL || type->setof || names == NIL ||
			(list_length(names) > 1 && strcmp(strVal(linitial(names)), "pg_catalog") != 0))
			return false;
		return strcmp(strVal(llast(names)), "text") == 0 || strcmp(strVal(llast(names)), "varchar") == 0;
	};
	for (; IsA(expression, TypeCast); expression = ((TypeCast *)expression)->arg)
		if (const TypeName *type = ((TypeCast *)expression)->typeName; !is_text(type) && !equal(type, wanted))
			return false;
	if (!IsA(expression, ColumnRef))
		return false;
	Node *name = (Node *)llast(((ColumnRef *)expression)->fields);
	return IsA(name, String) && strcmp(strVal(name), column) == 0;
}

bool changes_rows(Node *statement)
{
	switch (nodeTag(statement)) {
	case T_TruncateStmt:
		return true;
	case T_CopyStmt:
		return ((CopyStmt *)statement)->is_from;
	case T_AlterTableStmt: {
		const List *commands = ((AlterTableStmt *)statement)->cmds;
		for (int i = 0; i < list_length(commands); i++) {
			const AlterTableCmd *command = (AlterTableCmd *)list_nth(commands, i);
			if (command->subtype != AT_AlterColumnType || command->def == nullptr)
				continue;
			Node *expression = ((ColumnDef *)command->def)->raw_default;
			if (expression != nullptr && !is_plain_cast(expression, command->name, ((ColumnDef *)command->def)->typeName))
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

bool is_of_cluster(Node *statement)
{
	const auto is_shared = [](ObjectType type) {
		return type == OBJECT_ROLE || type == OBJECT_DATABASE || type == OBJECT_TABLESPACE || type == OBJECT_LARGEOBJECT;
	};
	switch (nodeTag(statement)) {
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
	case T_AlterTableSpaceOptionsStmt:
	case T_AlterSystemStmt:
		return true;
	case T_RenameStmt: return is_shared(((RenameStmt *)statement)->renameType);
	case T_AlterOwnerStmt: return is_shared(((AlterOwnerStmt *)statement)->objectType);
	case T_CommentStmt: return is_shared(((CommentStmt *)statement)->objtype);
	case T_SecLabelStmt: return is_shared(((SecLabelStmt *)statement)->objtype);
	case T_GrantStmt: {
		const ObjectType type = ((GrantStmt *)statement)->objtype;
		return is_shared(type) || compat::is_parameter(type);
	}
	default: return false;
	}
}

bool is_comment_on_rows(Node *statement)
{
	if (!IsA(statement, CommentStmt) || ((CommentStmt *)statement)->objtype != OBJECT_TYPE)
		return false;
	const TypeName *name = (TypeName *)((CommentStmt *)statement)->object;
	return pg_call([name] {
		const Oid element = get_element_type(LookupTypeNameOid(nullptr, name, true)), table = get_typ_typrelid(element);
		return OidIsValid(table) && get_rel_relkind(table) != RELKIND_COMPOSITE_TYPE;
	});
}

std::string refreshed_view(Node *statement)
{
	if (!IsA(statement, RefreshMatViewStmt))
		return {};
	const RangeVar *name = ((RefreshMatViewStmt *)statement)->relation;
	return pg_call([name]() -> const char * {
		const Oid id = RangeVarGetRelid(name, NoLock, true);
		Relation view = OidIsValid(id) ? RelationIdGetRelation(id) : nullptr;
		if (!RelationIsValid(view))
			return "";
		const bool is_new = view->rd_createSubid != InvalidSubTransactionId;
		RelationClose(view);
		return is_new ? "" : quote_qualified_identifier(get_namespace_name(get_rel_namespace(id)), get_rel_name(id));
	});
}

std::vector<core::Loss> unrecorded(const Script &script, const KeptChanges &kept)
{
	std::vector<core::Loss> losses;
	std::set<std::string> made; /* by the script, which is read again when the transaction that ran it is over */
	for (const Statement &statement : script.statements()) {
		if (const char *name = name_made(statement.raw->stmt))
			made.insert(name);
		const std::string line = "line " + std::to_string(statement.line) + " of the up script";
		const bool truncates = IsA(statement.raw->stmt, TruncateStmt), recasts = IsA(statement.raw->stmt, AlterTableStmt);
		const bool comes_back = truncates ? kept.truncations : recasts ? kept.recasts : kept.rows;
		const std::string why = truncates ? kept.why_not_truncations : recasts ? "" : kept.why_not_rows;
		if (changes_rows(statement.raw->stmt) && !comes_back)
			losses.push_back({core::WayBack::without_rows, "", "", line + " changes rows" + (why.empty() ? "" : " (" + why + ")")});
		if (!kept.sequences && (restarts_sequence(statement.raw->stmt) || calls_for_sequence(statement.raw->stmt)))
			losses.push_back({core::WayBack::without_rows, "", "", line + " changes the position of a sequence, which stays"});
		if (const std::string view = refreshed_view(statement.raw->stmt); !view.empty() && !made.contains(((RefreshMatViewStmt *)statement.raw->stmt)->relation->relname))
			losses.push_back({core::WayBack::without_rows, "", "", line + " refreshes materialized view " + view + ": the rows that it had before do not come back"});
		if (is_comment_on_rows(statement.raw->stmt))
			losses.push_back({core::WayBack::none, "", "", line + " says something of an array of a table's rows, which is not recorded"});
		if (is_of_cluster(statement.raw->stmt))
			losses.push_back({core::WayBack::none, "", "", line + " changes what belongs to the whole cluster, which is not recorded (" +
																 statement.tag + ")"});
	}
	return losses;
}

} // namespace surefoot

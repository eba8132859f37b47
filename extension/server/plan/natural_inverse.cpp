#include "server/plan/natural_inverse.hpp"

namespace surefoot {

namespace {

std::string full_name(const RangeVar *name)
{
	return quote_name(name->schemaname ? name->schemaname : "", name->relname);
}

std::string of_alter_table(const AlterTableStmt *statement)
{
	std::string result;
	/* The last comes off first. */
	for (int i = list_length(statement->cmds) - 1; i >= 0; i--) {
		const AlterTableCmd *command = (AlterTableCmd *)list_nth(statement->cmds, i);
		std::string part;
		if (command->subtype == AT_AddColumn && !command->missing_ok)
			part = "DROP COLUMN " + quote_name(((ColumnDef *)command->def)->colname);
		else if (command->subtype == AT_AddConstraint &&
				 ((Constraint *)command->def)->conname != nullptr)
			part = "DROP CONSTRAINT " + quote_name(((Constraint *)command->def)->conname);
		else
			return "";
		result += (result.empty() ? " " : ", ") + part;
	}
	return "ALTER TABLE " + full_name(statement->relation) + result;
}

std::string of_rename(const RenameStmt *rename)
{
	if (rename->relation == nullptr)
		return "";
	RangeVar name = *rename->relation;
	if (rename->renameType == OBJECT_COLUMN && rename->relationType == OBJECT_TABLE)
		return "ALTER TABLE " + full_name(&name) + " RENAME COLUMN " + quote_name(rename->newname) +
			   " TO " + quote_name(rename->subname);
	if (rename->renameType != OBJECT_TABLE)
		return "";
	const std::string old_name = name.relname;
	name.relname = rename->newname;
	return "ALTER TABLE " + full_name(&name) + " RENAME TO " + quote_name(old_name);
}

} // namespace

std::string natural_inverse(Node *node, const Operation &operation)
{
	switch (nodeTag(node)) {
		case T_IndexStmt: {
			const IndexStmt *index = (IndexStmt *)node;
			if (index->if_not_exists)
				return "";
			if (!operation.index_name.empty())
				return "DROP INDEX CONCURRENTLY " +
					   quote_name(operation.index_schema, operation.index_name);
			if (index->idxname == nullptr)
				return "";
			const char *schema = index->relation->schemaname;
			return "DROP INDEX " + quote_name(schema ? schema : "", index->idxname);
		}
		case T_CreateStmt: {
			const CreateStmt *create = (CreateStmt *)node;
			return create->if_not_exists ? "" : "DROP TABLE " + full_name(create->relation);
		}
		case T_ViewStmt: {
			const ViewStmt *view = (ViewStmt *)node;
			return view->replace ? "" : "DROP VIEW " + full_name(view->view);
		}
		case T_CreateSeqStmt: {
			const CreateSeqStmt *create = (CreateSeqStmt *)node;
			return create->if_not_exists ? "" : "DROP SEQUENCE " + full_name(create->sequence);
		}
		case T_CreateSchemaStmt: {
			const CreateSchemaStmt *create = (CreateSchemaStmt *)node;
			if (create->if_not_exists || create->schemaname == nullptr || create->schemaElts != NIL)
				return "";
			return "DROP SCHEMA " + quote_name(create->schemaname);
		}
		case T_CreateEnumStmt: {
			List *names = ((CreateEnumStmt *)node)->typeName;
			return std::string("DROP TYPE ") +
				   pg_call([names] { return NameListToQuotedString(names); });
		}
		case T_AlterTableStmt: {
			const AlterTableStmt *alter = (AlterTableStmt *)node;
			return alter->objtype == OBJECT_TABLE ? of_alter_table(alter) : "";
		}
		case T_RenameStmt:
			return of_rename((RenameStmt *)node);
		default:
			return "";
	}
}

} // namespace surefoot

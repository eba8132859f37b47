/* What statements of one script take from each other's way back. */
#include "server/plan/foreseen_parts.hpp"

#include "server/compat.hpp"
#include "server/plan/column_facts.hpp"

extern "C" {
#include "catalog/index.h"
}

namespace surefoot {

namespace {

Oid table_named(const RangeVar *name)
{
	return name == nullptr ? InvalidOid : pg_call([name] { return RangeVarGetRelid(name, NoLock, true); });
}

/* Whether rows may come to a table that it did not take before. */
bool loosens(const AlterTableStmt *alter)
{
	for (int i = 0; i < list_length(alter->cmds); i++)
		switch (((AlterTableCmd *)list_nth(alter->cmds, i))->subtype) {
		case AT_DropNotNull:
		case AT_DropConstraint:
		case AT_DropColumn:
		case AT_AlterColumnType: return true;
		default: break;
		}
	return false;
}

/* Whether it gives a column a type that is not there yet. */
bool wants_new_type(const AlterTableStmt *alter)
{
	for (int i = 0; i < list_length(alter->cmds); i++) {
		const AlterTableCmd *command = (AlterTableCmd *)list_nth(alter->cmds, i);
		if (command->subtype != AT_AlterColumnType)
			continue;
		const TypeName *name = ((ColumnDef *)command->def)->typeName;
		int32 modifier;
		if (!OidIsValid(pg_call([name, &modifier] { return type_oid(name, &modifier); })))
			return true;
	}
	return false;
}

} // namespace

const RangeVar *written(Node *statement)
{
	switch (nodeTag(statement)) {
	case T_InsertStmt: return ((InsertStmt *)statement)->relation;
	case T_UpdateStmt: return ((UpdateStmt *)statement)->relation;
	case T_DeleteStmt: return ((DeleteStmt *)statement)->relation;
	case T_CopyStmt: return ((CopyStmt *)statement)->is_from ? ((CopyStmt *)statement)->relation : nullptr;
	default: return compat::merge_target(statement);
	}
}

Foreseen Foresight::of(Node *statement)
{
	const Foreseen foreseen = foresee_way_back(statement, keeping_);
	if (IsA(statement, AlterTableStmt) && loosens((AlterTableStmt *)statement))
		loosened_.insert(table_named(((AlterTableStmt *)statement)->relation));
	if (IsA(statement, DropStmt) && ((DropStmt *)statement)->removeType == OBJECT_INDEX) {
		const List *names = ((DropStmt *)statement)->objects;
		for (int i = 0; i < list_length(names); i++) {
			const List *name = (List *)list_nth(names, i);
			loosened_.insert(pg_call([name] {
				const Oid index = RangeVarGetRelid(makeRangeVarFromNameList((List *)name), NoLock, true);
				return OidIsValid(index) ? IndexGetRelation(index, true) : InvalidOid;
			}));
		}
	}
	loosened_.erase(InvalidOid);
	if (IsA(statement, AlterEnumStmt)) {
		bool &done = ((AlterEnumStmt *)statement)->oldVal ? renames_value_ : adds_value_;
		done = true;
		if (renames_value_ && adds_value_)
			return unknown("whether rows have a value that is renamed, beside one that is added, shows when it is applied");
	}
	makes_domain_ = makes_domain_ || IsA(statement, CreateDomainStmt);
	if (makes_domain_ && IsA(statement, AlterTableStmt) && wants_new_type((AlterTableStmt *)statement))
		return unknown("whether what a new type holds of its values can be what it was again shows when it is applied");
	if (foreseen.what != Foreseen::verdict || loosened_.empty())
		return foreseen;
	/* A row that goes may be one that a foreign key on another table would refer to. */
	const RangeVar *target = written(statement);
	if (IsA(statement, TruncateStmt) || IsA(statement, DeleteStmt) || (target != nullptr && loosened_.contains(table_named(target))))
		return unknown("rows are changed that were free from something, and whether that can come back shows when it is applied");
	return foreseen;
}

} // namespace surefoot

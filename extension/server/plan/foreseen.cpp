#include "server/plan/foreseen_parts.hpp"

#include "server/compat.hpp"
#include "server/record/dependents.hpp"
#include "server/record/sequence_moves.hpp"

extern "C" {
#include "catalog/pg_attrdef.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "parser/parse_type.h"
}

namespace surefoot {

namespace {

/* Other than those of the server's own that change nothing, or where a sequence stands. */
bool is_function_of_users(Node *node, void *context)
{
	if (node == nullptr)
		return false;
	if (IsA(node, FuncCall)) {
		char *schema, *name;
		DeconstructQualifiedName(((FuncCall *)node)->funcname, &schema, &name);
		CatCList *all = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
		const bool moves = strcmp(name, "setval") == 0 || strcmp(name, "nextval") == 0;
		bool of_users = all->n_members == 0;
		for (int i = 0; i < all->n_members; i++) {
			const Form_pg_proc row = (Form_pg_proc)GETSTRUCT(&all->members[i]->tuple);
			of_users = of_users || row->pronamespace != PG_CATALOG_NAMESPACE || (row->provolatile == PROVOLATILE_VOLATILE && !moves);
		}
		ReleaseSysCacheList(all);
		if (of_users)
			return true;
	}
	return compat::walk_raw_tree(node, is_function_of_users, context);
}

Foreseen of_query(Node *statement, const Keeping &keeping)
{
	if (changes_rows(statement))
		return without_changed_rows(statement, keeping);
	Node *query = IsA(statement, CreateTableAsStmt) ? ((CreateTableAsStmt *)statement)->query : statement;
	if (!IsA(query, SelectStmt))
		return unknown("a prepared statement may change anything");
	if (pg_call([query] { return is_function_of_users(query, nullptr); }))
		return unknown("a function may change anything");
	if (calls_for_sequence(query))
		return lossy(core::WayBack::without_rows, "the position of a sequence is changed, and stays");
	return query == statement && ((SelectStmt *)query)->intoClause == nullptr ? needless() : exact();
}

Foreseen of_rename(const RenameStmt *rename)
{
	if (rename->behavior == DROP_CASCADE)
		return cascading();
	const RangeVar *name = rename->relation;
	const bool attached = rename->renameType == OBJECT_INDEX && name != nullptr && pg_call([name] {
		const Oid id = RangeVarGetRelid(name, NoLock, true);
		return OidIsValid(id) && get_rel_relispartition(id);
	});
	return attached ? unknown("it shows when it is applied whether an index of a partition gets its name back") : exact();
}

/* A new operator is tied to those that it names, and may fill one that another has announced. */
bool names_operators(const DefineStmt *define)
{
	for (int i = 0; i < list_length(define->definition); i++) {
		const char *name = ((DefElem *)list_nth(define->definition, i))->defname;
		if (strcmp(name, "commutator") == 0 || strcmp(name, "negator") == 0)
			return true;
	}
	return false;
}

std::string identity_of(const ObjectAddress &object)
{
	const char *text = pg_call([&object] { return getObjectDescription(&object, true); });
	return text ? text : "all that depends on it";
}

bool has_generated_columns(Oid relation)
{
	Relation opened = relation_open(relation, AccessShareLock);
	const TupleConstr *constraints = RelationGetDescr(opened)->constr;
	const bool found = constraints != nullptr && constraints->has_generated_stored;
	relation_close(opened, AccessShareLock);
	return found;
}

/* Columns are altered, and what is made of expressions is made anew; a key of partitions, a domain and the like stay where they are. */
bool can_be_moved(const ObjectAddress &object)
{
	switch (object.classId) {
	case RelationRelationId: {
		const char kind = pg_call([&object] { return get_rel_relkind(object.objectId); });
		return kind == RELKIND_RELATION || kind == RELKIND_VIEW || kind == RELKIND_MATVIEW || kind == RELKIND_INDEX;
	}
	case RewriteRelationId:
	case ConstraintRelationId:
	case TriggerRelationId:
	case PolicyRelationId:
	case AttrDefaultRelationId: return true;
	case ProcedureRelationId: return dependents_of(object).empty();
	default: return false;
	}
}

/* Columns of a type that is made anew are moved over to it; what else is made of it would be in the way. */
Foreseen of_enum(const AlterEnumStmt *alter)
{
	if (alter->oldVal != nullptr)
		return exact();
	const List *names = alter->typeName;
	const ObjectAddress type = pg_call([names] {
		const Oid id = LookupTypeNameOid(nullptr, makeTypeNameFromNameList((List *)names), true);
		return ObjectAddress{TypeRelationId, id, 0};
	});
	if (!OidIsValid(type.objectId))
		return exact();
	Foreseen result = exact();
	for (const Dependent &dependent : dependents_of(type)) {
		const ObjectAddress &by = dependent.object;
		if (dependent.root.objectId == type.objectId)
			continue; /* its array type */
		if (!can_be_moved(by))
			return unknown("the type is made anew without the value, and whether " + identity_of(by) +
						   " is in the way shows when it is applied");
		if (by.classId == RelationRelationId && pg_call([&by] { return has_generated_columns(by.objectId); }))
			result = lossy(core::WayBack::column_order, "a column that comes back comes last");
	}
	return result;
}

} // namespace

std::string in_brackets(const std::string &why)
{
	return why.empty() ? "" : " (" + why + ")";
}

Foreseen without_changed_rows(Node *statement, const Keeping &keeping)
{
	const std::string why = IsA(statement, TruncateStmt) ? keeping.why_not_truncated((TruncateStmt *)statement) : keeping.why_not_changed(written(statement));
	return lossy(core::WayBack::without_rows,
				 keeping.keeps_rows() && why.empty() ? "of the rows that it changes those come back that can be kept"
													 : "rows that it changes stay as they are then" + in_brackets(why));
}

Foreseen foresee_way_back(Node *statement)
{
	return foresee_way_back(statement, Keeping());
}

Foreseen foresee_way_back(Node *statement, const Keeping &keeping)
{
	if (is_of_cluster(statement))
		return lossy(core::WayBack::none, "what belongs to the whole cluster is not recorded");
	if (is_comment_on_rows(statement))
		return lossy(core::WayBack::none, "what is said of an array of a table's rows is not recorded");
	switch (nodeTag(statement)) {
	case T_CreateSubscriptionStmt:
	case T_AlterSubscriptionStmt:
	case T_DropSubscriptionStmt:
		return lossy(core::WayBack::none, "what happens on another server is not taken back");
	case T_AlterUserMappingStmt:
	case T_DropUserMappingStmt:
		return lossy(core::WayBack::none, "its secrets are not kept");
	case T_VacuumStmt:
	case T_ReindexStmt:
	case T_VariableSetStmt:
	case T_VariableShowStmt:
	case T_CheckPointStmt:
	case T_LockStmt:
	case T_ConstraintsSetStmt:
	case T_NotifyStmt:
	case T_ListenStmt:
	case T_UnlistenStmt:
	case T_DiscardStmt:
	case T_PrepareStmt:
	case T_DeallocateStmt:
	case T_DeclareCursorStmt:
	case T_ClosePortalStmt:
	case T_LoadStmt:
		return needless();
	case T_SelectStmt:
	case T_InsertStmt:
	case T_UpdateStmt:
	case T_DeleteStmt:
	case T_CreateTableAsStmt:
		return of_query(statement, keeping);
	case T_DropStmt: return foresee_drop((DropStmt *)statement, keeping);
	case T_AlterTableStmt: return foresee_alter_table((AlterTableStmt *)statement, keeping);
	case T_AlterEnumStmt: return of_enum((AlterEnumStmt *)statement);
	case T_AlterSeqStmt:
		return restarts_sequence(statement) ? foresee_restart(keeping) : exact();
	case T_TruncateStmt:
		return keeping.keeps_truncated((TruncateStmt *)statement) ? lossy(core::WayBack::exact, "its rows are kept") : without_changed_rows(statement, keeping);
	case T_CopyStmt:
		return changes_rows(statement) ? without_changed_rows(statement, keeping) : needless();
	case T_DefineStmt: {
		const DefineStmt *define = (DefineStmt *)statement;
		return define->kind == OBJECT_OPERATOR && names_operators(define)
				   ? unknown("it shows when it is applied which operators it is tied to")
				   : exact();
	}
	case T_CreateStmt: {
		const RangeVar *parent = ((CreateStmt *)statement)->inhRelations != NIL
									 ? (RangeVar *)linitial(((CreateStmt *)statement)->inhRelations)
									 : nullptr;
		const bool has_keys = parent != nullptr && pg_call([parent] {
			const Oid id = RangeVarGetRelid(parent, NoLock, true);
			return OidIsValid(id) && has_keys_of_partitions(id);
		});
		return has_keys ? unknown("it shows when it is applied what becomes of the foreign keys of partitions") : exact();
	}
	case T_ViewStmt:
	case T_IndexStmt:
	case T_CreateSeqStmt:
	case T_CreateSchemaStmt:
	case T_CompositeTypeStmt:
	case T_CreateEnumStmt:
	case T_CreateRangeStmt:
	case T_CreateDomainStmt:
	case T_CreateFunctionStmt:
	case T_AlterFunctionStmt:
	case T_CreateTrigStmt:
	case T_RuleStmt:
	case T_CreatePolicyStmt:
	case T_AlterPolicyStmt:
	case T_CreateStatsStmt:
	case T_AlterStatsStmt:
	case T_CreateCastStmt:
	case T_CreateConversionStmt:
	case T_CreateTransformStmt:
	case T_CreateOpClassStmt:
	case T_CreateOpFamilyStmt:
	case T_AlterOpFamilyStmt:
	case T_AlterOperatorStmt:
	case T_AlterTypeStmt:
	case T_CreatePLangStmt:
	case T_CreateExtensionStmt:
	case T_CreateFdwStmt:
	case T_AlterFdwStmt:
	case T_CreateForeignServerStmt:
	case T_AlterForeignServerStmt:
	case T_CreateForeignTableStmt:
	case T_ImportForeignSchemaStmt:
	case T_CreateUserMappingStmt:
	case T_CreatePublicationStmt:
	case T_AlterPublicationStmt:
	case T_CreateEventTrigStmt:
	case T_AlterEventTrigStmt:
	case T_CommentStmt:
	case T_GrantStmt:
	case T_AlterDefaultPrivilegesStmt:
	case T_SecLabelStmt:
	case T_AlterObjectSchemaStmt:
	case T_AlterObjectDependsStmt:
	case T_AlterOwnerStmt:
	case T_AlterTSDictionaryStmt:
	case T_AlterTSConfigurationStmt:
	case T_ClusterStmt:
	case T_CreateAmStmt:
		return exact();
	case T_RefreshMatViewStmt:
		return refreshed_view(statement).empty() ? exact() : lossy(core::WayBack::without_rows, "the rows that it had before do not come back");
	case T_RenameStmt: return of_rename((RenameStmt *)statement);
	case T_AlterDomainStmt: {
		const AlterDomainStmt *alter = (AlterDomainStmt *)statement;
		return alter->subtype == 'X' ? unknown("it shows when it is applied whether the constraint can be added again") : exact();
	}
	case T_DoStmt: return unknown("a DO block may change anything");
	case T_CallStmt: return unknown("a procedure may change anything");
	case T_AlterExtensionStmt: return unknown("it shows when it is applied whether a script leads to the former version");
	default:
		return changes_rows(statement) ? without_changed_rows(statement, keeping)
									   : unknown("it shows when it is applied");
	}
}

} // namespace surefoot

#include "server/foreseen.hpp"

#include "server/column_facts.hpp"
#include "server/compat.hpp"
#include "server/dependents.hpp"
#include "server/surroundings.hpp"

extern "C" {
#include "catalog/pg_attrdef.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "parser/parse_type.h"
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

std::vector<core::Loss> unrecorded(const Script &script)
{
	std::vector<core::Loss> losses;
	for (const Statement &statement : script.statements()) {
		const std::string line = "line " + std::to_string(statement.line) + " of the up script";
		if (changes_rows(statement.raw->stmt))
			losses.push_back({core::WayBack::without_rows, "", "", line + " changes rows"});
		if (is_of_cluster(statement.raw->stmt))
			losses.push_back({core::WayBack::none, "", "", line + " changes what belongs to the whole cluster, which is not recorded (" +
																 statement.tag + ")"});
	}
	return losses;
}

namespace {

Foreseen exact()
{
	return {};
}

Foreseen needless()
{
	return {Foreseen::needless, core::WayBack::exact};
}

Foreseen lossy(core::WayBack way_back, std::string reason)
{
	return {Foreseen::verdict, way_back, std::move(reason)};
}

Foreseen unknown(std::string reason)
{
	return {Foreseen::unknown, core::WayBack::none, std::move(reason)};
}

Foreseen cascading()
{
	return unknown("it shows when it is applied what CASCADE takes along");
}

/* The worse of two; what is not known is the worst. */
Foreseen worse(Foreseen a, Foreseen b)
{
	const auto rank = [](const Foreseen &f) {
		return f.what == Foreseen::unknown ? 10 : f.what == Foreseen::needless ? -1 : static_cast<int>(f.way_back);
	};
	return rank(b) > rank(a) ? b : a;
}

/* A function of the server's own that changes nothing. */
bool is_function_of_users(Node *node, void *context)
{
	if (node == nullptr)
		return false;
	if (IsA(node, FuncCall)) {
		char *schema, *name;
		DeconstructQualifiedName(((FuncCall *)node)->funcname, &schema, &name);
		CatCList *all = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
		bool of_users = all->n_members == 0;
		for (int i = 0; i < all->n_members; i++) {
			const Form_pg_proc row = (Form_pg_proc)GETSTRUCT(&all->members[i]->tuple);
			of_users = of_users || row->pronamespace != PG_CATALOG_NAMESPACE || row->provolatile == PROVOLATILE_VOLATILE;
		}
		ReleaseSysCacheList(all);
		if (of_users)
			return true;
	}
	return compat::walk_raw_tree(node, is_function_of_users, context);
}

Foreseen of_query(Node *statement)
{
	if (changes_rows(statement))
		return lossy(core::WayBack::without_rows, "rows that it changes stay as they are then");
	Node *query = IsA(statement, CreateTableAsStmt) ? ((CreateTableAsStmt *)statement)->query : statement;
	if (!IsA(query, SelectStmt))
		return unknown("a prepared statement may change anything");
	if (pg_call([query] { return is_function_of_users(query, nullptr); }))
		return unknown("a function may change anything");
	return query == statement && ((SelectStmt *)query)->intoClause == nullptr ? needless() : exact();
}

/* The server writes such a CHECK in other words when it is made from its own. */
bool has_checked_domains(Oid table)
{
	Relation relation = relation_open(table, AccessShareLock);
	const TupleDesc columns = RelationGetDescr(relation);
	bool found = false;
	if (columns->constr != nullptr && columns->constr->num_check > 0)
		for (int i = 0; i < columns->natts; i++)
			found = found || (!TupleDescAttr(columns, i)->attisdropped && get_typtype(TupleDescAttr(columns, i)->atttypid) == TYPTYPE_DOMAIN);
	relation_close(relation, AccessShareLock);
	return found;
}

Foreseen of_drop(const DropStmt *drop)
{
	if (drop->behavior == DROP_CASCADE && drop->removeType != OBJECT_INDEX)
		return cascading();
	switch (drop->removeType) {
	case OBJECT_TABLE:
		for (int i = 0; i < list_length(drop->objects); i++) {
			const List *name = (List *)list_nth(drop->objects, i);
			const bool inherits = pg_call([name] {
				const Oid id = RangeVarGetRelid(makeRangeVarFromNameList((List *)name), NoLock, true);
				return OidIsValid(id) && (has_superclass(id) || has_checked_domains(id));
			});
			if (inherits)
				return unknown("its rows are gone, and it shows when it is applied whether all that it has from its parents, or from domains, comes back");
		}
		return lossy(core::WayBack::without_rows, "its rows are gone");
	case OBJECT_SEQUENCE: return lossy(core::WayBack::without_rows, "it starts anew");
	case OBJECT_EXTENSION: return unknown("it shows when it is applied what the extension holds");
	case OBJECT_OPERATOR: return unknown("it shows when it is applied which operators are tied to it");
	default: return exact();
	}
}

/* What the parent alone had said of it. */
bool has_inherited_parts(Oid table)
{
	Relation relation = table_open(table, AccessShareLock);
	bool found = false;
	for (int i = 0; i < RelationGetDescr(relation)->natts; i++) {
		const Form_pg_attribute column = TupleDescAttr(RelationGetDescr(relation), i);
		found = found || (!column->attisdropped && column->attinhcount > 0 && !column->attislocal);
	}
	table_close(relation, AccessShareLock);
	return found;
}

/* A foreign key, on either side, of a partitioned table or a partition. */
bool has_keys_of_partitions(Oid table)
{
	Relation relation = relation_open(table, AccessShareLock);
	bool found = false;
	if (relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE || relation->rd_rel->relispartition)
		for (int i = 0; relation->trigdesc != nullptr && i < relation->trigdesc->numtriggers; i++)
			found = found || RI_FKey_trigger_type(relation->trigdesc->triggers[i].tgfoid) != RI_TRIGGER_NONE;
	relation_close(relation, AccessShareLock);
	return found;
}

/* NOT NULL, and with no default that would do where one value for all rows does not. */
bool must_have_values(Oid table, const char *name)
{
	const Column column = OidIsValid(table) ? find_column(table, name) : Column{};
	if (!column.exists || !column.not_null)
		return false;
	Relation relation = relation_open(table, AccessShareLock);
	const Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation), column.number - 1);
	bool found = !attribute->atthasdef && attribute->attidentity == '\0';
	if (found && !has_check_on(table, column.number)) {
		/* One value for all rows is no key. */
		found = false;
		const List *keys = RelationGetFKeyList(relation);
		for (int i = 0; i < list_length(keys); i++) {
			const ForeignKeyCacheInfo *key = (ForeignKeyCacheInfo *)list_nth(keys, i);
			for (int n = 0; n < key->nkeys; n++)
				found = found || key->conkey[n] == column.number;
		}
		const List *indexes = RelationGetIndexList(relation);
		for (int i = 0; i < list_length(indexes); i++) {
			Relation index = index_open(list_nth_oid(indexes, i), AccessShareLock);
			const Form_pg_index form = index->rd_index;
			for (int n = 0; n < form->indnkeyatts; n++)
				found = found || (form->indkey.values[n] == column.number && (form->indisunique || form->indisexclusion));
			index_close(index, AccessShareLock);
		}
	}
	relation_close(relation, AccessShareLock);
	return found;
}

/* Whether rows can get some value of its type when it comes back as NOT NULL. */
bool has_filler(Oid table, const char *name)
{
	if (!OidIsValid(table))
		return true;
	const std::string type = pg_call([table, name] {
		const Column column = find_column(table, name);
		return column.exists && column.not_null ? format_type_with_typemod(column.type, column.typmod) : "";
	});
	return type.empty() || !LiveSurroundings().filler_of(type).empty();
}

Foreseen of_type_change(Oid table, const AlterTableCmd *command)
{
	const ColumnDef *definition = (ColumnDef *)command->def;
	if (definition->raw_default != nullptr && !is_plain_cast(definition->raw_default))
		return unknown("its values are computed anew, and whether a cast takes them back shows when it is applied");
	const TypeName *wanted = definition->typeName;
	const char *name = command->name;
	std::string from, to;
	pg_call([&] {
		if (!OidIsValid(table))
			return;
		const Column column = find_column(table, name);
		int32 modifier = -1;
		const Oid type = column.exists ? type_oid(wanted, &modifier) : InvalidOid;
		if (!OidIsValid(type))
			return;
		from = format_type_with_typemod(column.type, column.typmod);
		to = format_type_with_typemod(type, modifier);
	});
	if (from.empty() || to.empty() || !core::keeps_values(from, to))
		return lossy(core::WayBack::without_rows, "its values may not be what they were, as they were of another type");
	return exact();
}

Foreseen of_subcommand(const AlterTableStmt *alter, Oid table, const AlterTableCmd *command)
{
	if (command->behavior == DROP_CASCADE)
		return cascading();
	const char *name = command->name;
	const auto is_followed = [table, name] {
		return !OidIsValid(table) || pg_call([table, name] {
			const Column column = find_column(table, name);
			return !column.exists || has_later_column(table, column.number);
		});
	};
	/* Children keep it as their own. */
	const bool leaves_children = !alter->relation->inh && OidIsValid(table) && pg_call([table] { return has_subclass(table); });
	if (leaves_children && (command->subtype == AT_DropColumn || command->subtype == AT_DropConstraint))
		return lossy(core::WayBack::none, "what its children have from it alone becomes their own");
	const auto with_keys = [table] {
		return OidIsValid(table) && pg_call([table] { return has_keys_of_partitions(table); })
				   ? unknown("it shows when it is applied what becomes of the foreign keys of partitions")
				   : exact();
	};
	switch (command->subtype) {
	case AT_DropConstraint:
	case AT_DetachPartition: return with_keys();
	case AT_DropColumn:
		if (pg_call([table, name] { return must_have_values(table, name); }) || !has_filler(table, name))
			return unknown("its values are gone, and whether it comes back as NOT NULL where there are rows shows when it is applied");
		return lossy(core::WayBack::without_rows, is_followed() ? "its values are gone, and it comes back last" : "its values are gone");
	case AT_AlterColumnType:
		if (alter->objtype == OBJECT_TYPE)
			return unknown("it shows when it is applied which tables have the type");
		return of_type_change(table, command);
	case AT_DropExpression:
		return is_followed() ? lossy(core::WayBack::column_order, "a column that comes back comes last") : exact();
	case AT_DropIdentity:
		return lossy(core::WayBack::without_rows, "its sequence starts anew");
	case AT_DropInherit:
		return !OidIsValid(table) || pg_call([table] { return has_inherited_parts(table); })
				   ? lossy(core::WayBack::none, "columns that it has from its parent alone become its own")
				   : exact();
	case AT_AttachPartition:
		/* Of an index that the script makes itself, the whole goes again. */
		return alter->objtype == OBJECT_INDEX && OidIsValid(table)
				   ? lossy(core::WayBack::none, "an index that has become a part of another cannot be taken out of it")
				   : with_keys();
	case AT_AddOf:
	case AT_DropOf:
	case AT_GenericOptions:
		return unknown("it shows when it is applied");
	default: return exact();
	}
}

Foreseen of_alter_table(const AlterTableStmt *alter)
{
	const RangeVar *relation = alter->relation;
	const Oid table = pg_call([relation] { return RangeVarGetRelid(relation, NoLock, true); });
	Foreseen result = exact();
	for (int i = 0; i < list_length(alter->cmds); i++)
		result = worse(result, of_subcommand(alter, table, (AlterTableCmd *)list_nth(alter->cmds, i)));
	return result;
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

Foreseen foresee_way_back(Node *statement)
{
	if (is_of_cluster(statement))
		return lossy(core::WayBack::none, "what belongs to the whole cluster is not recorded");
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
		return of_query(statement);
	case T_DropStmt: return of_drop((DropStmt *)statement);
	case T_AlterTableStmt: return of_alter_table((AlterTableStmt *)statement);
	case T_AlterEnumStmt: return of_enum((AlterEnumStmt *)statement);
	case T_AlterSeqStmt:
		return changes_rows(statement) ? lossy(core::WayBack::without_rows, "where it stood is not kept") : exact();
	case T_TruncateStmt:
	case T_CopyStmt:
		return changes_rows(statement) ? lossy(core::WayBack::without_rows, "rows that it changes stay as they are then") : needless();
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
	case T_RefreshMatViewStmt:
	case T_CreateAmStmt:
		return exact();
	case T_RenameStmt: return of_rename((RenameStmt *)statement);
	case T_AlterDomainStmt: {
		const AlterDomainStmt *alter = (AlterDomainStmt *)statement;
		return alter->subtype == 'X' ? unknown("it shows when it is applied whether the constraint can be added again") : exact();
	}
	case T_DoStmt: return unknown("a DO block may change anything");
	case T_CallStmt: return unknown("a procedure may change anything");
	case T_AlterExtensionStmt: return unknown("it shows when it is applied whether a script leads to the former version");
	default:
		return changes_rows(statement) ? lossy(core::WayBack::without_rows, "rows that it changes stay as they are then")
									   : unknown("it shows when it is applied");
	}
}

} // namespace surefoot

#include "server/existing/existing_object.hpp"

extern "C" {
#include "catalog/pg_collation.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "foreign/foreign.h"
#include "parser/parse_func.h"
#include "parser/parse_type.h"
}

namespace surefoot {

namespace {

constexpr ObjectAddress nothing = {InvalidOid, InvalidOid, 0};

ObjectAddress address(Oid class_id, Oid id, int32 sub_id = 0)
{
	ObjectAddress result;
	ObjectAddressSubSet(result, class_id, id, sub_id);
	return OidIsValid(id) ? result : nothing;
}

/* A plain function, used inside guarded calls only: the type, of the relation that a composite type has. */
ObjectAddress address_of_relation(Oid id)
{
	if (OidIsValid(id) && get_rel_relkind(id) == RELKIND_COMPOSITE_TYPE)
		return address(TypeRelationId, get_rel_type_id(id));
	return address(RelationRelationId, id);
}

/* A relation of that name where the statement would create one; nothing when the schema cannot be found. */
ObjectAddress new_relation(const RangeVar *name)
{
	return pg_call([name] {
		RangeVar *copy = (RangeVar *)copyObjectImpl(name);
		if (copy->schemaname != nullptr && !OidIsValid(get_namespace_oid(copy->schemaname, true)))
			return nothing;
		if (copy->relpersistence == RELPERSISTENCE_TEMP)
			return nothing;
		const Oid schema = RangeVarGetCreationNamespace(copy);
		return address_of_relation(get_relname_relid(copy->relname, schema));
	});
}

ObjectAddress new_index(const IndexStmt *index)
{
	const RangeVar *table = index->relation;
	const char *name = index->idxname;
	if (name == nullptr)
		return nothing;
	return pg_call([table, name] {
		const Oid id = RangeVarGetRelid(table, NoLock, true);
		return OidIsValid(id) ? address_of_relation(get_relname_relid(name, get_rel_namespace(id))) : nothing;
	});
}

ObjectAddress new_type(List *names)
{
	return pg_call([names] {
		char *name;
		const Oid schema = QualifiedNameGetCreationNamespace(names, &name);
		return address(TypeRelationId,
					   GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name), ObjectIdGetDatum(schema)));
	});
}

ObjectAddress new_trigger(const CreateTrigStmt *trigger)
{
	return pg_call([trigger] {
		const Oid id = RangeVarGetRelid(trigger->relation, NoLock, true);
		return OidIsValid(id) ? address(TriggerRelationId, get_trigger_oid(id, trigger->trigname, true)) : nothing;
	});
}

ObjectAddress new_function(CreateFunctionStmt *function)
{
	return pg_call([function] {
		ObjectWithArgs *object = makeNode(ObjectWithArgs);
		object->objname = function->funcname;
		for (int i = 0; i < list_length(function->parameters); i++) {
			FunctionParameter *parameter = list_nth_node(FunctionParameter, function->parameters, i);
			if (parameter->mode == FUNC_PARAM_IN || parameter->mode == FUNC_PARAM_INOUT ||
				parameter->mode == FUNC_PARAM_DEFAULT || parameter->mode == FUNC_PARAM_VARIADIC)
				object->objargs = lappend(object->objargs, parameter->argType);
		}
		object->objfuncargs = function->parameters;
		return address(ProcedureRelationId,
					   LookupFuncWithArgs(function->is_procedure ? OBJECT_PROCEDURE : OBJECT_FUNCTION, object, true));
	});
}

ObjectAddress new_statistics(List *names)
{
	if (names == NIL)
		return nothing;
	return pg_call([names] {
		char *name;
		const Oid schema = QualifiedNameGetCreationNamespace(names, &name);
		return address(StatisticExtRelationId, GetSysCacheOid2(STATEXTNAMENSP, Anum_pg_statistic_ext_oid,
															   CStringGetDatum(name), ObjectIdGetDatum(schema)));
	});
}

ObjectAddress new_collation(const DefineStmt *define)
{
	if (define->kind != OBJECT_COLLATION)
		return nothing;
	List *names = define->defnames;
	return pg_call([names] {
		char *name;
		const Oid schema = QualifiedNameGetCreationNamespace(names, &name);
		List *full = list_make2(makeString(get_namespace_name(schema)), makeString(name));
		return address(CollationRelationId, get_collation_oid(full, true));
	});
}

bool is_inherited_alone(Oid constraint)
{
	HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
	if (!HeapTupleIsValid(tuple))
		return false;
	const Form_pg_constraint form = (Form_pg_constraint)GETSTRUCT(tuple);
	const bool alone = !form->conislocal && form->coninhcount > 0;
	ReleaseSysCache(tuple);
	return alone;
}

} // namespace

ObjectAddress existing_object(Node *node)
{
	switch (nodeTag(node)) {
	case T_CreateStmt:
	case T_CreateForeignTableStmt:
		return new_relation(((CreateStmt *)node)->relation);
	case T_CreateStatsStmt:
		return new_statistics(((CreateStatsStmt *)node)->defnames);
	case T_DefineStmt:
		return ((DefineStmt *)node)->if_not_exists ? new_collation((DefineStmt *)node) : nothing;
	case T_CreateForeignServerStmt: {
		const CreateForeignServerStmt *server = (CreateForeignServerStmt *)node;
		return server->if_not_exists ? address(ForeignServerRelationId,
											   pg_call([server] { return get_foreign_server_oid(server->servername, true); }))
									 : nothing;
	}
	case T_CreateTableAsStmt:
		return new_relation(((CreateTableAsStmt *)node)->into->rel);
	case T_ViewStmt:
		return new_relation(((ViewStmt *)node)->view);
	case T_CreateSeqStmt:
		return new_relation(((CreateSeqStmt *)node)->sequence);
	case T_CompositeTypeStmt:
		return new_relation(((CompositeTypeStmt *)node)->typevar);
	case T_IndexStmt:
		return new_index((IndexStmt *)node);
	case T_CreateEnumStmt:
		return new_type(((CreateEnumStmt *)node)->typeName);
	case T_CreateDomainStmt:
		return new_type(((CreateDomainStmt *)node)->domainname);
	case T_CreateRangeStmt:
		return new_type(((CreateRangeStmt *)node)->typeName);
	case T_CreateTrigStmt:
		return new_trigger((CreateTrigStmt *)node);
	case T_CreateFunctionStmt:
		return new_function((CreateFunctionStmt *)node);
	case T_CreateSchemaStmt: {
		const char *name = ((CreateSchemaStmt *)node)->schemaname;
		if (name == nullptr || ((CreateSchemaStmt *)node)->schemaElts != NIL)
			return nothing;
		return pg_call([name] { return address(NamespaceRelationId, get_namespace_oid(name, true)); });
	}
	default:
		return nothing;
	}
}

ObjectAddress existing_part(const AlterTableStmt *alter, const AlterTableCmd *command)
{
	return pg_call([alter, command] {
		const Oid table = RangeVarGetRelid(alter->relation, NoLock, true);
		if (!OidIsValid(table))
			return nothing;
		if (command->subtype == AT_AddColumn) {
			const AttrNumber number = get_attnum(table, castNode(ColumnDef, command->def)->colname);
			return number > 0 ? address(RelationRelationId, table, number) : nothing;
		}
		if (command->subtype == AT_AddConstraint) {
			const Constraint *wanted = castNode(Constraint, command->def);
			const Oid found = wanted->conname ? get_relation_constraint_oid(table, wanted->conname, true) : InvalidOid;
			/* A CHECK that it has from a parent alone becomes its own as well. */
			return OidIsValid(found) && !(wanted->contype == CONSTR_CHECK && is_inherited_alone(found))
					   ? address(ConstraintRelationId, found)
					   : nothing;
		}
		return nothing;
	});
}

EnumPlace find_enum_value(const AlterEnumStmt *alter)
{
	return pg_call([alter] {
		const auto order = [](Oid type, const char *label, float4 *result) {
			HeapTuple tuple = SearchSysCache2(ENUMTYPOIDNAME, ObjectIdGetDatum(type), CStringGetDatum(label));
			if (!HeapTupleIsValid(tuple))
				return false;
			*result = ((Form_pg_enum)GETSTRUCT(tuple))->enumsortorder;
			ReleaseSysCache(tuple);
			return true;
		};
		EnumPlace place = {false, true};
		const Oid type = LookupTypeNameOid(nullptr, makeTypeNameFromNameList(alter->typeName), true);
		float4 value, neighbor;
		if (!OidIsValid(type) || strlen(alter->newVal) >= NAMEDATALEN)
			return place;
		place.exists = order(type, alter->newVal, &value);
		if (place.exists && alter->newValNeighbor != nullptr && strlen(alter->newValNeighbor) < NAMEDATALEN &&
			order(type, alter->newValNeighbor, &neighbor))
			place.as_said = alter->newValIsAfter ? value > neighbor : value < neighbor;
		return place;
	});
}

} // namespace surefoot

#include "server/script/other_targets.hpp"

#include "server/script/targets.hpp"

extern "C" {
#include "catalog/dependency.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_shdepend.h"
#include "parser/parse_type.h"
}

namespace surefoot {

namespace {

using Found = std::function<void(const ObjectAddress &)>;

/* Kept by the lock until the transaction ends; nothing when it is not there. */
ObjectAddress resolve(ObjectType type, Node *object, const RangeVar *relation = nullptr)
{
	return pg_call([=] {
		ObjectAddress address = {InvalidOid, InvalidOid, 0};
		if (object != nullptr)
			address = find_object(type, object, AccessShareLock);
		else if (relation != nullptr)
			ObjectAddressSet(address, RelationRelationId, RangeVarGetRelid(relation, AccessShareLock, true));
		return address;
	});
}

void find(const ObjectAddress &address, const Found &found)
{
	if (OidIsValid(address.objectId))
		found(address);
}

Node *string_node(char *name)
{
	return pg_call([name] { return (Node *)makeString(name); });
}

/* What role owns here, what it was granted, the policies that name it: DROP OWNED changes all of them. */
List *owned_by(Oid role)
{
	List *result = NIL;
	ScanKeyData keys[2];
	Relation relation = table_open(SharedDependRelationId, AccessShareLock);
	ScanKeyInit(&keys[0], Anum_pg_shdepend_refclassid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(AuthIdRelationId));
	ScanKeyInit(&keys[1], Anum_pg_shdepend_refobjid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(role));
	SysScanDesc scan = systable_beginscan(relation, SharedDependReferenceIndexId, true, nullptr, 2, keys);
	for (HeapTuple tuple; HeapTupleIsValid(tuple = systable_getnext(scan));) {
		const Form_pg_shdepend row = (Form_pg_shdepend)GETSTRUCT(tuple);
		if (row->dbid != MyDatabaseId)
			continue;
		ObjectAddress *address = (ObjectAddress *)palloc(sizeof(ObjectAddress));
		ObjectAddressSubSet(*address, row->classid, row->objid, row->objsubid);
		result = lappend(result, address);
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return result;
}

void find_owned(DropOwnedStmt *statement, const Found &found)
{
	for (int i = 0; i < list_length(statement->roles); i++) {
		RoleSpec *role = (RoleSpec *)list_nth(statement->roles, i);
		List *owned = pg_call([role]() -> List * {
			const Oid id = role->roletype == ROLESPEC_PUBLIC ? InvalidOid : get_rolespec_oid(role, true);
			return OidIsValid(id) ? owned_by(id) : NIL;
		});
		for (int k = 0; k < list_length(owned); k++)
			found(*(ObjectAddress *)list_nth(owned, k));
	}
}

/* The operator of that name in the schema where it would be created. */
Oid operator_at(List *names, Oid left, Oid right)
{
	char *schema, *name;
	DeconstructQualifiedName(names, &schema, &name);
	List *path = schema == nullptr ? fetch_search_path(false) : NIL;
	const Oid space = schema != nullptr ? get_namespace_oid(schema, true) : path != NIL ? linitial_oid(path) : InvalidOid;
	return GetSysCacheOid4(OPERNAMENSP, Anum_pg_operator_oid, CStringGetDatum(name), ObjectIdGetDatum(left), ObjectIdGetDatum(right),
						   ObjectIdGetDatum(space));
}

/* A new operator may fill one that was but announced by another, and ties itself to the ones that it names. */
void find_operators(DefineStmt *define, const Found &found)
{
	Oid operators[3] = {};
	pg_call([define, &operators] {
		Oid left = InvalidOid, right = InvalidOid;
		const auto option = [define](const char *name) -> DefElem * {
			for (int i = 0; i < list_length(define->definition); i++)
				if (DefElem *element = (DefElem *)list_nth(define->definition, i); strcmp(element->defname, name) == 0)
					return element;
			return nullptr;
		};
		if (DefElem *type = option("leftarg"))
			left = LookupTypeNameOid(nullptr, defGetTypeName(type), true);
		if (DefElem *type = option("rightarg"))
			right = LookupTypeNameOid(nullptr, defGetTypeName(type), true);
		operators[0] = operator_at(define->defnames, left, right);
		if (DefElem *other = option("commutator"))
			operators[1] = OpernameGetOprid(defGetQualifiedName(other), right, left);
		if (DefElem *other = option("negator"))
			operators[2] = OpernameGetOprid(defGetQualifiedName(other), left, right);
	});
	for (const Oid id : operators)
		find({OperatorRelationId, id, 0}, found);
}

} // namespace

void find_other_targets(Node *node, const Found &found, const Found &members)
{
	switch (nodeTag(node)) {
	case T_DefineStmt:
		if (((DefineStmt *)node)->kind == OBJECT_OPERATOR)
			find_operators((DefineStmt *)node, found);
		break;
	case T_DropOwnedStmt:
		find_owned((DropOwnedStmt *)node, found);
		break;
	case T_AlterExtensionContentsStmt: {
		AlterExtensionContentsStmt *alter = (AlterExtensionContentsStmt *)node;
		find(resolve(OBJECT_EXTENSION, string_node(alter->extname)), found);
		find(resolve(alter->objtype, alter->object), members);
		break;
	}
	case T_AlterObjectDependsStmt: {
		AlterObjectDependsStmt *alter = (AlterObjectDependsStmt *)node;
		/* A trigger is named together with its table. */
		if (alter->relation != nullptr && alter->object != nullptr) {
			find(resolve(OBJECT_TABLE, nullptr, alter->relation), found);
			break;
		}
		find(resolve(alter->objectType, alter->object, alter->relation), found);
		break;
	}
	default:
		break;
	}
}

} // namespace surefoot

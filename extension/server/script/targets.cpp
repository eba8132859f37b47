#include "server/script/targets.hpp"

#include "server/compat.hpp"

#include <set>

extern "C" {
#include "catalog/heap.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
}

namespace surefoot {

namespace {

/* What the walk below calls back; plain pointers, because server calls that may jump lie between. */
struct Visitor {
	const std::function<void(const ObjectAddress &)> &found;
	const std::function<void(Oid)> &wanted;
};

/* The server asks it each time before it waits, because the name may mean another relation then. */
void refuse_foreign(const RangeVar *name, Oid id, Oid, void *privileges)
{
	if (OidIsValid(id) && !may_lock(id, *(const AclMode *)privileges))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(get_rel_relkind(id)), name->relname);
}

/*
 * Locks a relation by name; children as well when recurse. RangeVarGetRelidExtended looks the name up again after each wait, so
 * what is locked is what the name means. Whoever may not do what the statement does waits for no lock either, as others would queue
 * behind it. privileges are those that do as well as to own the relation.
 */
void lock_relation(const RangeVar *name, LOCKMODE mode, bool recurse, const Visitor &visit, AclMode privileges = ACL_NO_RIGHTS)
{
	struct {
		Oid id;
		List *children;
	} locked = {InvalidOid, NIL};

	const Oid expected = pg_call([name] { return RangeVarGetRelid(name, NoLock, true); });
	if (!OidIsValid(expected))
		return;
	const bool weak = mode <= AccessShareLock;
	visit.wanted(expected);
	List *const children = pg_call([expected, recurse] {
		return recurse && has_subclass(expected) ? find_all_inheritors(expected, NoLock, nullptr) : (List *)NIL;
	});
	for (int i = 0; i < list_length(children); i++)
		if (const Oid child = list_nth_oid(children, i); child != expected)
			visit.wanted(child);
	pg_call([&] {
		locked.id = RangeVarGetRelidExtended(name, mode, RVR_MISSING_OK, weak ? nullptr : refuse_foreign, &privileges);
		if (OidIsValid(locked.id) && recurse && has_subclass(locked.id))
			locked.children = find_all_inheritors(locked.id, mode, nullptr);
	});
	if (!OidIsValid(locked.id))
		return;
	ObjectAddress address;
	ObjectAddressSet(address, RelationRelationId, locked.id);
	visit.found(address);
	const int count = list_length(locked.children);
	for (int i = 0; i < count; i++) {
		ObjectAddressSet(address, RelationRelationId, list_nth_oid(locked.children, i));
		if (address.objectId != locked.id)
			visit.found(address);
	}
}

/* Those as well that CASCADE takes along; what it finds may grow until all are locked. */
void lock_truncated(const TruncateStmt *statement, const Visitor &visit)
{
	std::set<Oid> locked;
	for (bool again = true; again;) {
		again = false;
		for (const Oid id : truncated_tables(statement)) {
			if (locked.contains(id))
				continue;
			/* Then the statement fails. */
			if (!pg_call([id] { return may_lock(id, ACL_TRUNCATE); }))
				return;
			visit.wanted(id);
			ObjectAddress address;
			ObjectAddressSet(address, RelationRelationId, id);
			pg_call([id] { LockRelationOid(id, AccessExclusiveLock); });
			visit.found(address);
			locked.insert(id);
			again = true;
		}
	}
}

Node *type_object(List *names)
{
	return pg_call([names] { return (Node *)makeTypeNameFromNameList(names); });
}

void lock_object(ObjectType type, Node *object, LOCKMODE mode, const Visitor &visit)
{
	if (object == nullptr)
		return;
	/* Some statements name a type by its bare names. */
	if ((type == OBJECT_TYPE || type == OBJECT_DOMAIN) && IsA(object, List))
		object = type_object((List *)object);
	/* Some lock must be taken; where the statement takes none, the weakest there is. */
	const LOCKMODE some = mode == NoLock ? AccessShareLock : mode;
	const ObjectAddress address = pg_call([=] { return find_object(type, object, some); });
	if (OidIsValid(address.objectId))
		visit.found(address);
}

void lock_drop(DropStmt *statement, const Visitor &visit)
{
	const LOCKMODE mode = target_lock((Node *)statement);
	for (int i = 0; i < list_length(statement->objects); i++) {
		Node *object = (Node *)list_nth(statement->objects, i);
		/* DROP TABLE of a view is an error that the statement itself shall raise. */
		switch (statement->removeType) {
		case OBJECT_TABLE:
		case OBJECT_VIEW:
		case OBJECT_MATVIEW:
		case OBJECT_SEQUENCE:
		case OBJECT_FOREIGN_TABLE:
		case OBJECT_INDEX: {
			const RangeVar *name = pg_call([object] { return makeRangeVarFromNameList((List *)object); });
			lock_relation(name, mode, statement->removeType == OBJECT_TABLE, visit);
			break;
		}
		default:
			lock_object(statement->removeType, object, mode, visit);
		}
	}
}

/* The rows of catalog whose schema is this one, for which wanted says so. */
template <typename T> List *all_in_schema(Oid catalog, AttrNumber schema_column, Oid schema, bool (*wanted)(const T *, ObjectType),
										  ObjectType type)
{
	List *found = NIL;
	ScanKeyData key;
	ScanKeyInit(&key, schema_column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(schema));
	Relation relation = table_open(catalog, AccessShareLock);
	SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, nullptr, 1, &key);
	for (HeapTuple tuple; HeapTupleIsValid(tuple = systable_getnext(scan));) {
		const T *row = (const T *)GETSTRUCT(tuple);
		if (wanted(row, type))
			found = lappend_oid(found, row->oid);
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return found;
}

bool is_granted_on(const FormData_pg_class *relation, ObjectType type)
{
	switch (relation->relkind) {
	case RELKIND_SEQUENCE:
		return type == OBJECT_SEQUENCE;
	case RELKIND_RELATION:
	case RELKIND_VIEW:
	case RELKIND_MATVIEW:
	case RELKIND_FOREIGN_TABLE:
	case RELKIND_PARTITIONED_TABLE:
		return type == OBJECT_TABLE;
	default:
		return false;
	}
}

bool is_granted_on(const FormData_pg_proc *function, ObjectType type)
{
	return type == OBJECT_ROUTINE || (type == OBJECT_PROCEDURE) == (function->prokind == PROKIND_PROCEDURE);
}

/* GRANT ... ON ALL ... IN SCHEMA: no hook of the server tells of what it changes. */
void grant_targets_in_schema(const char *schema_name, ObjectType type, const Visitor &visit)
{
	const bool relations = type == OBJECT_TABLE || type == OBJECT_SEQUENCE;
	List *found = pg_call([schema_name, type, relations] {
		const Oid schema = get_namespace_oid(schema_name, true);
		if (!OidIsValid(schema))
			return (List *)NIL;
		return relations ? all_in_schema<FormData_pg_class>(RelationRelationId, Anum_pg_class_relnamespace, schema, is_granted_on,
															type)
						 : all_in_schema<FormData_pg_proc>(ProcedureRelationId, Anum_pg_proc_pronamespace, schema, is_granted_on,
														   type);
	});
	for (int i = 0; i < list_length(found); i++) {
		ObjectAddress address;
		ObjectAddressSet(address, relations ? RelationRelationId : ProcedureRelationId, list_nth_oid(found, i));
		visit.found(address);
	}
}

void grant_targets(GrantStmt *statement, const Visitor &visit)
{
	if (statement->targtype == ACL_TARGET_ALL_IN_SCHEMA) {
		for (int i = 0; i < list_length(statement->objects); i++)
			grant_targets_in_schema(strVal(list_nth(statement->objects, i)), statement->objtype, visit);
		return;
	}
	if (statement->targtype != ACL_TARGET_OBJECT)
		return;
	for (int i = 0; i < list_length(statement->objects); i++) {
		Node *object = (Node *)list_nth(statement->objects, i);
		if (statement->objtype == OBJECT_TABLE || statement->objtype == OBJECT_SEQUENCE)
			lock_relation((RangeVar *)object, AccessShareLock, false, visit);
		else
			lock_object(statement->objtype, object, AccessShareLock, visit);
	}
}

/* Whether a subcommand is about the inheritors of the table as well; those in doubt count as such. */
bool recurses(const AlterTableCmd *command)
{
	switch (command->subtype) {
	case AT_AttachPartition:
	case AT_DetachPartition:
	case AT_DetachPartitionFinalize:
	case AT_AddInherit:
	case AT_DropInherit:
	case AT_AddOf:
	case AT_DropOf:
	case AT_ChangeOwner:
	case AT_SetRelOptions:
	case AT_ResetRelOptions:
	case AT_ReplaceRelOptions:
	case AT_SetTableSpace:
	case AT_SetLogged:
	case AT_SetUnLogged:
	case AT_ReplicaIdentity:
	case AT_ClusterOn:
	case AT_DropCluster:
	case AT_EnableRowSecurity:
	case AT_DisableRowSecurity:
	case AT_ForceRowSecurity:
	case AT_NoForceRowSecurity:
	case AT_SetOptions:
	case AT_ResetOptions:
		return false;
	default:
		return true;
	}
}

bool recurses(const AlterTableStmt *alter)
{
	for (int i = 0; i < list_length(alter->cmds); i++)
		if (recurses((const AlterTableCmd *)list_nth(alter->cmds, i)))
			return alter->relation->inh;
	return false;
}

/* RENAME of the table alone leaves its inheritors alone. */
bool recurses(const RenameStmt *rename)
{
	return rename->relation->inh && (rename->renameType == OBJECT_COLUMN || rename->renameType == OBJECT_ATTRIBUTE ||
									 rename->renameType == OBJECT_TABCONSTRAINT);
}

/* The partition that is detached: whoever owns the parent may do that. */
void lock_part(const PartitionCmd *command, const Visitor &visit)
{
	const RangeVar *name = command->name;
	const LOCKMODE mode = command->concurrent ? ShareUpdateExclusiveLock : AccessExclusiveLock;
	const Oid part = pg_call([name] { return RangeVarGetRelid(name, NoLock, true); });
	if (!OidIsValid(part))
		return;
	visit.wanted(part);
	pg_call([part, mode] { LockRelationOid(part, mode); });
	ObjectAddress address;
	ObjectAddressSet(address, RelationRelationId, part);
	visit.found(address);
}

/* The tables that ALTER TABLE changes beside the one that it names. */
void alter_table_others(AlterTableStmt *alter, const Visitor &visit)
{
	for (int i = 0; i < list_length(alter->cmds); i++) {
		const AlterTableCmd *command = (AlterTableCmd *)list_nth(alter->cmds, i);
		if (command->subtype == AT_AttachPartition)
			lock_relation(((PartitionCmd *)command->def)->name, AccessExclusiveLock, true, visit);
		else if (command->subtype == AT_DetachPartition || command->subtype == AT_DetachPartitionFinalize)
			lock_part((PartitionCmd *)command->def, visit);
		else if (command->subtype == AT_AddInherit || command->subtype == AT_DropInherit)
			lock_relation((RangeVar *)command->def,
						  command->subtype == AT_AddInherit ? ShareUpdateExclusiveLock : AccessShareLock, false, visit);
	}
}

void create_targets(CreateStmt *statement, const Visitor &visit)
{
	/* A new partition changes what its parent's default partition may hold, hence the stronger lock. */
	const LOCKMODE mode = statement->partbound ? AccessExclusiveLock : ShareUpdateExclusiveLock;
	for (int i = 0; i < list_length(statement->inhRelations); i++)
		lock_relation((RangeVar *)list_nth(statement->inhRelations, i), mode, false, visit);
}

/* ALTER ... RENAME of what is not a relation. */
void rename_targets(RenameStmt *rename, LOCKMODE mode, const Visitor &visit)
{
	if (rename->renameType == OBJECT_SCHEMA) {
		char *name = rename->subname;
		lock_object(OBJECT_SCHEMA, pg_call([name] { return (Node *)makeString(name); }), mode, visit);
	} else
		lock_object(rename->renameType == OBJECT_DOMCONSTRAINT ? OBJECT_DOMAIN : rename->renameType, rename->object, mode,
					visit);
}

} // namespace

std::vector<Oid> truncated_tables(const TruncateStmt *statement)
{
	List *found = pg_call([statement] {
		List *tables = NIL;
		for (int i = 0; i < list_length(statement->relations); i++) {
			const RangeVar *name = (RangeVar *)list_nth(statement->relations, i);
			const Oid id = RangeVarGetRelid(name, NoLock, true);
			if (OidIsValid(id))
				tables = list_concat_unique_oid(tables, name->inh ? find_all_inheritors(id, NoLock, nullptr) : list_make1_oid(id));
		}
		while (List *more = statement->behavior == DROP_CASCADE && tables != NIL ? heap_truncate_find_FKs(tables) : NIL)
			tables = list_concat_unique_oid(tables, more);
		return tables;
	});
	std::vector<Oid> result;
	for (int i = 0; i < list_length(found); i++)
		result.push_back(list_nth_oid(found, i));
	return result;
}

ObjectAddress find_object(ObjectType type, Node *object, LOCKMODE lock)
{
	/* The server does not take a missing relation of a column for a missing column. */
	if (type == OBJECT_COLUMN || type == OBJECT_DEFAULT) {
		List *name = (List *)object;
		if (list_length(name) > 1 &&
			!OidIsValid(RangeVarGetRelid(makeRangeVarFromNameList(list_truncate(list_copy(name), list_length(name) - 1)), lock, true)))
			return InvalidObjectAddress;
	}
	Relation relation = nullptr;
	const ObjectAddress address = get_object_address(type, object, &relation, lock, true);
	if (relation != nullptr)
		relation_close(relation, NoLock);
	return address;
}

std::vector<Oid> dropped_tables(const DropStmt *statement)
{
	std::vector<Oid> tables;
	for (int i = 0; i < list_length(statement->objects); i++) {
		List *name = (List *)list_nth(statement->objects, i);
		tables.push_back(pg_call([name] { return RangeVarGetRelid(makeRangeVarFromNameList(name), NoLock, true); }));
	}
	return tables;
}

bool may_lock(Oid relation, AclMode privileges)
{
	const Oid schema = get_rel_namespace(relation);
	return compat::owns_relation(relation) || (OidIsValid(schema) && compat::owns_schema(schema)) ||
		   (privileges != ACL_NO_RIGHTS && pg_class_aclcheck(relation, GetUserId(), privileges) == ACLCHECK_OK);
}

LOCKMODE target_lock(Node *statement)
{
	switch (nodeTag(statement)) {
	case T_AlterTableStmt: {
		List *commands = ((AlterTableStmt *)statement)->cmds;
		return pg_call([commands] { return AlterTableGetLockLevel(commands); });
	}
	case T_IndexStmt:
		return ((IndexStmt *)statement)->concurrent ? ShareUpdateExclusiveLock : ShareLock;
	case T_DropStmt: {
		DropStmt *drop = (DropStmt *)statement;
		return drop->concurrent ? ShareUpdateExclusiveLock : AccessExclusiveLock;
	}
	case T_CreateTrigStmt:
	case T_AlterSeqStmt:
		return ShareRowExclusiveLock;
	case T_CommentStmt:
	case T_CreateStatsStmt:
		return ShareUpdateExclusiveLock;
	case T_GrantStmt:
		return AccessShareLock;
	case T_ReindexStmt:
		return ShareLock;
	case T_RefreshMatViewStmt:
		return ((RefreshMatViewStmt *)statement)->concurrent ? ExclusiveLock : AccessExclusiveLock;
	case T_RenameStmt:
		return ((RenameStmt *)statement)->renameType == OBJECT_INDEX ? ShareUpdateExclusiveLock : AccessExclusiveLock;
	case T_AlterObjectSchemaStmt:
	case T_AlterOwnerStmt:
	case T_CreatePolicyStmt:
	case T_AlterPolicyStmt:
	case T_RuleStmt:
	case T_ViewStmt:
	case T_ClusterStmt:
	case T_TruncateStmt:
		return AccessExclusiveLock;
	default:
		return NoLock;
	}
}

void lock_targets(Node *statement, const std::function<void(const ObjectAddress &)> &found,
				  const std::function<void(Oid)> &wanted)
{
	const Visitor visit{found, wanted};
	const LOCKMODE mode = target_lock(statement);

	switch (nodeTag(statement)) {
	case T_AlterTableStmt: {
		const AlterTableStmt *alter = (AlterTableStmt *)statement;
		lock_relation(alter->relation, mode, recurses(alter), visit);
		alter_table_others((AlterTableStmt *)statement, visit);
		break;
	}
	case T_IndexStmt: {
		const RangeVar *name = ((IndexStmt *)statement)->relation;
		lock_relation(name, mode, name->inh, visit);
		break;
	}
	case T_DropStmt:
		lock_drop((DropStmt *)statement, visit);
		break;
	case T_RenameStmt: {
		RenameStmt *rename = (RenameStmt *)statement;
		if (rename->relation != nullptr)
			lock_relation(rename->relation, mode, recurses(rename), visit);
		else
			rename_targets(rename, mode, visit);
		break;
	}
	case T_AlterObjectSchemaStmt: {
		AlterObjectSchemaStmt *alter = (AlterObjectSchemaStmt *)statement;
		if (alter->relation != nullptr)
			lock_relation(alter->relation, mode, false, visit);
		else
			lock_object(alter->objectType, alter->object, mode, visit);
		break;
	}
	case T_AlterOwnerStmt: {
		AlterOwnerStmt *alter = (AlterOwnerStmt *)statement;
		if (alter->relation != nullptr)
			lock_relation(alter->relation, mode, false, visit);
		else
			lock_object(alter->objectType, alter->object, mode, visit);
		break;
	}
	case T_CommentStmt: {
		CommentStmt *comment = (CommentStmt *)statement;
		lock_object(comment->objtype, comment->object, mode, visit);
		break;
	}
	case T_GrantStmt:
		grant_targets((GrantStmt *)statement, visit);
		break;
	case T_CreateStmt:
		create_targets((CreateStmt *)statement, visit);
		break;
	case T_CreateTrigStmt:
		lock_relation(((CreateTrigStmt *)statement)->relation, mode, true, visit, ACL_TRIGGER);
		break;
	case T_CreatePolicyStmt:
		lock_relation(((CreatePolicyStmt *)statement)->table, mode, false, visit);
		break;
	case T_AlterPolicyStmt:
		lock_relation(((AlterPolicyStmt *)statement)->table, mode, false, visit);
		break;
	case T_RuleStmt:
		lock_relation(((RuleStmt *)statement)->relation, mode, false, visit);
		break;
	case T_ViewStmt: {
		/* Of that name there may be one of somebody else, further down the search_path. */
		const RangeVar *view = ((ViewStmt *)statement)->view;
		const bool own = pg_call([view] {
			const Oid id = RangeVarGetRelid(view, NoLock, true);
			return OidIsValid(id) && may_lock(id, ACL_NO_RIGHTS);
		});
		if (own)
			lock_relation(view, mode, false, visit);
		break;
	}
	case T_AlterSeqStmt:
		lock_relation(((AlterSeqStmt *)statement)->sequence, mode, false, visit);
		break;
	case T_ClusterStmt:
		if (((ClusterStmt *)statement)->relation != nullptr)
			lock_relation(((ClusterStmt *)statement)->relation, mode, false, visit, compat::maintain);
		break;
	case T_RefreshMatViewStmt:
		lock_relation(((RefreshMatViewStmt *)statement)->relation, mode, false, visit, compat::maintain);
		break;
	case T_TruncateStmt: {
		List *relations = ((TruncateStmt *)statement)->relations;
		for (int i = 0; i < list_length(relations); i++)
			lock_relation((RangeVar *)list_nth(relations, i), mode, true, visit, ACL_TRUNCATE);
		if (((TruncateStmt *)statement)->behavior == DROP_CASCADE)
			lock_truncated((TruncateStmt *)statement, visit);
		break;
	}
	case T_CreateStatsStmt: {
		List *relations = ((CreateStatsStmt *)statement)->relations;
		for (int i = 0; i < list_length(relations); i++)
			if (IsA(list_nth(relations, i), RangeVar))
				lock_relation((RangeVar *)list_nth(relations, i), mode, false, visit);
		break;
	}
	case T_ReindexStmt:
		if (((ReindexStmt *)statement)->relation != nullptr)
			lock_relation(((ReindexStmt *)statement)->relation, NoLock, false, visit);
		break;
	case T_AlterFunctionStmt: {
		AlterFunctionStmt *alter = (AlterFunctionStmt *)statement;
		lock_object(alter->objtype, (Node *)alter->func, NoLock, visit);
		break;
	}
	case T_AlterEnumStmt:
		lock_object(OBJECT_TYPE, type_object(((AlterEnumStmt *)statement)->typeName), NoLock, visit);
		break;
	case T_AlterDomainStmt:
		lock_object(OBJECT_DOMAIN, type_object(((AlterDomainStmt *)statement)->typeName), NoLock, visit);
		break;
	case T_AlterTypeStmt:
		lock_object(OBJECT_TYPE, type_object(((AlterTypeStmt *)statement)->typeName), NoLock, visit);
		break;
	case T_AlterPublicationStmt: {
		char *name = ((AlterPublicationStmt *)statement)->pubname;
		lock_object(OBJECT_PUBLICATION, pg_call([name] { return (Node *)makeString(name); }), NoLock, visit);
		break;
	}
	case T_AlterExtensionStmt: {
		char *name = ((AlterExtensionStmt *)statement)->extname;
		lock_object(OBJECT_EXTENSION, pg_call([name] { return (Node *)makeString(name); }), NoLock, visit);
		break;
	}
	case T_AlterTSConfigurationStmt:
		lock_object(OBJECT_TSCONFIGURATION, (Node *)((AlterTSConfigurationStmt *)statement)->cfgname, NoLock, visit);
		break;
	case T_AlterTSDictionaryStmt:
		lock_object(OBJECT_TSDICTIONARY, (Node *)((AlterTSDictionaryStmt *)statement)->dictname, NoLock, visit);
		break;
	case T_AlterOpFamilyStmt: {
		const AlterOpFamilyStmt *alter = (AlterOpFamilyStmt *)statement;
		Node *names = pg_call([alter] { return (Node *)lcons(makeString(alter->amname), list_copy(alter->opfamilyname)); });
		lock_object(OBJECT_OPFAMILY, names, NoLock, visit);
		break;
	}
	case T_SecLabelStmt: {
		SecLabelStmt *label = (SecLabelStmt *)statement;
		lock_object(label->objtype, label->object, ShareUpdateExclusiveLock, visit);
		break;
	}
	default:
		break;
	}
}

} // namespace surefoot

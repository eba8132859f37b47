#include "server/trial/empty_storage.hpp"

#include "server/compat.hpp"
#include "server/script/targets.hpp"

namespace surefoot {

namespace {

bool collect(Node *node, void *names)
{
	if (node == nullptr)
		return false;
	if (IsA(node, RangeVar)) {
		((std::vector<const RangeVar *> *)names)->push_back((const RangeVar *)node);
		return false;
	}
	return compat::walk_raw_tree(node, collect, names);
}

/* The tables that a query reads or writes. */
std::vector<Oid> mentioned(Node *statement)
{
	std::vector<Oid> relations;
	std::vector<const RangeVar *> names;
	switch (nodeTag(statement)) {
	case T_InsertStmt:
	case T_UpdateStmt:
	case T_DeleteStmt:
	case T_SelectStmt:
		(void)collect(statement, &names);
		break;
	default:
		break;
	}
	for (const RangeVar *name : names) {
		const Oid id = pg_call([name] { return RangeVarGetRelid(name, NoLock, true); });
		if (OidIsValid(id))
			relations.push_back(id);
	}
	return relations;
}

bool is_worth_emptying(Oid id, int64 pages)
{
	Relation relation = try_relation_open(id, AccessShareLock);
	if (relation == nullptr)
		return false;
	const char kind = relation->rd_rel->relkind;
	/* As LOCK TABLE asks: nobody is locked out by a role that could not do so itself. */
	const bool worth = may_lock(id, ACL_UPDATE | ACL_DELETE | ACL_TRUNCATE) && (kind == RELKIND_RELATION || kind == RELKIND_MATVIEW) && !IsCatalogRelation(relation) &&
					   RelationGetNumberOfBlocks(relation) > pages;
	relation_close(relation, NoLock);
	return worth;
}

/* As TRUNCATE does, less its triggers and its look at foreign keys: nothing of it lasts. */
void swap_storage(Oid id)
{
	Relation relation = table_open(id, AccessExclusiveLock);
	CheckTableNotInUse(relation, "try a statement on");
	compat::new_storage(relation);
	const Oid toast = relation->rd_rel->reltoastrelid;
	if (OidIsValid(toast)) {
		Relation toast_relation = relation_open(toast, AccessExclusiveLock);
		compat::new_storage(toast_relation);
		table_close(toast_relation, NoLock);
	}
	table_close(relation, NoLock);
	compat::reindex(id);
}

} // namespace

bool EmptyStorage::prepare(Node *statement)
{
	bool any = false;
	lock_targets(
		statement,
		[&](const ObjectAddress &found) { any = (found.classId == RelationRelationId && empty(found.objectId)) || any; },
		[](Oid) {});
	for (Oid relation : mentioned(statement))
		any = empty(relation) || any;
	return any;
}

bool EmptyStorage::empty(Oid id, bool small)
{
	if (const auto known = done_.find(id); known != done_.end())
		return known->second;
	const int64 pages = small ? 0 : pages_;
	const bool emptied = pg_call([id, pages] {
		const bool worth = is_worth_emptying(id, pages);
		if (worth)
			swap_storage(id);
		return worth;
	});
	done_.emplace(id, emptied);
	return emptied;
}

} // namespace surefoot

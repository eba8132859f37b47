/* Which locks a statement takes, as measured on 14 to 18; ALTER TABLE is asked of the server itself. */
#include "server/plan/facts.hpp"

#include <algorithm>

#include "server/compat.hpp"

extern "C" {
#include "catalog/index.h"
#include "catalog/pg_constraint.h"
}

namespace surefoot {

namespace {

/* Whatever a query reads; the list is the current memory context's. */
bool collect_tables(Node *node, void *into)
{
	if (node == nullptr)
		return false;
	if (IsA(node, RangeVar)) {
		List **list = (List **)into;
		*list = lappend(*list, node);
		return false;
	}
	return compat::walk_raw_tree(node, collect_tables, into);
}

class Collector {
public:
	explicit Collector(const Created &created) : created_(created) {}

	void add(const RangeVar *name, LOCKMODE mode)
	{
		if (name != nullptr && mode != NoLock)
			add(created_.find(name), mode);
	}
	void add(const TableState &table, LOCKMODE mode)
	{
		for (LockedTable &known : result) {
			if (known.table.schema == table.schema && known.table.name == table.name) {
				known.mode = std::max(known.mode, mode);
				return;
			}
		}
		result.push_back({table, mode});
	}
	void add(Oid id, LOCKMODE mode)
	{
		const char *name = pg_call([id] { return get_rel_name(id); });
		const char *schema = pg_call([id] { return get_namespace_name(get_rel_namespace(id)); });
		if (name == nullptr || schema == nullptr)
			return;
		RangeVar range = {};
		range.type = T_RangeVar;
		range.schemaname = const_cast<char *>(schema);
		range.relname = const_cast<char *>(name);
		add(&range, mode);
	}
	void add_names(List *names, LOCKMODE mode)
	{
		add(pg_call([names] { return makeRangeVarFromNameList(names); }), mode);
	}
	void add_list(List *list, LOCKMODE mode)
	{
		for (int i = 0; i < list_length(list); i++)
			if (IsA(list_nth(list, i), RangeVar))
				add((RangeVar *)list_nth(list, i), mode);
	}
	void add_query(Node *query)
	{
		List *tables = NIL;
		List **into = &tables;
		pg_call([query, into] { (void)collect_tables(query, into); });
		for (int i = 0; i < list_length(tables); i++) {
			/* A name that is no table's is that of a WITH query. */
			const TableState table = created_.find((RangeVar *)list_nth(tables, i));
			if (table.known)
				add(table, AccessShareLock);
		}
	}
	Oid id_of(const RangeVar *name) const { return created_.find(name).id; }

	std::vector<LockedTable> result;

private:
	const Created &created_;
};

/* The table on the other side of a foreign key, or InvalidOid. */
Oid referenced_table(Oid table, const char *constraint)
{
	return pg_call([=]() -> Oid {
		const Oid id = get_relation_constraint_oid(table, constraint, true);
		HeapTuple tuple =
			OidIsValid(id) ? SearchSysCache1(CONSTROID, ObjectIdGetDatum(id)) : nullptr;
		if (!HeapTupleIsValid(tuple))
			return InvalidOid;
		const Oid referenced = ((Form_pg_constraint)GETSTRUCT(tuple))->confrelid;
		ReleaseSysCache(tuple);
		return referenced;
	});
}

/* The tables that foreign keys of table refer to: they lose their triggers with it. */
std::vector<Oid> referenced_tables(Oid table)
{
	std::vector<Oid> result;
	List *keys = pg_call([table]() -> List * {
		List *found = NIL;
		Relation relation = RelationIdGetRelation(table);
		if (relation == nullptr)
			return NIL;
		List *cached = RelationGetFKeyList(relation);
		for (int i = 0; i < list_length(cached); i++)
			found = lappend_oid(found, ((ForeignKeyCacheInfo *)list_nth(cached, i))->confrelid);
		RelationClose(relation);
		return found;
	});
	for (int i = 0; i < list_length(keys); i++)
		result.push_back(list_nth_oid(keys, i));
	return result;
}

void add_foreign_keys(List *constraints, Collector &collector)
{
	for (int i = 0; i < list_length(constraints); i++) {
		const Constraint *constraint = (Constraint *)list_nth(constraints, i);
		if (IsA(constraint, Constraint) && constraint->contype == CONSTR_FOREIGN)
			collector.add(constraint->pktable, ShareRowExclusiveLock);
	}
}

void alter_table(const AlterTableStmt *statement, Collector &collector)
{
	List *commands = statement->cmds;
	collector.add(statement->relation,
				  pg_call([commands] { return AlterTableGetLockLevel(commands); }));
	const Oid id = collector.id_of(statement->relation);
	for (int i = 0; i < list_length(commands); i++) {
		const AlterTableCmd *command = (AlterTableCmd *)list_nth(commands, i);
		switch (command->subtype) {
			case AT_AddConstraint: {
				const Constraint *constraint = (Constraint *)command->def;
				if (constraint->contype == CONSTR_FOREIGN)
					collector.add(constraint->pktable, ShareRowExclusiveLock);
				break;
			}
			case AT_AddColumn:
				add_foreign_keys(((ColumnDef *)command->def)->constraints, collector);
				break;
			case AT_DropConstraint:
				if (OidIsValid(id))
					if (const Oid other = referenced_table(id, command->name); OidIsValid(other))
						collector.add(other, AccessExclusiveLock);
				break;
			case AT_AttachPartition:
				collector.add(((PartitionCmd *)command->def)->name, AccessExclusiveLock);
				break;
			case AT_DetachPartition: {
				const PartitionCmd *detach = (PartitionCmd *)command->def;
				collector.add(detach->name,
							  detach->concurrent ? ShareUpdateExclusiveLock : AccessExclusiveLock);
				break;
			}
			default:
				break;
		}
	}
}

void drop(const DropStmt *statement, Collector &collector)
{
	const LOCKMODE mode = statement->concurrent ? ShareUpdateExclusiveLock : AccessExclusiveLock;
	for (int i = 0; i < list_length(statement->objects); i++) {
		List *names = (List *)list_nth(statement->objects, i);
		switch (statement->removeType) {
			case OBJECT_TABLE:
			case OBJECT_VIEW:
			case OBJECT_MATVIEW:
			case OBJECT_SEQUENCE:
			case OBJECT_FOREIGN_TABLE:
			case OBJECT_INDEX: {
				const RangeVar *name = pg_call([names] { return makeRangeVarFromNameList(names); });
				const Oid id = collector.id_of(name);
				if (statement->removeType == OBJECT_INDEX && OidIsValid(id)) {
					if (const Oid table = pg_call([id] { return IndexGetRelation(id, true); });
						OidIsValid(table))
						collector.add(table, mode);
				}
				if (statement->removeType != OBJECT_INDEX)
					collector.add(name, mode);
				if (statement->removeType == OBJECT_TABLE && OidIsValid(id))
					for (const Oid other : referenced_tables(id))
						collector.add(other, AccessExclusiveLock);
				break;
			}
			case OBJECT_TRIGGER:
			case OBJECT_RULE:
			case OBJECT_POLICY:
				/* schema.table.name */
				collector.add_names(pg_call([names] {
										return list_truncate(list_copy(names),
															 list_length(names) - 1);
									}),
									AccessExclusiveLock);
				break;
			default:
				break;
		}
	}
}

void create_table(const CreateStmt *statement, Collector &collector)
{
	collector.add_list(statement->inhRelations,
					   statement->partbound ? AccessExclusiveLock : ShareUpdateExclusiveLock);
	for (int i = 0; i < list_length(statement->tableElts); i++) {
		Node *element = (Node *)list_nth(statement->tableElts, i);
		if (IsA(element, ColumnDef))
			add_foreign_keys(((ColumnDef *)element)->constraints, collector);
		else if (IsA(element, Constraint) && ((Constraint *)element)->contype == CONSTR_FOREIGN)
			collector.add(((Constraint *)element)->pktable, ShareRowExclusiveLock);
	}
	add_foreign_keys(statement->constraints, collector);
}

bool has_option(List *options, const char *name)
{
	for (int i = 0; i < list_length(options); i++)
		if (strcmp(((DefElem *)list_nth(options, i))->defname, name) == 0)
			return pg_call([=] { return defGetBoolean((DefElem *)list_nth(options, i)); });
	return false;
}

void collect(Node *node, Collector &collector)
{
	switch (nodeTag(node)) {
		case T_AlterTableStmt:
			return alter_table((AlterTableStmt *)node, collector);
		case T_DropStmt:
			return drop((DropStmt *)node, collector);
		case T_CreateStmt:
			return create_table((CreateStmt *)node, collector);
		case T_IndexStmt: {
			const IndexStmt *index = (IndexStmt *)node;
			return collector.add(index->relation,
								 index->concurrent ? ShareUpdateExclusiveLock : ShareLock);
		}
		case T_RenameStmt: {
			const RenameStmt *rename = (RenameStmt *)node;
			const bool index = rename->renameType == OBJECT_INDEX;
			return collector.add(rename->relation,
								 index ? ShareUpdateExclusiveLock : AccessExclusiveLock);
		}
		case T_AlterObjectSchemaStmt:
			return collector.add(((AlterObjectSchemaStmt *)node)->relation, AccessExclusiveLock);
		case T_CreateTrigStmt:
			return collector.add(((CreateTrigStmt *)node)->relation, ShareRowExclusiveLock);
		case T_RuleStmt:
			return collector.add(((RuleStmt *)node)->relation, AccessExclusiveLock);
		case T_CreatePolicyStmt:
			return collector.add(((CreatePolicyStmt *)node)->table, AccessExclusiveLock);
		case T_AlterPolicyStmt:
			return collector.add(((AlterPolicyStmt *)node)->table, AccessExclusiveLock);
		case T_ViewStmt:
			collector.add_query(((ViewStmt *)node)->query);
			if (((ViewStmt *)node)->replace)
				collector.add(((ViewStmt *)node)->view, AccessExclusiveLock);
			return;
		case T_CreateTableAsStmt:
			return collector.add_query(((CreateTableAsStmt *)node)->query);
		case T_AlterSeqStmt:
			return collector.add(((AlterSeqStmt *)node)->sequence, ShareRowExclusiveLock);
		case T_CommentStmt: {
			const CommentStmt *comment = (CommentStmt *)node;
			List *names = (List *)comment->object;
			if (comment->objtype == OBJECT_TABLE)
				collector.add_names(names, ShareUpdateExclusiveLock);
			if (comment->objtype == OBJECT_COLUMN && list_length(names) > 1)
				collector.add_names(pg_call([names] {
										return list_truncate(list_copy(names),
															 list_length(names) - 1);
									}),
									ShareUpdateExclusiveLock);
			return;
		}
		case T_CreateStatsStmt:
			return collector.add_list(((CreateStatsStmt *)node)->relations,
									  ShareUpdateExclusiveLock);
		case T_VacuumStmt: {
			const VacuumStmt *vacuum = (VacuumStmt *)node;
			const LOCKMODE mode = has_option(vacuum->options, "full") ? AccessExclusiveLock
																	  : ShareUpdateExclusiveLock;
			for (int i = 0; i < list_length(vacuum->rels); i++)
				collector.add(((VacuumRelation *)list_nth(vacuum->rels, i))->relation, mode);
			return;
		}
		case T_ClusterStmt:
			return collector.add(((ClusterStmt *)node)->relation, AccessExclusiveLock);
		case T_RefreshMatViewStmt: {
			const RefreshMatViewStmt *refresh = (RefreshMatViewStmt *)node;
			return collector.add(refresh->relation,
								 refresh->concurrent ? ExclusiveLock : AccessExclusiveLock);
		}
		case T_ReindexStmt: {
			const ReindexStmt *reindex = (ReindexStmt *)node;
			if (reindex->relation == nullptr)
				return;
			const LOCKMODE mode =
				has_option(reindex->params, "concurrently") ? ShareUpdateExclusiveLock : ShareLock;
			const Oid id = collector.id_of(reindex->relation);
			if (reindex->kind == REINDEX_OBJECT_INDEX && OidIsValid(id)) {
				if (const Oid table = pg_call([id] { return IndexGetRelation(id, true); });
					OidIsValid(table))
					return collector.add(table, mode);
			}
			return collector.add(reindex->relation, mode);
		}
		case T_TruncateStmt:
			return collector.add_list(((TruncateStmt *)node)->relations, AccessExclusiveLock);
		case T_LockStmt:
			return collector.add_list(((LockStmt *)node)->relations, ((LockStmt *)node)->mode);
		case T_InsertStmt:
			return collector.add(((InsertStmt *)node)->relation, RowExclusiveLock);
		case T_UpdateStmt:
			return collector.add(((UpdateStmt *)node)->relation, RowExclusiveLock);
		case T_DeleteStmt:
			return collector.add(((DeleteStmt *)node)->relation, RowExclusiveLock);
		case T_CopyStmt:
			return collector.add(((CopyStmt *)node)->relation,
								 ((CopyStmt *)node)->is_from ? RowExclusiveLock : AccessShareLock);
		case T_SelectStmt:
			return collector.add_query(node);
		default:
			if (const RangeVar *target = compat::merge_target(node))
				collector.add(target, RowExclusiveLock);
	}
}

} // namespace

std::vector<LockedTable> locked_tables(Node *statement, const Created &created)
{
	Collector collector(created);
	collect(statement, collector);
	std::stable_sort(collector.result.begin(), collector.result.end(),
					 [](const LockedTable &a, const LockedTable &b) { return a.mode > b.mode; });
	return std::move(collector.result);
}

} // namespace surefoot

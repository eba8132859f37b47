/* Every difference between the server's majors that touches us, 14 to 18; no other file tests PG_VERSION_NUM. */
#pragma once

#include "server/pg.hpp"

extern "C" {
#include "catalog/pg_attribute.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication_rel.h"
#include "commands/cluster.h"
#include "commands/defrem.h"
#if PG_VERSION_NUM >= 150000
#include "catalog/pg_publication_namespace.h"
#define SUREFOOT_PUBLICATION_SCHEMAS
#endif
#include "catalog/pg_statistic_ext.h"
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#endif
#include "parser/parse_type.h"
#include "storage/proc.h"
#include "utils/guc_tables.h"
#include "utils/regproc.h"
}

#if PG_VERSION_NUM < 140000 || PG_VERSION_NUM >= 190000
#error "surefoot supports PostgreSQL 14 to 18"
#endif

namespace surefoot::compat {

/* Sets up fcinfo to return a set as a tuplestore; 14 has neither name for it. */
inline void materialize(FunctionCallInfo fcinfo)
{
#if PG_VERSION_NUM >= 150000
	InitMaterializedSRF(fcinfo, 0);
#else
	ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
	TupleDesc tupdesc;
	if (rsinfo == nullptr || !(rsinfo->allowedModes & SFRM_Materialize))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("set-valued function called in context that cannot accept a set")));
	if (get_call_result_type(fcinfo, nullptr, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	MemoryContext old = MemoryContextSwitchTo(rsinfo->econtext->ecxt_per_query_memory);
	rsinfo->setDesc = CreateTupleDescCopy(tupdesc);
	rsinfo->setResult = tuplestore_begin_heap(true, false, work_mem);
	rsinfo->returnMode = SFRM_Materialize;
	MemoryContextSwitchTo(old);
#endif
}

/* Runs portal to its end as a top-level statement. */
inline void run_portal(Portal portal, DestReceiver *dest, QueryCompletion *qc)
{
#if PG_VERSION_NUM >= 180000
	(void)PortalRun(portal, FETCH_ALL, true, dest, dest, qc);
#else
	(void)PortalRun(portal, FETCH_ALL, true, true, dest, dest, qc);
#endif
}

/* Worker flag that lets a role without LOGIN be the worker's user; 0 where the server has none. */
#ifdef BGWORKER_BYPASS_ROLELOGINCHECK
inline constexpr uint32 bypass_login_check = BGWORKER_BYPASS_ROLELOGINCHECK;
#else
inline constexpr uint32 bypass_login_check = 0;
#endif

/* The virtual transaction of this backend. */
inline VirtualTransactionId own_virtual_transaction()
{
	VirtualTransactionId vxid;
	GET_VXID_FROM_PGPROC(vxid, *MyProc);
	return vxid;
}

/* Whether member may SET ROLE to role. */
inline bool can_set_role(Oid member, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return member_can_set_role(member, role);
#else
	return is_member_of_role(member, role);
#endif
}

/* Gives relation new, empty storage that the end of the (sub)transaction keeps or takes back with it. */
inline void new_storage(Relation relation)
{
#if PG_VERSION_NUM >= 160000
	RelationSetNewRelfilenumber(relation, relation->rd_rel->relpersistence);
#else
	RelationSetNewRelfilenode(relation, relation->rd_rel->relpersistence);
#endif
}

/* Whether relation got new storage in this transaction; it was not made in it. */
inline bool has_new_storage(Relation relation)
{
#if PG_VERSION_NUM >= 160000
	return relation->rd_newRelfilelocatorSubid != InvalidSubTransactionId;
#else
	return relation->rd_newRelfilenodeSubid != InvalidSubTransactionId;
#endif
}

/* Whether it was made, or has got new storage, in this transaction, whatever has been rolled back of it since. */
inline bool is_stored_anew(Relation relation)
{
#if PG_VERSION_NUM >= 160000
	return relation->rd_createSubid != InvalidSubTransactionId || relation->rd_firstRelfilelocatorSubid != InvalidSubTransactionId;
#else
	return relation->rd_createSubid != InvalidSubTransactionId || relation->rd_firstRelfilenodeSubid != InvalidSubTransactionId;
#endif
}

/* The file of relation's storage. */
inline Oid storage_number(Relation relation)
{
	return relation->rd_rel->relfilenode;
}

/* All settings of the server. */
inline config_generic **all_settings(int *count)
{
#if PG_VERSION_NUM >= 160000
	return get_guc_variables(count);
#else
	*count = GetNumConfigOptions();
	return get_guc_variables();
#endif
}

/* Makes an unknown setting of our prefix an error instead of a silent placeholder. */
inline void reserve_prefix(const char *prefix)
{
#if PG_VERSION_NUM >= 150000
	MarkGUCPrefixReserved(prefix);
#else
	EmitWarningsOnPlaceholders(prefix);
#endif
}

/* GRANT ON PARAMETER. */
inline bool is_parameter(ObjectType type)
{
#if PG_VERSION_NUM >= 150000
	return type == OBJECT_PARAMETER_ACL;
#else
	return false;
#endif
}

/* A temporal key, whose index is not an ordinary unique one. */
inline bool without_overlaps(const Constraint *constraint)
{
#if PG_VERSION_NUM >= 180000
	return constraint->without_overlaps;
#else
	return false;
#endif
}

/* Whether index has this method and these keys; of an index with expressions or a condition it is false. Its table is locked. */
inline bool is_index_compatible(Oid index, const char *method, List *elements)
{
#if PG_VERSION_NUM >= 180000
	return CheckIndexCompatible(index, method, elements, NIL, false);
#else
	return CheckIndexCompatible(index, method, elements, NIL);
#endif
}

/* Columns of catalogs that came or changed. */
inline constexpr char constraint_not_null = 'n';
#if PG_VERSION_NUM >= 150000
inline constexpr AttrNumber constraint_delete_columns = Anum_pg_constraint_confdelsetcols;
inline constexpr AttrNumber publication_columns = Anum_pg_publication_rel_prattrs;
inline constexpr AttrNumber publication_filter = Anum_pg_publication_rel_prqual;
inline constexpr Oid publication_tables_index = PublicationRelPrpubidIndexId;
inline bool nulls_not_distinct(Form_pg_index index)
{
	return index->indnullsnotdistinct;
}
inline bool nulls_not_distinct(const IndexStmt *index)
{
	return index->nulls_not_distinct;
}
inline void copy_nulls_not_distinct(IndexStmt *index, const Constraint *constraint)
{
	index->nulls_not_distinct = constraint->nulls_not_distinct;
}
#else
inline constexpr AttrNumber constraint_delete_columns = 0;
inline constexpr AttrNumber publication_columns = 0;
inline constexpr AttrNumber publication_filter = 0;
inline constexpr Oid publication_tables_index = InvalidOid; /* none by publication */
inline bool nulls_not_distinct(Form_pg_index)
{
	return false;
}
inline bool nulls_not_distinct(const IndexStmt *)
{
	return false;
}
inline void copy_nulls_not_distinct(IndexStmt *, const Constraint *)
{}
#endif
#if PG_VERSION_NUM >= 180000
inline bool is_enforced(Form_pg_constraint constraint)
{
	return constraint->conenforced;
}
inline bool is_period(Form_pg_constraint constraint)
{
	return constraint->conperiod;
}
#else
inline bool is_enforced(Form_pg_constraint)
{
	return true;
}
inline bool is_period(Form_pg_constraint)
{
	return false;
}
#endif

/* The statistics target of a column's pg_attribute row, -1 for the default. */
inline int statistics_target(HeapTuple column, TupleDesc descriptor)
{
#if PG_VERSION_NUM >= 170000
	bool is_null;
	const Datum target = heap_getattr(column, Anum_pg_attribute_attstattarget, descriptor, &is_null);
	return is_null ? -1 : DatumGetInt16(target);
#else
	(void)descriptor;
	return ((Form_pg_attribute)GETSTRUCT(column))->attstattarget;
#endif
}

inline bool has_statistics_target(HeapTuple column)
{
#if PG_VERSION_NUM >= 170000
	return !heap_attisnull(column, Anum_pg_attribute_attstattarget, nullptr);
#else
	return ((Form_pg_attribute)GETSTRUCT(column))->attstattarget >= 0;
#endif
}

/* The same of an extended statistics object. */
inline int extended_statistics_target(HeapTuple row, TupleDesc descriptor)
{
#if PG_VERSION_NUM >= 170000
	bool is_null;
	const Datum target = heap_getattr(row, Anum_pg_statistic_ext_stxstattarget, descriptor, &is_null);
	return is_null ? -1 : DatumGetInt16(target);
#else
	(void)descriptor;
	return ((Form_pg_statistic_ext)GETSTRUCT(row))->stxstattarget;
#endif
}

/* An empty heap with the same columns as table, dropped ones too, beside it; its table of large values as well. */
inline Oid new_heap_like(Oid table)
{
	Relation relation = table_open(table, AccessExclusiveLock);
	const Oid space = relation->rd_rel->reltablespace;
	const char persistence = relation->rd_rel->relpersistence;
#if PG_VERSION_NUM >= 150000
	const Oid method = relation->rd_rel->relam;
	table_close(relation, NoLock);
	return make_new_heap(table, space, method, persistence, AccessExclusiveLock);
#else
	table_close(relation, NoLock);
	return make_new_heap(table, space, persistence, AccessExclusiveLock);
#endif
}

/* The file that relation has got was made in this transaction, or was not. */
inline void has_new_file(Relation relation, bool made_here)
{
#if PG_VERSION_NUM >= 160000
	if (made_here)
		RelationAssumeNewRelfilelocator(relation);
	else
		relation->rd_createSubid = relation->rd_newRelfilelocatorSubid = relation->rd_firstRelfilelocatorSubid = InvalidSubTransactionId;
#else
	if (made_here)
		RelationAssumeNewRelfilenode(relation);
	else
		relation->rd_createSubid = relation->rd_newRelfilenodeSubid = relation->rd_firstRelfilenodeSubid = InvalidSubTransactionId;
#endif
}

/* Pages that are all frozen are counted from 18 on. */
inline void swap_all_frozen(Form_pg_class first, Form_pg_class second)
{
#if PG_VERSION_NUM >= 180000
	std::swap(first->relallfrozen, second->relallfrozen);
#else
	(void)first;
	(void)second;
#endif
}

/* What attstattarget is in a new column; null: that it is NULL. */
inline Datum no_statistics_target(bool *null)
{
#if PG_VERSION_NUM >= 170000
	*null = true;
	return (Datum)0;
#else
	*null = false;
	return Int32GetDatum(-1);
#endif
}

/* The parts of a qualified name, without quotes. */
inline List *qualified_names(const char *text)
{
#if PG_VERSION_NUM >= 160000
	return stringToQualifiedNameList(text, nullptr);
#else
	return stringToQualifiedNameList(text);
#endif
}

/* The type that text names; raises for what is none. */
inline void parse_type(const char *text, Oid *type, int32 *modifier)
{
#if PG_VERSION_NUM >= 160000
	(void)parseTypeString(text, type, modifier, nullptr);
#else
	parseTypeString(text, type, modifier, false);
#endif
}

/* Of this session's transactions, the one that runs. */
inline LocalTransactionId local_transaction()
{
#if PG_VERSION_NUM >= 170000
	return MyProc->vxid.lxid;
#else
	return MyProc->lxid;
#endif
}

/* The type that text names, a shell type too, or InvalidOid. */
inline Oid type_named(const char *text)
{
#if PG_VERSION_NUM >= 160000
	ErrorSaveContext ignored = {};
	ignored.type = T_ErrorSaveContext;
	TypeName *name = typeStringToTypeName(text, (Node *)&ignored);
	if (name == nullptr)
		return InvalidOid;
#else
	TypeName *name = typeStringToTypeName(text);
#endif
	return LookupTypeNameOid(nullptr, name, true);
}

/* The declared type of a walker is a C function of any arguments before 16. */
inline bool walk_raw_tree(Node *node, bool (*walker)(Node *, void *), void *context)
{
#if PG_VERSION_NUM >= 160000
	return raw_expression_tree_walker(node, walker, context);
#else
	return raw_expression_tree_walker(node, reinterpret_cast<bool (*)()>(reinterpret_cast<void *>(walker)), context);
#endif
}

inline Node *mutate_expression(Node *node, Node *(*mutator)(Node *, void *), void *context)
{
#if PG_VERSION_NUM >= 160000
	return expression_tree_mutator(node, mutator, context);
#else
	return expression_tree_mutator(node, reinterpret_cast<Node *(*)()>(reinterpret_cast<void *>(mutator)), context);
#endif
}

inline bool walk_expression(Node *node, bool (*walker)(Node *, void *), void *context)
{
#if PG_VERSION_NUM >= 160000
	return expression_tree_walker(node, walker, context);
#else
	return expression_tree_walker(node, reinterpret_cast<bool (*)()>(reinterpret_cast<void *>(walker)), context);
#endif
}

inline bool walk_query(::Query *query, bool (*walker)(Node *, void *), void *context)
{
#if PG_VERSION_NUM >= 160000
	return query_tree_walker(query, walker, context, 0);
#else
	return query_tree_walker(query, reinterpret_cast<bool (*)()>(reinterpret_cast<void *>(walker)), context, 0);
#endif
}

/* Builds the indexes of relation, and of its TOAST table, anew. */
inline void reindex(Oid relation, int flags = REINDEX_REL_PROCESS_TOAST)
{
	ReindexParams params = {};
#if PG_VERSION_NUM >= 170000
	(void)reindex_relation(nullptr, relation, flags, &params);
#else
	(void)reindex_relation(relation, flags, &params);
#endif
}

/* CREATE INDEX without its build, as the current role; the transaction holds ShareLock on table. */
inline ObjectAddress define_index_without_build(Oid table, IndexStmt *statement)
{
#if PG_VERSION_NUM >= 160000
	return DefineIndex(table, statement, InvalidOid, InvalidOid, InvalidOid, -1, false, true, true, true, true);
#else
	return DefineIndex(table, statement, InvalidOid, InvalidOid, InvalidOid, false, true, true, true, true);
#endif
}

/* Whether the current role owns relation, or is as good as its owner. */
inline bool owns_relation(Oid relation)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(RelationRelationId, relation, GetUserId());
#else
	return pg_class_ownercheck(relation, GetUserId());
#endif
}

inline bool owns_schema(Oid schema)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(NamespaceRelationId, schema, GetUserId());
#else
	return pg_namespace_ownercheck(schema, GetUserId());
#endif
}

/* The same of any object that a script can create and a trial would drop. */
inline bool owns_object(const ObjectAddress &object)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(object.classId, object.objectId, GetUserId());
#else
	switch (object.classId) {
	case RelationRelationId:
		return pg_class_ownercheck(object.objectId, GetUserId());
	case TypeRelationId:
		return pg_type_ownercheck(object.objectId, GetUserId());
	case ProcedureRelationId:
		return pg_proc_ownercheck(object.objectId, GetUserId());
	case NamespaceRelationId:
		return pg_namespace_ownercheck(object.objectId, GetUserId());
	default:
		return superuser();
	}
#endif
}

/* The privilege to CLUSTER, REFRESH and the like, where there is one beside ownership. */
#if PG_VERSION_NUM >= 170000
inline constexpr AclMode maintain = ACL_MAINTAIN;
#else
inline constexpr AclMode maintain = ACL_NO_RIGHTS;
#endif

/* The table that a MERGE changes, nullptr for another statement. */
inline const RangeVar *merge_target(Node *node)
{
#if PG_VERSION_NUM >= 150000
	return IsA(node, MergeStmt) ? ((MergeStmt *)node)->relation : nullptr;
#else
	return nullptr;
#endif
}

/* A generated column that is computed when it is read. */
inline bool is_virtual(const Constraint *constraint)
{
#if PG_VERSION_NUM >= 180000
	return constraint->generated_kind == ATTRIBUTE_GENERATED_VIRTUAL;
#else
	return false;
#endif
}

/* A constraint that nobody checks. */
inline bool is_not_enforced(const Constraint *constraint)
{
#if PG_VERSION_NUM >= 180000
	return !constraint->is_enforced;
#else
	return false;
#endif
}

/* A NOT NULL of the column that holds for new rows only; attnotnull is set all the same. */
inline bool is_not_null_unproved(Oid table, AttrNumber column)
{
#if PG_VERSION_NUM >= 180000
	HeapTuple tuple = findNotNullConstraintAttnum(table, column);
	if (!HeapTupleIsValid(tuple))
		return false;
	const bool validated = ((Form_pg_constraint)GETSTRUCT(tuple))->convalidated;
	heap_freetuple(tuple);
	return !validated;
#else
	(void)table;
	(void)column;
	return false;
#endif
}

/* ALTER COLUMN SET EXPRESSION, which writes every row. */
inline bool sets_expression(const AlterTableCmd *command)
{
#if PG_VERSION_NUM >= 170000
	return command->subtype == AT_SetExpression;
#else
	return false;
#endif
}

/* ALTER TABLE SET ACCESS METHOD. */
inline bool sets_access_method(const AlterTableCmd *command)
{
#if PG_VERSION_NUM >= 150000
	return command->subtype == AT_SetAccessMethod;
#else
	return false;
#endif
}

} // namespace surefoot::compat

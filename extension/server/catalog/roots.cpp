#include "server/catalog/roots.hpp"

#include "server/catalog/reading.hpp"
#include "server/compat.hpp"

extern "C" {
#include "catalog/catalog.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_conversion.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_index.h"
#include "catalog/pg_largeobject.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
}

namespace surefoot::catalog {

namespace {

constexpr ObjectAddress none = {InvalidOid, InvalidOid, 0};

/* Catalogs whose rows hang on another object. */
struct Part {
	Oid catalog, index;
	AttrNumber key, owner;
	Oid owner_class;
};

const Part parts[] = {
	{AttrDefaultRelationId, AttrDefaultOidIndexId, Anum_pg_attrdef_oid, Anum_pg_attrdef_adrelid, RelationRelationId},
	{ConstraintRelationId, ConstraintOidIndexId, Anum_pg_constraint_oid, Anum_pg_constraint_conrelid,
	 RelationRelationId},
	{ConstraintRelationId, ConstraintOidIndexId, Anum_pg_constraint_oid, Anum_pg_constraint_contypid, TypeRelationId},
	{TriggerRelationId, TriggerOidIndexId, Anum_pg_trigger_oid, Anum_pg_trigger_tgrelid, RelationRelationId},
	{RewriteRelationId, RewriteOidIndexId, Anum_pg_rewrite_oid, Anum_pg_rewrite_ev_class, RelationRelationId},
	{PolicyRelationId, PolicyOidIndexId, Anum_pg_policy_oid, Anum_pg_policy_polrelid, RelationRelationId},
	{StatisticExtRelationId, StatisticExtOidIndexId, Anum_pg_statistic_ext_oid, Anum_pg_statistic_ext_stxrelid,
	 RelationRelationId},
	{AccessMethodOperatorRelationId, AccessMethodOperatorOidIndexId, Anum_pg_amop_oid, Anum_pg_amop_amopfamily,
	 OperatorFamilyRelationId},
	{AccessMethodProcedureRelationId, AccessMethodProcedureOidIndexId, Anum_pg_amproc_oid,
	 Anum_pg_amproc_amprocfamily, OperatorFamilyRelationId},
	{PublicationRelRelationId, PublicationRelObjectIndexId, Anum_pg_publication_rel_oid,
	 Anum_pg_publication_rel_prpubid, PublicationRelationId},
#ifdef SUREFOOT_PUBLICATION_SCHEMAS
	{PublicationNamespaceRelationId, PublicationNamespaceObjectIndexId, Anum_pg_publication_namespace_oid,
	 Anum_pg_publication_namespace_pnpubid, PublicationRelationId},
#endif
};

/* Catalogs of roots that live in a schema. */
struct Home {
	Oid catalog, index;
	AttrNumber key, schema;
};

const Home homes[] = {
	{ProcedureRelationId, ProcedureOidIndexId, Anum_pg_proc_oid, Anum_pg_proc_pronamespace},
	{OperatorRelationId, OperatorOidIndexId, Anum_pg_operator_oid, Anum_pg_operator_oprnamespace},
	{OperatorClassRelationId, OpclassOidIndexId, Anum_pg_opclass_oid, Anum_pg_opclass_opcnamespace},
	{OperatorFamilyRelationId, OpfamilyOidIndexId, Anum_pg_opfamily_oid, Anum_pg_opfamily_opfnamespace},
	{CollationRelationId, CollationOidIndexId, Anum_pg_collation_oid, Anum_pg_collation_collnamespace},
	{ConversionRelationId, ConversionOidIndexId, Anum_pg_conversion_oid, Anum_pg_conversion_connamespace},
	{TSConfigRelationId, TSConfigOidIndexId, Anum_pg_ts_config_oid, Anum_pg_ts_config_cfgnamespace},
	{TSDictionaryRelationId, TSDictionaryOidIndexId, Anum_pg_ts_dict_oid, Anum_pg_ts_dict_dictnamespace},
	{TSParserRelationId, TSParserOidIndexId, Anum_pg_ts_parser_oid, Anum_pg_ts_parser_prsnamespace},
	{TSTemplateRelationId, TSTemplateOidIndexId, Anum_pg_ts_template_oid, Anum_pg_ts_template_tmplnamespace},
};

struct Lookup {
	Oid catalog, index;
	AttrNumber key;
};

/* The cache that has the rows of a catalog by OID; -1: none. */
int cache_of(Oid catalog)
{
	switch (catalog) {
	case RelationRelationId: return RELOID;
	case TypeRelationId: return TYPEOID;
	case IndexRelationId: return INDEXRELID;
	case ConstraintRelationId: return CONSTROID;
	case ProcedureRelationId: return PROCOID;
	default: return -1;
	}
}

/*
 * Calls use with the row of the OID and its catalog's shape: as committed or done by earlier commands, or else as the current
 * command has just written it. False when there is no such row.
 */
template <typename F> bool with_row(const Lookup &lookup, Oid oid, F &&use)
{
	const int cache = cache_of(lookup.catalog);
	if (cache >= 0)
		if (HeapTuple tuple = SearchSysCache1(cache, ObjectIdGetDatum(oid)); HeapTupleIsValid(tuple)) {
			use(tuple, [cache, tuple](AttrNumber column, bool *is_null) { return SysCacheGetAttr(cache, tuple, column, is_null); });
			ReleaseSysCache(tuple);
			return true;
		}
	Relation relation = table_open(lookup.catalog, AccessShareLock);
	bool found = false;
	for (Snapshot snapshot : {Snapshot(nullptr), Snapshot(SnapshotSelf)}) {
		ScanKeyData key;
		ScanKeyInit(&key, lookup.key, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(oid));
		SysScanDesc scan = systable_beginscan(relation, lookup.index, true, snapshot, 1, &key);
		HeapTuple tuple = systable_getnext(scan);
		found = HeapTupleIsValid(tuple);
		if (found)
			use(tuple, [relation, tuple](AttrNumber column, bool *is_null) {
				return heap_getattr(tuple, column, RelationGetDescr(relation), is_null);
			});
		systable_endscan(scan);
		if (found)
			break;
	}
	table_close(relation, AccessShareLock);
	return found;
}

/* An OID out of the row; InvalidOid when there is none. */
Oid reference(const Lookup &lookup, Oid oid, AttrNumber attribute)
{
	Oid result = InvalidOid;
	with_row(lookup, oid, [attribute, &result](HeapTuple, const auto &get) {
		bool is_null;
		const Datum value = get(attribute, &is_null);
		result = is_null ? InvalidOid : DatumGetObjectId(value);
	});
	return result;
}

/* The fixed part of the row. */
template <typename T> bool fetch(const Lookup &lookup, Oid oid, T *result)
{
	return with_row(lookup, oid, [result](HeapTuple tuple, const auto &) { *result = *form<T *>(tuple); });
}

constexpr Lookup class_lookup = {RelationRelationId, ClassOidIndexId, Anum_pg_class_oid};
constexpr Lookup type_lookup = {TypeRelationId, TypeOidIndexId, Anum_pg_type_oid};

/* What the system has made can be granted and commented on as well, and some of it altered. */
bool is_recorded_in(Oid schema, bool with_own)
{
	if (schema == PG_CATALOG_NAMESPACE || !raw::is_foreign_schema(schema))
		return true;
	const char *const name = get_namespace_name(schema);
	return name != nullptr && (strcmp(name, "information_schema") == 0 || (with_own && strcmp(name, "surefoot") == 0));
}

ObjectAddress relation_root(Oid oid, bool with_own)
{
	FormData_pg_class relation;
	if (!fetch(class_lookup, oid, &relation))
		return none;
	Oid owner;
	int32 column;
	switch (relation.relkind) {
	case RELKIND_TOASTVALUE: return none;
	case RELKIND_INDEX:
	case RELKIND_PARTITIONED_INDEX:
		return relation_root(reference({IndexRelationId, IndexRelidIndexId, Anum_pg_index_indexrelid}, oid,
									   Anum_pg_index_indrelid), with_own);
	case RELKIND_COMPOSITE_TYPE: return {TypeRelationId, relation.reltype, 0};
	case RELKIND_SEQUENCE:
		if (sequenceIsOwned(oid, DEPENDENCY_INTERNAL, &owner, &column))
			return relation_root(owner, with_own);
		break;
	default: break;
	}
	if (relation.relpersistence == RELPERSISTENCE_TEMP || !is_recorded_in(relation.relnamespace, with_own))
		return none;
	return {RelationRelationId, oid, 0};
}

ObjectAddress type_root(Oid oid, bool with_own)
{
	FormData_pg_type type;
	if (!fetch(type_lookup, oid, &type))
		return none;
	if (OidIsValid(type.typrelid)) {
		FormData_pg_class relation;
		if (!fetch(class_lookup, type.typrelid, &relation))
			return none;
		if (relation.relkind != RELKIND_COMPOSITE_TYPE)
			return relation_root(type.typrelid, with_own);
	} else if (IsTrueArrayType(&type))
		return type_root(type.typelem, with_own);
	else if (type.typtype == TYPTYPE_MULTIRANGE)
		return type_root(get_multirange_range(oid), with_own);
	return is_recorded_in(type.typnamespace, with_own) ? ObjectAddress{TypeRelationId, oid, 0} : none;
}

ObjectAddress top_level(Oid class_id, Oid oid, bool with_own = false)
{
	switch (class_id) {
	case RelationRelationId: return relation_root(oid, with_own);
	case TypeRelationId: return type_root(oid, with_own);
	case NamespaceRelationId: return is_recorded_in(oid, with_own) ? ObjectAddress{class_id, oid, 0} : none;
	default: break;
	}
	/* A trigger that checks a foreign key is a part of that, also on the table that is referenced. */
	if (class_id == TriggerRelationId)
		if (const Oid constraint = reference({TriggerRelationId, TriggerOidIndexId, Anum_pg_trigger_oid}, oid,
											 Anum_pg_trigger_tgconstraint))
			if (const ObjectAddress table = top_level(ConstraintRelationId, constraint, with_own); OidIsValid(table.classId))
				return table;
	for (const Part &part : parts)
		if (part.catalog == class_id)
			if (const Oid owner = reference({part.catalog, part.index, part.key}, oid, part.owner))
				return top_level(part.owner_class, owner, with_own);
	for (const Part &part : parts)
		if (part.catalog == class_id)
			return none;
	for (const Home &home : homes)
		if (home.catalog == class_id) {
			const Oid schema = reference({home.catalog, home.index, home.key}, oid, home.schema);
			return OidIsValid(schema) && is_recorded_in(schema, with_own) ? ObjectAddress{class_id, oid, 0} : none;
		}
	const bool shared = IsSharedRelation(class_id) && class_id != SubscriptionRelationId;
	if (shared || class_id == LargeObjectRelationId)
		return none;
	return {class_id, oid, 0};
}

/* The object that brings this one along: an extension its members, a range type its constructors and cast. */
ObjectAddress bringer(const ObjectAddress &root)
{
	ObjectAddress result = none;
	ScanKeyData keys[2];
	Relation relation = table_open(DependRelationId, AccessShareLock);
	ScanKeyInit(&keys[0], Anum_pg_depend_classid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(root.classId));
	ScanKeyInit(&keys[1], Anum_pg_depend_objid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(root.objectId));
	SysScanDesc scan = systable_beginscan(relation, DependDependerIndexId, true, nullptr, 2, keys);
	for (HeapTuple tuple; HeapTupleIsValid(tuple = systable_getnext(scan));) {
		const Form_pg_depend row = form<Form_pg_depend>(tuple);
		const bool member = row->deptype == DEPENDENCY_EXTENSION;
		const bool constructor = row->deptype == DEPENDENCY_INTERNAL && row->refclassid == TypeRelationId &&
								 (root.classId == ProcedureRelationId || root.classId == CastRelationId);
		if (row->objsubid == 0 && (member || constructor)) {
			result = {row->refclassid, row->refobjid, 0};
			if (member)
				break;
		}
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	/* of a range type, the multirange's constructors hang on that */
	return result.classId == TypeRelationId ? type_root(result.objectId, false) : result;
}

} // namespace

ObjectAddress whole_of(Oid class_id, Oid object_id)
{
	return pg_call([=] { return top_level(class_id, object_id, true); });
}

ObjectAddress root_of(Oid class_id, Oid object_id, int32)
{
	return pg_call([=] {
		ObjectAddress root = top_level(class_id, object_id);
		if (!OidIsValid(root.classId) || root.classId == ExtensionRelationId)
			return root;
		if (creating_extension)
			return ObjectAddress{ExtensionRelationId, CurrentExtensionObject, 0};
		const ObjectAddress owner = bringer(root);
		return OidIsValid(owner.classId) ? owner : root;
	});
}

} // namespace surefoot::catalog

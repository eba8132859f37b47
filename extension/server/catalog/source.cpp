#include "server/catalog/source.hpp"

#include <algorithm>
#include <numeric>

extern "C" {
#include "access/transam.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_description.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_partitioned_table.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_range.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_seclabel.h"
#include "catalog/pg_sequence.h"
#include "catalog/pg_statistic_ext.h"
#include "catalog/pg_trigger.h"
}

namespace surefoot::catalog {

namespace {

struct Catalog {
	Oid relation;
	Oid index;
	AttrNumber key;
	AttrNumber class_id;     /* of catalogs that hold rows about objects of several catalogs */
	bool class_first;        /* class_id comes before key in the index */
	int cache;               /* syscache by the key alone, or -1 */
	bool (*wanted)(HeapTuple); /* in bulk; nullptr: all with a key of FirstNormalObjectId or above */
};

bool any(HeapTuple)
{
	return true;
}

bool real_column(HeapTuple tuple)
{
	const Form_pg_attribute column = form<Form_pg_attribute>(tuple);
	return column->attnum > 0 && column->attrelid >= FirstNormalObjectId;
}

/* Neither row types nor arrays: many rows that define nothing of their own. Composite types are found by their pg_class row. */
bool own_type(HeapTuple tuple)
{
	const Form_pg_type type = form<Form_pg_type>(tuple);
	return type->oid >= FirstNormalObjectId && type->typtype != TYPTYPE_COMPOSITE && !IsTrueArrayType(type);
}

bool described(HeapTuple tuple)
{
	const Form_pg_description comment = form<Form_pg_description>(tuple);
	return comment->objoid >= FirstNormalObjectId || comment->classoid == NamespaceRelationId;
}

bool of_relation_column(const FormData_pg_depend *dependency)
{
	return dependency->classid == RelationRelationId && dependency->refclassid == RelationRelationId &&
		   dependency->refobjsubid > 0;
}

bool telling_dependency(HeapTuple tuple)
{
	const Form_pg_depend dependency = form<Form_pg_depend>(tuple);
	switch (dependency->deptype) {
	case DEPENDENCY_EXTENSION:
	case DEPENDENCY_AUTO_EXTENSION: return true;
	case DEPENDENCY_AUTO: return of_relation_column(dependency);
	case DEPENDENCY_INTERNAL: return dependency->refclassid == TypeRelationId || of_relation_column(dependency);
	default: return false;
	}
}

bool telling_dependent(HeapTuple tuple)
{
	const Form_pg_depend dependency = form<Form_pg_depend>(tuple);
	return dependency->deptype == DEPENDENCY_EXTENSION ||
		   (dependency->deptype == DEPENDENCY_INTERNAL && of_relation_column(dependency));
}

const Catalog catalogs[] = {
	{RelationRelationId, ClassOidIndexId, Anum_pg_class_oid, 0, false, RELOID, nullptr},
	{AttributeRelationId, AttributeRelidNumIndexId, Anum_pg_attribute_attrelid, 0, false, -1, real_column},
	{AttrDefaultRelationId, AttrDefaultIndexId, Anum_pg_attrdef_adrelid, 0, false, -1, nullptr},
	{ConstraintRelationId, ConstraintRelidTypidNameIndexId, Anum_pg_constraint_conrelid, 0, false, -1, nullptr},
	{ConstraintRelationId, ConstraintTypidIndexId, Anum_pg_constraint_contypid, 0, false, -1, nullptr},
	{IndexRelationId, IndexIndrelidIndexId, Anum_pg_index_indrelid, 0, false, -1, nullptr},
	{TriggerRelationId, TriggerRelidNameIndexId, Anum_pg_trigger_tgrelid, 0, false, -1, nullptr},
	{RewriteRelationId, RewriteRelRulenameIndexId, Anum_pg_rewrite_ev_class, 0, false, -1, nullptr},
	{PolicyRelationId, PolicyPolrelidPolnameIndexId, Anum_pg_policy_polrelid, 0, false, -1, nullptr},
	{InheritsRelationId, InheritsRelidSeqnoIndexId, Anum_pg_inherits_inhrelid, 0, false, -1, nullptr},
	{PartitionedRelationId, PartitionedRelidIndexId, Anum_pg_partitioned_table_partrelid, 0, false, -1, nullptr},
	{SequenceRelationId, SequenceRelidIndexId, Anum_pg_sequence_seqrelid, 0, false, -1, nullptr},
	{StatisticExtRelationId, StatisticExtRelidIndexId, Anum_pg_statistic_ext_stxrelid, 0, false, -1, nullptr},
	{ForeignTableRelationId, ForeignTableRelidIndexId, Anum_pg_foreign_table_ftrelid, 0, false, -1, nullptr},
	{TypeRelationId, TypeOidIndexId, Anum_pg_type_oid, 0, false, TYPEOID, own_type},
	{EnumRelationId, EnumTypIdSortOrderIndexId, Anum_pg_enum_enumtypid, 0, false, -1, nullptr},
	{RangeRelationId, RangeTypidIndexId, Anum_pg_range_rngtypid, 0, false, -1, nullptr},
	{ProcedureRelationId, ProcedureOidIndexId, Anum_pg_proc_oid, 0, false, PROCOID, nullptr},
	{AggregateRelationId, AggregateFnoidIndexId, Anum_pg_aggregate_aggfnoid, 0, false, AGGFNOID, nullptr},
	{NamespaceRelationId, NamespaceOidIndexId, Anum_pg_namespace_oid, 0, false, NAMESPACEOID, any},
	{DescriptionRelationId, DescriptionObjIndexId, Anum_pg_description_objoid, Anum_pg_description_classoid, false, -1,
	 described},
	{SecLabelRelationId, SecLabelObjectIndexId, Anum_pg_seclabel_objoid, Anum_pg_seclabel_classoid, false, -1, any},
	{DependRelationId, DependDependerIndexId, Anum_pg_depend_objid, Anum_pg_depend_classid, true, -1,
	 telling_dependency},
	{DependRelationId, DependReferenceIndexId, Anum_pg_depend_refobjid, Anum_pg_depend_refclassid, true, -1,
	 telling_dependent},
};
static_assert(lengthof(catalogs) == static_cast<size_t>(From::count));

/* Grows by palloc, because it is filled between calls that may raise. */
struct Tuples {
	HeapTuple *data;
	Oid *keys;
	size_t count, room;
};

void add(Tuples *tuples, HeapTuple tuple, Oid key)
{
	if (tuples->count == tuples->room) {
		const size_t room = tuples->room ? tuples->room * 2 : 8;
		const Size size = room * sizeof(HeapTuple), keys = room * sizeof(Oid);
		tuples->data = static_cast<HeapTuple *>(
			tuples->room ? repalloc_huge(tuples->data, size) : MemoryContextAllocHuge(CurrentMemoryContext, size));
		tuples->keys = static_cast<Oid *>(tuples->room ? repalloc_huge(tuples->keys, keys)
													   : MemoryContextAllocHuge(CurrentMemoryContext, keys));
		tuples->room = room;
	}
	tuples->data[tuples->count] = heap_copytuple(tuple);
	tuples->keys[tuples->count++] = key;
}

Rows scan_key(const Catalog &catalog, Relation relation, Oid key, Oid class_id)
{
	ScanKeyData keys[2];
	int count = 0;
	Tuples tuples = {};

	if (catalog.class_first)
		ScanKeyInit(&keys[count++], catalog.class_id, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(class_id));
	ScanKeyInit(&keys[count++], catalog.key, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(key));
	if (catalog.class_id != 0 && !catalog.class_first)
		ScanKeyInit(&keys[count++], catalog.class_id, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(class_id));

	SysScanDesc scan = systable_beginscan(relation, catalog.index, true, nullptr, count, keys);
	for (HeapTuple tuple; HeapTupleIsValid(tuple = systable_getnext(scan));)
		if (catalog.relation != AttributeRelationId || form<Form_pg_attribute>(tuple)->attnum > 0)
			add(&tuples, tuple, InvalidOid);
	systable_endscan(scan);
	return {tuples.data, tuples.count};
}

Rows look_up(const Catalog &catalog, Oid key)
{
	HeapTuple tuple = SearchSysCacheCopy1(static_cast<SysCacheIdentifier>(catalog.cache), ObjectIdGetDatum(key));
	if (!HeapTupleIsValid(tuple))
		return {};
	HeapTuple *data = static_cast<HeapTuple *>(palloc(sizeof(HeapTuple)));
	*data = tuple;
	return {data, 1};
}

Tuples scan_all(const Catalog &catalog, Relation relation)
{
	Tuples tuples = {};
	const TupleDesc descriptor = RelationGetDescr(relation);
	SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, nullptr, 0, nullptr);
	for (HeapTuple tuple; HeapTupleIsValid(tuple = systable_getnext(scan));) {
		bool is_null;
		if (catalog.wanted && !catalog.wanted(tuple))
			continue;
		const Oid key = DatumGetObjectId(heap_getattr(tuple, catalog.key, descriptor, &is_null));
		if (catalog.wanted || key >= FirstNormalObjectId)
			add(&tuples, tuple, key);
	}
	systable_endscan(scan);
	return tuples;
}

} // namespace

Source::Source(bool bulk) : bulk_(bulk), exceptions_(std::uncaught_exceptions())
{
}

Source::~Source()
{
	/* After an error the rollback closes them. */
	if (std::uncaught_exceptions() > exceptions_)
		return;
	for (const Loaded &loaded : loaded_)
		if (loaded.relation)
			table_close(loaded.relation, AccessShareLock);
}

Relation Source::open_first(From from)
{
	const Oid relation = catalogs[static_cast<size_t>(from)].relation;
	return loaded_[static_cast<size_t>(from)].relation =
			   pg_call([relation] { return table_open(relation, AccessShareLock); });
}

void Source::load(From from)
{
	Loaded &loaded = loaded_[static_cast<size_t>(from)];
	const Catalog &catalog = catalogs[static_cast<size_t>(from)];
	const Relation relation = open(from);
	const Tuples found = pg_call([&catalog, relation] { return scan_all(catalog, relation); });

	if (std::is_sorted(found.keys, found.keys + found.count)) {
		loaded.keys.assign(found.keys, found.keys + found.count);
		loaded.tuples.assign(found.data, found.data + found.count);
	} else {
		std::vector<uint32_t> order(found.count);
		std::iota(order.begin(), order.end(), 0);
		std::stable_sort(order.begin(), order.end(),
						 [&found](uint32_t a, uint32_t b) { return found.keys[a] < found.keys[b]; });
		loaded.keys.reserve(found.count);
		loaded.tuples.reserve(found.count);
		for (uint32_t i : order) {
			loaded.keys.push_back(found.keys[i]);
			loaded.tuples.push_back(found.data[i]);
		}
	}
	loaded.loaded = true;
}

Rows Source::rows(From from, Oid key, Oid class_id)
{
	const Catalog &catalog = catalogs[static_cast<size_t>(from)];
	if (!bulk_) {
		if (catalog.cache >= 0)
			return pg_call([&catalog, key] { return look_up(catalog, key); });
		const Relation relation = open(from);
		return pg_call([&] { return scan_key(catalog, relation, key, class_id); });
	}

	Loaded &loaded = loaded_[static_cast<size_t>(from)];
	if (!loaded.loaded)
		load(from);
	const std::vector<Oid> &keys = loaded.keys;
	size_t at = loaded.cursor;
	if (at < keys.size() && keys[at] < key)
		at++; /* the one group that the requests skipped is often a single row */
	if (!(at < keys.size() && keys[at] == key && (at == 0 || keys[at - 1] != key)))
		at = std::lower_bound(keys.begin(), keys.end(), key) - keys.begin();
	size_t end = at;
	while (end < keys.size() && keys[end] == key)
		end++;
	loaded.cursor = end;
	return {loaded.tuples.data() + at, end - at};
}

HeapTuple Source::row(From from, Oid key)
{
	const Rows found = rows(from, key);
	return found.empty() ? nullptr : found[0];
}

Rows Source::all(From from)
{
	Loaded &loaded = loaded_[static_cast<size_t>(from)];
	if (!loaded.loaded)
		load(from);
	return {loaded.tuples.data(), loaded.tuples.size()};
}

} // namespace surefoot::catalog

#include "server/catalog/source.hpp"

#include "server/compat.hpp"

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

/* Finds loaded pg_class rows by OID while another catalog is scanned, mostly in the same order. */
struct Scope {
	const Oid *keys;
	HeapTuple *rows;
	size_t count, cursor;

	/* relkind, or 0 for a relation out of scope */
	char kind_of(Oid relation)
	{
		if (cursor == count || keys[cursor] != relation)
			cursor = std::lower_bound(keys, keys + count, relation) - keys;
		return cursor < count && keys[cursor] == relation ? form<Form_pg_class>(rows[cursor])->relkind : '\0';
	}
};

struct Catalog {
	Oid relation;
	Oid index;
	AttrNumber key;
	size_t offset;        /* of the key in the row's fixed part */
	AttrNumber class_id;  /* of catalogs that hold rows about objects of several catalogs */
	bool class_first;     /* class_id comes before key in the index */
	int cache;            /* syscache by the key alone, or -1 */
	bool (*wanted)(HeapTuple, Scope &); /* in bulk; nullptr: all with a key of FirstNormalObjectId or above */
};

bool any(HeapTuple, Scope &)
{
	return true;
}

/* Toast tables are wanted for their options alone. */
bool own_relation(HeapTuple tuple, Scope &)
{
	const Form_pg_class relation = form<Form_pg_class>(tuple);
	if (relation->oid < FirstNormalObjectId || relation->relpersistence == RELPERSISTENCE_TEMP)
		return false;
	return relation->relnamespace != PG_TOAST_NAMESPACE ||
		   (relation->relkind == RELKIND_TOASTVALUE && !heap_attisnull(tuple, Anum_pg_class_reloptions, nullptr));
}

/* Of indexes only what ALTER INDEX or an operator class has set. */
bool own_column(HeapTuple tuple, Scope &scope)
{
	const Form_pg_attribute column = form<Form_pg_attribute>(tuple);
	if (column->attnum <= 0 || column->attrelid < FirstNormalObjectId)
		return false;
	switch (scope.kind_of(column->attrelid)) {
	case '\0':
	case RELKIND_SEQUENCE: return false;
	case RELKIND_INDEX:
	case RELKIND_PARTITIONED_INDEX:
		return !heap_attisnull(tuple, Anum_pg_attribute_attoptions, nullptr) ||
			   compat::has_statistics_target(tuple);
	default: return true;
	}
}

bool own_index(HeapTuple tuple, Scope &scope)
{
	const Oid relation = form<Form_pg_index>(tuple)->indrelid;
	return relation >= FirstNormalObjectId && scope.kind_of(relation) != '\0';
}

/* Neither row types nor arrays: many rows that define nothing of their own, but for what is granted on them. Composite types are found by their pg_class row. */
bool own_type(HeapTuple tuple, Scope &)
{
	const Form_pg_type type = form<Form_pg_type>(tuple);
	return type->oid >= FirstNormalObjectId && !IsTrueArrayType(type) &&
		   (type->typtype != TYPTYPE_COMPOSITE || !heap_attisnull(tuple, Anum_pg_type_typacl, nullptr));
}

bool own_comment(HeapTuple tuple, Scope &)
{
	const Form_pg_description comment = form<Form_pg_description>(tuple);
	return comment->objoid >= FirstNormalObjectId || comment->classoid == NamespaceRelationId;
}

bool of_relation_column(const FormData_pg_depend *dependency)
{
	return dependency->classid == RelationRelationId && dependency->refclassid == RelationRelationId &&
		   dependency->refobjsubid > 0;
}

bool telling_dependency(HeapTuple tuple, Scope &scope)
{
	const Form_pg_depend dependency = form<Form_pg_depend>(tuple);
	switch (dependency->deptype) {
	case DEPENDENCY_EXTENSION:
	case DEPENDENCY_AUTO_EXTENSION: return true;
	case DEPENDENCY_AUTO: return of_relation_column(dependency) && scope.kind_of(dependency->objid) == RELKIND_SEQUENCE;
	case DEPENDENCY_INTERNAL:
		return (dependency->refclassid == TypeRelationId && dependency->classid != TypeRelationId &&
				dependency->classid != RelationRelationId) ||
			   of_relation_column(dependency);
	default: return false;
	}
}

bool telling_dependent(HeapTuple tuple, Scope &)
{
	const Form_pg_depend dependency = form<Form_pg_depend>(tuple);
	return dependency->deptype == DEPENDENCY_EXTENSION ||
		   (dependency->deptype == DEPENDENCY_INTERNAL && of_relation_column(dependency));
}

#define KEY(catalog, column) Anum_##catalog##_##column, offsetof(FormData_##catalog, column)

const Catalog catalogs[] = {
	{RelationRelationId, ClassOidIndexId, KEY(pg_class, oid), 0, false, RELOID, own_relation},
	{AttributeRelationId, AttributeRelidNumIndexId, KEY(pg_attribute, attrelid), 0, false, -1, own_column},
	{AttrDefaultRelationId, AttrDefaultIndexId, KEY(pg_attrdef, adrelid), 0, false, -1, nullptr},
	{ConstraintRelationId, ConstraintRelidTypidNameIndexId, KEY(pg_constraint, conrelid), 0, false, -1, nullptr},
	{ConstraintRelationId, ConstraintTypidIndexId, KEY(pg_constraint, contypid), 0, false, -1, nullptr},
	{IndexRelationId, IndexIndrelidIndexId, KEY(pg_index, indrelid), 0, false, -1, own_index},
	{TriggerRelationId, TriggerRelidNameIndexId, KEY(pg_trigger, tgrelid), 0, false, -1, nullptr},
	{RewriteRelationId, RewriteRelRulenameIndexId, KEY(pg_rewrite, ev_class), 0, false, -1, nullptr},
	{PolicyRelationId, PolicyPolrelidPolnameIndexId, KEY(pg_policy, polrelid), 0, false, -1, nullptr},
	{InheritsRelationId, InheritsRelidSeqnoIndexId, KEY(pg_inherits, inhrelid), 0, false, -1, nullptr},
	{PartitionedRelationId, PartitionedRelidIndexId, KEY(pg_partitioned_table, partrelid), 0, false, -1, nullptr},
	{SequenceRelationId, SequenceRelidIndexId, KEY(pg_sequence, seqrelid), 0, false, -1, nullptr},
	{StatisticExtRelationId, StatisticExtRelidIndexId, KEY(pg_statistic_ext, stxrelid), 0, false, -1, nullptr},
	{ForeignTableRelationId, ForeignTableRelidIndexId, KEY(pg_foreign_table, ftrelid), 0, false, -1, nullptr},
	{TypeRelationId, TypeOidIndexId, KEY(pg_type, oid), 0, false, TYPEOID, own_type},
	{EnumRelationId, EnumTypIdSortOrderIndexId, KEY(pg_enum, enumtypid), 0, false, -1, nullptr},
	{RangeRelationId, RangeTypidIndexId, KEY(pg_range, rngtypid), 0, false, -1, nullptr},
	{ProcedureRelationId, ProcedureOidIndexId, KEY(pg_proc, oid), 0, false, PROCOID, nullptr},
	{AggregateRelationId, AggregateFnoidIndexId, KEY(pg_aggregate, aggfnoid), 0, false, AGGFNOID, nullptr},
	{NamespaceRelationId, NamespaceOidIndexId, KEY(pg_namespace, oid), 0, false, NAMESPACEOID, any},
	{DescriptionRelationId, DescriptionObjIndexId, KEY(pg_description, objoid), Anum_pg_description_classoid, false, -1,
	 own_comment},
	{SecLabelRelationId, SecLabelObjectIndexId, KEY(pg_seclabel, objoid), Anum_pg_seclabel_classoid, false, -1, any},
	{DependRelationId, DependDependerIndexId, KEY(pg_depend, objid), Anum_pg_depend_classid, true, -1,
	 telling_dependency},
	{DependRelationId, DependReferenceIndexId, KEY(pg_depend, refobjid), Anum_pg_depend_refclassid, true, -1,
	 telling_dependent},
};
#undef KEY

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

Tuples scan_all(const Catalog &catalog, Relation relation, Scope scope)
{
	Tuples tuples = {};
	SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, nullptr, 0, nullptr);
	for (HeapTuple tuple; HeapTupleIsValid(tuple = systable_getnext(scan));) {
		if (catalog.wanted && !catalog.wanted(tuple, scope))
			continue;
		Oid key;
		memcpy(&key, form<const char *>(tuple) + catalog.offset, sizeof(key));
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
	Scope scope = {};
	if (from != From::relation) {
		const Rows relations = all(From::relation);
		scope = {loaded_[static_cast<size_t>(From::relation)].keys.data(), relations.first, relations.count, 0};
	}
	const Tuples found = pg_call([&catalog, relation, scope] { return scan_all(catalog, relation, scope); });

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
	if ((at == keys.size() || keys[at] > key) && (at == 0 || keys[at - 1] < key))
		return {};
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

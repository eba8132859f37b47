#include "server/keep/dropped_column.hpp"

#include "server/compat.hpp"

extern "C" {
#include "access/tableam.h"
#include "catalog/pg_inherits.h"
#include "commands/tablecmds.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
}

namespace surefoot {

namespace {

/* A type of the server's own, whose values mean the same whatever happens to other objects. */
bool is_own_type(Oid type)
{
	const Oid element = get_element_type(type);
	const Oid base = OidIsValid(element) ? element : type;
	const char kind = get_typtype(base);
	return base < FirstGenbkiObjectId && (kind == TYPTYPE_BASE || kind == TYPTYPE_RANGE || kind == TYPTYPE_MULTIRANGE);
}

/* The version of a row of pg_attribute that row, of the same column, has replaced in this transaction; nullptr when there is none. */
HeapTuple former_version(Relation attributes, HeapTuple row)
{
	const Form_pg_attribute attribute = (Form_pg_attribute)GETSTRUCT(row);
	ScanKeyData keys[2];
	ScanKeyInit(&keys[0], Anum_pg_attribute_attrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(attribute->attrelid));
	ScanKeyInit(&keys[1], Anum_pg_attribute_attnum, BTEqualStrategyNumber, F_INT2EQ, Int16GetDatum(attribute->attnum));
	SysScanDesc scan = systable_beginscan(attributes, AttributeRelidNumIndexId, true, SnapshotAny, 2, keys);
	HeapTuple found = nullptr;
	while (HeapTuple version = found ? nullptr : systable_getnext(scan)) {
		const HeapTupleHeader header = version->t_data;
		if (!(header->t_infomask & HEAP_XMAX_INVALID) && TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetUpdateXid(header)) &&
			ItemPointerEquals(&header->t_ctid, &row->t_self) && !ItemPointerEquals(&version->t_self, &row->t_self))
			found = heap_copytuple(version);
	}
	systable_endscan(scan);
	return found;
}

/*
 * What rows have in the column that have nothing there, being older than it, as text; the DROP has taken it out of the catalog, whose
 * former rows are still there until this transaction ends. nullptr: nothing.
 */
const char *former_missing(Relation attributes, HeapTuple former)
{
	const Form_pg_attribute attribute = (Form_pg_attribute)GETSTRUCT(former);
	if (!attribute->atthasmissing)
		return nullptr;
	bool is_null;
	int count;
	Oid output;
	Datum *elements;
	const Datum array = heap_getattr(former, Anum_pg_attribute_attmissingval, RelationGetDescr(attributes), &is_null);
	deconstruct_array(DatumGetArrayTypeP(array), attribute->atttypid, attribute->attlen, attribute->attbyval, attribute->attalign, &elements,
					  nullptr, &count);
	getTypeOutputInfo(attribute->atttypid, &output, &is_null);
	return OidOutputFunctionCall(output, elements[0]);
}

} // namespace

bool is_plain_table(Relation relation)
{
	return relation->rd_rel->relkind == RELKIND_RELATION && relation->rd_rel->relpersistence != RELPERSISTENCE_TEMP &&
		   !relation->rd_rel->relispartition && !OidIsValid(relation->rd_rel->reloftype) && !IsCatalogRelation(relation) &&
		   relation->rd_tableam == GetHeapamTableAmRoutine() && !has_superclass(RelationGetRelid(relation)) &&
		   find_inheritance_children(RelationGetRelid(relation), NoLock) == NIL;
}

bool is_restorable(const FormData_pg_attribute *attribute)
{
	return !attribute->attisdropped && attribute->attgenerated == '\0' && attribute->attidentity == '\0' && attribute->attinhcount == 0 &&
		   attribute->attcollation < FirstGenbkiObjectId && is_own_type(attribute->atttypid);
}

bool fits(HeapTuple row, Oid type, const char *definition)
{
	const Form_pg_attribute attribute = (Form_pg_attribute)GETSTRUCT(row);
	int16 length;
	bool by_value;
	char alignment;
	if (!attribute->attisdropped || attribute->attinhcount != 0 || !OidIsValid(type) || !is_own_type(type) ||
		attribute->attcollation >= FirstGenbkiObjectId)
		return false;
	get_typlenbyvalalign(type, &length, &by_value, &alignment);
	return attribute->attlen == length && attribute->attbyval == by_value && attribute->attalign == alignment &&
		   strcmp(format_type_with_typemod(type, attribute->atttypmod), definition) == 0;
}

Dropped dropped_at(const ObjectAddress &address, const char *definition, bool is_new)
{
	Dropped dropped = {};
	HeapTuple row = SearchSysCache2(ATTNUM, ObjectIdGetDatum(address.objectId), Int16GetDatum(address.objectSubId));
	if (!HeapTupleIsValid(row))
		return dropped;
	if (((Form_pg_attribute)GETSTRUCT(row))->attisdropped && TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row->t_data))) {
		dropped.is_dropped = true;
		Relation table = RelationIdGetRelation(address.objectId);
		/* What stores a table anew gives its dropped columns NULL, and the others values of the type that they have by then. */
		const bool is_plain = RelationIsValid(table) && is_plain_table(table);
		const bool stored_anew = is_plain && !is_new && compat::is_stored_anew(table);
		if (RelationIsValid(table))
			RelationClose(table);
		Relation attributes = table_open(AttributeRelationId, AccessShareLock);
		/* It may have got another type in the same step, of which the values are written in the same way, or not. */
		HeapTuple former = is_plain ? former_version(attributes, row) : nullptr;
		const Form_pg_attribute was = former ? (Form_pg_attribute)GETSTRUCT(former) : nullptr;
		if (was != nullptr && !was->attisdropped && fits(row, was->atttypid, definition) &&
			was->atttypmod == ((Form_pg_attribute)GETSTRUCT(row))->atttypmod)
			dropped = {was->atttypid, former_missing(attributes, former), true, stored_anew};
		table_close(attributes, AccessShareLock);
	}
	ReleaseSysCache(row);
	return dropped;
}

void revive(Oid table, AttrNumber number, const char *column, Oid type, const char *missing)
{
	Relation attributes = table_open(AttributeRelationId, RowExclusiveLock);
	HeapTuple row = SearchSysCacheCopy2(ATTNUM, ObjectIdGetDatum(table), Int16GetDatum(number));
	if (!HeapTupleIsValid(row))
		elog(ERROR, "column %d of relation %u is not there", number, table);
	Datum values[Natts_pg_attribute] = {};
	bool nulls[Natts_pg_attribute] = {}, replaced[Natts_pg_attribute] = {};
	NameData name;
	namestrcpy(&name, column);
	const auto set = [&](int field, Datum value) {
		values[field - 1] = value;
		replaced[field - 1] = true;
	};
	set(Anum_pg_attribute_attname, NameGetDatum(&name));
	set(Anum_pg_attribute_atttypid, ObjectIdGetDatum(type));
	set(Anum_pg_attribute_attisdropped, BoolGetDatum(false));
	set(Anum_pg_attribute_attnotnull, BoolGetDatum(false));
	set(Anum_pg_attribute_attidentity, CharGetDatum('\0'));
	set(Anum_pg_attribute_attgenerated, CharGetDatum('\0'));
	set(Anum_pg_attribute_attislocal, BoolGetDatum(true));
	if (missing != nullptr) {
		int16 length;
		bool by_value;
		char alignment;
		Oid input, element;
		get_typlenbyvalalign(type, &length, &by_value, &alignment);
		getTypeInputInfo(type, &input, &element);
		Datum value = OidInputFunctionCall(input, const_cast<char *>(missing), element, ((Form_pg_attribute)GETSTRUCT(row))->atttypmod);
		set(Anum_pg_attribute_atthasmissing, BoolGetDatum(true));
		set(Anum_pg_attribute_attmissingval, PointerGetDatum(construct_array(&value, 1, type, length, by_value, alignment)));
	}
	set(Anum_pg_attribute_attacl, (Datum)0);
	nulls[Anum_pg_attribute_attacl - 1] = true;
	/* attoptions stays: the newest minor releases have a version of the column there, which its type still belongs to. */
	set(Anum_pg_attribute_attstattarget, compat::no_statistics_target(&nulls[Anum_pg_attribute_attstattarget - 1]));
	row = heap_modify_tuple(row, RelationGetDescr(attributes), values, nulls, replaced);
	CatalogTupleUpdate(attributes, &row->t_self, row);
	InvokeObjectPostAlterHook(RelationRelationId, table, number);
	table_close(attributes, RowExclusiveLock);
	CommandCounterIncrement();
}

Named lock_table_of(const std::string &column)
{
	const char *text = column.c_str();
	return pg_call([text] {
		List *names = compat::qualified_names(text);
		if (list_length(names) != 3)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid name of a column: %s", text),
							errhint("It has a schema and a table before it.")));
		const char *last = strVal(llast(names));
		const RangeVar *table = makeRangeVarFromNameList(list_truncate(names, 2));
		const Oid id = RangeVarGetRelidExtended(table, AccessExclusiveLock, 0, RangeVarCallbackOwnsRelation, nullptr);
		Relation relation = table_open(id, NoLock);
		CheckTableNotInUse(relation, "ALTER TABLE");
		table_close(relation, NoLock);
		return Named{id, last};
	});
}

Oid lock_new_table(const std::string &table)
{
	const char *text = table.c_str();
	return pg_call([text] {
		const Oid id = RangeVarGetRelidExtended(makeRangeVarFromNameList(compat::qualified_names(text)), AccessExclusiveLock, 0,
												RangeVarCallbackOwnsRelation, nullptr);
		Relation relation = table_open(id, NoLock);
		CheckTableNotInUse(relation, "ALTER TABLE");
		const bool is_new = is_plain_table(relation) && relation->rd_createSubid != InvalidSubTransactionId && RelationGetNumberOfBlocks(relation) == 0;
		table_close(relation, NoLock);
		if (!is_new)
			ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
							errmsg("%s is no ordinary, empty table that was made in this transaction", text)));
		return id;
	});
}

} // namespace surefoot

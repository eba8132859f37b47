#include "server/column_place.hpp"

#include "core/kinds.hpp"
#include "core/sql_text.hpp"
#include "server/catalog/roots.hpp"
#include "server/compat.hpp"
#include "server/gate.hpp"
#include "server/keep.hpp"
#include "server/recorder.hpp"
#include "server/row_writer.hpp"
#include "server/settings.hpp"
#include "server/spi.hpp"

extern "C" {
#include "access/tableam.h"
#include "catalog/pg_inherits.h"
#include "commands/tablecmds.h"
#include "executor/executor.h"
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

/* A table whose rows are nobody else's business. Plain data, used inside one guarded call only. */
bool is_plain_table(Relation relation)
{
	return relation->rd_rel->relkind == RELKIND_RELATION && relation->rd_rel->relpersistence != RELPERSISTENCE_TEMP &&
		   !relation->rd_rel->relispartition && !OidIsValid(relation->rd_rel->reloftype) && !IsCatalogRelation(relation) &&
		   relation->rd_tableam == GetHeapamTableAmRoutine() && !has_superclass(RelationGetRelid(relation)) &&
		   find_inheritance_children(RelationGetRelid(relation), NoLock) == NIL;
}

/* Whether the dropped column of this pg_attribute row can hold values of type, which is written as definition. */
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

/* A column that this transaction has dropped, and that can be given its place again. */
struct Dropped {
	Oid type; /* InvalidOid: it cannot */
	const char *missing;
	TransactionId writer; /* of its row in pg_attribute: nobody else ever writes that transaction's number there */
};

/* The column at address, whose type was written as definition before the step. */
Dropped dropped_at(const ObjectAddress &address, const char *definition)
{
	Dropped dropped = {};
	HeapTuple row = SearchSysCache2(ATTNUM, ObjectIdGetDatum(address.objectId), Int16GetDatum(address.objectSubId));
	if (!HeapTupleIsValid(row))
		return dropped;
	if (((Form_pg_attribute)GETSTRUCT(row))->attisdropped && TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row->t_data))) {
		Relation table = RelationIdGetRelation(address.objectId);
		/* Until then nothing but what was read can have been in the rows, unless they were all written anew. */
		const bool same_rows = RelationIsValid(table) && is_plain_table(table) && !compat::is_stored_anew(table);
		if (RelationIsValid(table))
			RelationClose(table);
		Relation attributes = table_open(AttributeRelationId, AccessShareLock);
		/* It may have got another type in the same step, of which the values are written in the same way, or not. */
		HeapTuple former = same_rows ? former_version(attributes, row) : nullptr;
		const Form_pg_attribute was = former ? (Form_pg_attribute)GETSTRUCT(former) : nullptr;
		if (was != nullptr && !was->attisdropped && fits(row, was->atttypid, definition) &&
			was->atttypmod == ((Form_pg_attribute)GETSTRUCT(row))->atttypmod)
			dropped = {was->atttypid, former_missing(attributes, former), HeapTupleHeaderGetRawXmin(row->t_data)};
		table_close(attributes, AccessShareLock);
	}
	ReleaseSysCache(row);
	return dropped;
}

/* A column's table, and its name without quotes. */
struct Named {
	Oid table;
	const char *column;
};

/* Locks the table against everybody, once it is certain that the current user may. */
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

/* Name and type back into the row of pg_attribute, and all else as in a new column: what there is to say of it is said afterwards. */
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

void execute(const std::string &sql)
{
	const char *text = sql.c_str();
	pg_call([text] {
		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		if (SPI_execute(text, false, 0) < 0)
			elog(ERROR, "could not execute \"%s\"", text);
		SPI_finish();
	});
}

} // namespace

void note_places(const Speaker &speaker, Recorder &recorder)
{
	static Query insert("INSERT INTO surefoot.dropped_column (run, version, name, relation, number, type, definition, missing, "
						"system_identifier, database_oid, writer, dropped_in) "
						"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::numeric, $10, $11::xid, pg_current_xact_id())",
						{INT8OID, TEXTOID, TEXTOID, OIDOID, INT4OID, OIDOID, TEXTOID, TEXTOID, TEXTOID, OIDOID, TEXTOID});
	if (!settings::restore_places)
		return;
	for (const core::Object &object : recorder.before()) {
		if (object.kind != "column" || object.field("generated") || object.field("identity"))
			continue;
		const ObjectAddress address = catalog::address_of(object.address);
		if (address.classId != RelationRelationId || address.objectSubId <= 0)
			continue;
		const std::string definition = core::value_of(object, "type"), collation = core::value_of(object, "collation");
		const char *text = definition.c_str();
		Internal internal;
		const Dropped dropped = pg_call([&address, text] {
			pin_output();
			return dropped_at(address, text);
		});
		if (!OidIsValid(dropped.type))
			continue;
		(void)insert.run({speaker.run, speaker.version, object.identity, Value::datum(ObjectIdGetDatum(address.objectId)),
						  static_cast<int>(address.objectSubId), Value::datum(ObjectIdGetDatum(dropped.type)),
						  definition + (collation.empty() ? "" : " COLLATE " + collation),
						  dropped.missing ? Value(dropped.missing) : Value(std::nullopt), std::to_string(GetSystemIdentifier()),
						  Value::datum(ObjectIdGetDatum(MyDatabaseId)), std::to_string(dropped.writer)});
		recorder.places[object.identity] =
			"SELECT surefoot.restore_place(" + core::literal(speaker.version) + ", " + core::literal(object.identity) + ")";
	}
}

void restore_place(const std::string &version, const std::string &column)
{
	/* A transaction's number comes again after four thousand millions. */
	static Query entry("SELECT relation, number, type, definition, system_identifier = $3::numeric AND database_oid = $4 AND "
					   "pg_current_xact_id()::text::numeric - dropped_in::text::numeric < 4000000000, missing, writer::text::bigint "
					   "FROM surefoot.dropped_column WHERE version = $1 AND name = $2 ORDER BY run DESC LIMIT 1",
					   {TEXTOID, TEXTOID, TEXTOID, OIDOID});
	check_isolation();
	const PinnedPath path;
	const Named named = lock_table_of(column);
	Rows found;
	{
		Internal internal;
		found = entry.run({version, column, std::to_string(GetSystemIdentifier()), Value::datum(ObjectIdGetDatum(MyDatabaseId))});
	}
	if (found.empty())
		throw Error("42704", "migration " + version + " has written down no place of column " + column);
	const Oid type = static_cast<Oid>(found.number(0, 2));
	const AttrNumber number = static_cast<AttrNumber>(found.number(0, 1));
	const std::string definition = found.text(0, 3);
	const std::string type_text = definition.substr(0, definition.find(" COLLATE "));
	const char *type_words = type_text.c_str();
	const TransactionId writer = static_cast<TransactionId>(found.number(0, 6));
	const bool can = found.flag(0, 4) && static_cast<Oid>(found.number(0, 0)) == named.table && pg_call([&] {
		Relation table = table_open(named.table, NoLock);
		HeapTuple row = SearchSysCache2(ATTNUM, ObjectIdGetDatum(named.table), Int16GetDatum(number));
		/* Dropped by that migration, and not by somebody else after it was walked back, and as another type. */
		const bool fitting = is_plain_table(table) && HeapTupleIsValid(row) && HeapTupleHeaderGetRawXmin(row->t_data) == writer &&
							 fits(row, type, type_words);
		if (HeapTupleIsValid(row))
			ReleaseSysCache(row);
		table_close(table, NoLock);
		return fitting;
	});
	if (!can) {
		pg_call([&column] {
			ereport(NOTICE, (errmsg("column %s comes back as the last one, and empty", column.c_str()),
							 errdetail("Its table is not the one, or not as, it was dropped from: restored from a dump, say.")));
		});
		execute("ALTER TABLE " + core::without_last_part(column) + " ADD COLUMN " + core::last_part(column) + " " + definition);
		return;
	}
	const std::optional<std::string> missing_text = found.maybe(0, 5);
	const char *missing = missing_text ? missing_text->c_str() : nullptr;
	pg_call([&] {
		if (get_attnum(named.table, named.column) != InvalidAttrNumber)
			ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN), errmsg("column %s is there already", column.c_str())));
		pin_output();
		revive(named.table, number, named.column, type, missing);
	});
}

/* Whether a foreign key is made of the column, on either side: its triggers would not see what is written. Plain, in a guarded call. */
bool is_in_foreign_key(Relation table, AttrNumber number)
{
	bool found = false;
	for (int i = 0; table->trigdesc != nullptr && i < table->trigdesc->numtriggers; i++) {
		HeapTuple row = SearchSysCache1(CONSTROID, ObjectIdGetDatum(table->trigdesc->triggers[i].tgconstraint));
		if (!HeapTupleIsValid(row))
			continue;
		const Form_pg_constraint constraint = (Form_pg_constraint)GETSTRUCT(row);
		for (const auto &[of, field] : {std::pair(constraint->conrelid, Anum_pg_constraint_conkey),
										std::pair(constraint->confrelid, Anum_pg_constraint_confkey)}) {
			bool is_null;
			const Datum columns = SysCacheGetAttr(CONSTROID, row, field, &is_null);
			if (constraint->contype != CONSTRAINT_FOREIGN || of != RelationGetRelid(table) || is_null)
				continue;
			Datum *numbers;
			int count;
			deconstruct_array(DatumGetArrayTypeP(columns), INT2OID, sizeof(int16), true, TYPALIGN_SHORT, &numbers, nullptr, &count);
			for (int n = 0; n < count; n++)
				found = found || DatumGetInt16(numbers[n]) == number;
		}
		ReleaseSysCache(row);
	}
	return found;
}

int64 fill_column(const std::string &column, const std::string &expression)
{
	check_isolation();
	const PinnedPath path;
	const Named named = lock_table_of(column);
	const char *text = expression.c_str();
	/* Only what this transaction has made, or given back, and nothing refers to yet: nobody else has had a say about its values. */
	pg_call([named, &column] {
		Relation table = table_open(named.table, NoLock);
		if (!is_plain_table(table))
			ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("%s is no ordinary table", RelationGetRelationName(table))));
		HeapTuple row = SearchSysCacheAttName(named.table, named.column);
		if (!HeapTupleIsValid(row) || ((Form_pg_attribute)GETSTRUCT(row))->attnum <= 0)
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("column %s is not there", column.c_str())));
		const bool is_new = TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(row->t_data));
		const AttrNumber number = ((Form_pg_attribute)GETSTRUCT(row))->attnum;
		ReleaseSysCache(row);
		const bool is_referred = is_in_foreign_key(table, number);
		table_close(table, NoLock);
		if (!is_new || is_referred)
			ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE), errmsg("column %s cannot be filled", column.c_str()),
							errdetail("It was not made in this transaction, or belongs to a foreign key."), errhint("UPDATE it.")));
	});
	Recorder::wrote_as_rows(named.table);
	return pg_call([named, text] {
		Relation table = table_open(named.table, NoLock);
		const AttrNumber number = get_attnum(named.table, named.column);
		const Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(table), number - 1);
		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		const char *sql = psprintf("SELECT (%s)::%s", text,
								   format_type_extended(attribute->atttypid, attribute->atttypmod,
														FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
		SPIPlanPtr plan = SPI_prepare(sql, 0, nullptr);
		if (plan == nullptr)
			elog(ERROR, "could not prepare \"%s\"", sql);
		if (list_length(SPI_plan_get_plan_sources(plan)) != 1)
			ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("%s is not one expression", text)));

		const RowWriter writer = RowWriter::open(table);
		Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
		TupleTableSlot *row = writer.new_slot(table), *filled = writer.new_slot(table);
		const int columns = RelationGetNumberOfAttributes(table);
		int64 count = 0;
		TableScanDesc scan = table_beginscan(table, snapshot, 0, nullptr);
		while (table_scan_getnextslot(scan, ForwardScanDirection, row)) {
			CHECK_FOR_INTERRUPTS();
			if (!slot_attisnull(row, number))
				continue;
			if (SPI_execute_plan(plan, nullptr, nullptr, false, 1) != SPI_OK_SELECT || SPI_processed != 1)
				elog(ERROR, "\"%s\" has no value", sql);
			bool is_null;
			const Datum value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &is_null);
			if (!is_null) {
				/* Other dropped columns keep what they have: they may come back as well. */
				slot_getallattrs(row);
				ExecClearTuple(filled);
				memcpy(filled->tts_values, row->tts_values, sizeof(Datum) * columns);
				memcpy(filled->tts_isnull, row->tts_isnull, sizeof(bool) * columns);
				filled->tts_values[number - 1] = value;
				filled->tts_isnull[number - 1] = false;
				ExecStoreVirtualTuple(filled);
				writer.update(row->tts_tid, filled);
				count++;
			}
			SPI_freetuptable(SPI_tuptable);
		}
		table_endscan(scan);
		UnregisterSnapshot(snapshot);
		writer.close();
		SPI_finish();
		table_close(table, NoLock);
		return count;
	});
}

} // namespace surefoot

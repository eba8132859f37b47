#include "server/keep/column_fill.hpp"

#include "server/compat.hpp"
#include "server/internal.hpp"
#include "server/keep/dropped_column.hpp"
#include "server/keep/row_writer.hpp"
#include "server/record/recorder.hpp"
#include "server/run/gate.hpp"

extern "C" {
#include "access/tableam.h"
#include "utils/lsyscache.h"
}

namespace surefoot {

namespace {

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

} // namespace

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

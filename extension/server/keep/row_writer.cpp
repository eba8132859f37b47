#include "server/keep/row_writer.hpp"

#include "server/record/recorder.hpp"

extern "C" {
#include "access/tableam.h"
#include "rewrite/rewriteHandler.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"
}

namespace surefoot {

namespace {

/* Plain functions, used inside guarded calls only. */

ItemPointerData place_of(const PlacedRow &row)
{
	unsigned block = 0, offset = 0;
	if (sscanf(row.place.c_str(), "(%u,%u)", &block, &offset) != 2)
		elog(ERROR, "invalid place of a row: %s", row.place.c_str());
	ItemPointerData place;
	ItemPointerSet(&place, block, static_cast<OffsetNumber>(offset));
	return place;
}

void set_cells(Relation table, const std::vector<AttrNumber> &columns, const Cells &cells, TupleTableSlot *slot)
{
	for (size_t i = 0; i < columns.size(); i++) {
		const Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(table), columns[i] - 1);
		Oid input, element;
		getTypeInputInfo(attribute->atttypid, &input, &element);
		slot->tts_isnull[columns[i] - 1] = !cells[i];
		slot->tts_values[columns[i] - 1] =
			cells[i] ? OidInputFunctionCall(input, const_cast<char *>(cells[i]->c_str()), element, attribute->atttypmod) : (Datum)0;
	}
}

} // namespace

RowWriter RowWriter::open(Relation table)
{
	RowWriter writer{table, CreateExecutorState(), makeNode(ResultRelInfo)};
	InitResultRelInfo(writer.target, table, 0, nullptr, 0);
	writer.target->ri_TrigDesc = nullptr;
	ExecOpenIndices(writer.target, false);
	return writer;
}

TupleTableSlot *RowWriter::new_slot(Relation of) const
{
	return table_slot_create(of, &estate->es_tupleTable);
}

ExprState **RowWriter::defaults_beside(const Bitmapset *given) const
{
	const TupleDesc descriptor = RelationGetDescr(table);
	ExprState **defaults = static_cast<ExprState **>(palloc0(sizeof(ExprState *) * (descriptor->natts + 1)));
	for (AttrNumber number = 1; number <= descriptor->natts; number++) {
		const Form_pg_attribute attribute = TupleDescAttr(descriptor, number - 1);
		if (attribute->attisdropped || attribute->attgenerated != '\0' || bms_is_member(number, given))
			continue;
		if (Node *expression = build_column_default(table, number))
			defaults[number] = ExecPrepareExpr((Expr *)expression, estate);
		else if (get_typtype(attribute->atttypid) == TYPTYPE_DOMAIN)
			domain_check((Datum)0, true, attribute->atttypid, nullptr, nullptr);
	}
	return defaults;
}

void RowWriter::set_defaults(ExprState *const *defaults, TupleTableSlot *row) const
{
	for (AttrNumber number = 1; number <= RelationGetNumberOfAttributes(table); number++)
		if (defaults[number] != nullptr)
			row->tts_values[number - 1] = ExecEvalExpr(defaults[number], GetPerTupleExprContext(estate), &row->tts_isnull[number - 1]);
}

void RowWriter::insert(TupleTableSlot *row) const
{
	ExecSimpleRelationInsert(target, estate, row);
	ResetPerTupleExprContext(estate);
}

void RowWriter::update(const ItemPointerData &at, TupleTableSlot *row) const
{
	TupleTableSlot place = {};
	place.tts_tid = at;
	ExecSimpleRelationUpdate(target, estate, nullptr, &place, row);
	ResetPerTupleExprContext(estate);
}

void RowWriter::remove(const ItemPointerData &at) const
{
	TupleTableSlot place = {};
	place.tts_tid = at;
	ExecSimpleRelationDelete(target, estate, nullptr, &place);
	ResetPerTupleExprContext(estate);
}

void RowWriter::close() const
{
	ExecResetTupleTable(estate->es_tupleTable, false);
	ExecCloseIndices(target);
	FreeExecutorState(estate);
	CommandCounterIncrement();
}

void remove_rows(Oid table, const std::vector<PlacedRow> &rows)
{
	if (rows.empty())
		return;
	Recorder::wrote_as_rows(table);
	pg_call([&] {
		Relation relation = table_open(table, RowExclusiveLock);
		const RowWriter writer = RowWriter::open(relation);
		for (size_t i = 0; i < rows.size(); i++) {
			CHECK_FOR_INTERRUPTS();
			writer.remove(place_of(rows[i]));
		}
		writer.close();
		table_close(relation, NoLock);
	});
}

void update_rows(Oid table, const std::vector<AttrNumber> &columns, const std::vector<PlacedRow> &rows)
{
	if (rows.empty())
		return;
	Recorder::wrote_as_rows(table);
	pg_call([&] {
		Relation relation = table_open(table, RowExclusiveLock);
		const RowWriter writer = RowWriter::open(relation);
		TupleTableSlot *was = writer.new_slot(relation), *row = writer.new_slot(relation);
		const int natts = RelationGetNumberOfAttributes(relation);
		for (size_t i = 0; i < rows.size(); i++) {
			CHECK_FOR_INTERRUPTS();
			ItemPointerData at = place_of(rows[i]);
			if (!table_tuple_fetch_row_version(relation, &at, SnapshotAny, was))
				elog(ERROR, "row %s of relation %u is not there", rows[i].place.c_str(), table);
			slot_getallattrs(was);
			ExecClearTuple(row);
			memcpy(row->tts_values, was->tts_values, sizeof(Datum) * natts);
			memcpy(row->tts_isnull, was->tts_isnull, sizeof(bool) * natts);
			MemoryContext caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(writer.estate));
			set_cells(relation, columns, rows[i].cells, row);
			MemoryContextSwitchTo(caller);
			ExecStoreVirtualTuple(row);
			writer.update(at, row);
			ExecClearTuple(row);
		}
		writer.close();
		table_close(relation, NoLock);
	});
}

void insert_rows(Oid table, const std::vector<AttrNumber> &columns, const std::vector<Cells> &rows)
{
	if (rows.empty())
		return;
	Recorder::wrote_as_rows(table);
	pg_call([&] {
		Relation relation = table_open(table, RowExclusiveLock);
		const RowWriter writer = RowWriter::open(relation);
		TupleTableSlot *row = writer.new_slot(relation);
		const int natts = RelationGetNumberOfAttributes(relation);
		Bitmapset *given = nullptr;
		for (size_t i = 0; i < columns.size(); i++)
			given = bms_add_member(given, columns[i]);
		ExprState *const *defaults = writer.defaults_beside(given);
		for (size_t i = 0; i < rows.size(); i++) {
			CHECK_FOR_INTERRUPTS();
			ExecClearTuple(row);
			memset(row->tts_values, 0, sizeof(Datum) * natts);
			memset(row->tts_isnull, true, sizeof(bool) * natts);
			MemoryContext caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(writer.estate));
			writer.set_defaults(defaults, row);
			set_cells(relation, columns, rows[i], row);
			MemoryContextSwitchTo(caller);
			ExecStoreVirtualTuple(row);
			writer.insert(row);
			ExecClearTuple(row);
		}
		writer.close();
		table_close(relation, NoLock);
	});
}

} // namespace surefoot

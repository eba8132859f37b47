#include "server/keep/changed_rows.hpp"

extern "C" {
#include "access/transam.h"
#include "utils/datum.h"
}

namespace surefoot {

namespace {

/* What the server's functions need to turn values into texts and back; palloc'ed, as it lives beside longjmps. */
struct Columns {
	int count;
	AttrNumber *numbers;
	FmgrInfo *output, *input;
	Oid *parameter;
	int32 *modifier;
	Datum *values; /* of all columns of the table */
	bool *nulls;
	char **texts; /* of the row that was found; nullptr for NULL */
};

Columns prepare(Relation relation, const AttrNumber *numbers, int count)
{
	Columns columns;
	columns.count = count;
	columns.numbers = (AttrNumber *)palloc(sizeof(AttrNumber) * (count + 1));
	columns.output = (FmgrInfo *)palloc0(sizeof(FmgrInfo) * (count + 1));
	columns.input = (FmgrInfo *)palloc0(sizeof(FmgrInfo) * (count + 1));
	columns.parameter = (Oid *)palloc(sizeof(Oid) * (count + 1));
	columns.modifier = (int32 *)palloc(sizeof(int32) * (count + 1));
	columns.texts = (char **)palloc0(sizeof(char *) * (count + 1));
	columns.values = (Datum *)palloc0(sizeof(Datum) * RelationGetDescr(relation)->natts);
	columns.nulls = (bool *)palloc0(sizeof(bool) * RelationGetDescr(relation)->natts);
	for (int i = 0; i < count; i++) {
		columns.numbers[i] = numbers[i];
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation), numbers[i] - 1);
		Oid output, input;
		bool varlena;
		getTypeOutputInfo(attribute->atttypid, &output, &varlena);
		getTypeInputInfo(attribute->atttypid, &input, &columns.parameter[i]);
		fmgr_info(output, &columns.output[i]);
		fmgr_info(input, &columns.input[i]);
		columns.modifier[i] = attribute->atttypmod;
	}
	return columns;
}

enum class Image { end, before, after, unreadable };

/* Written by the step, or by a subtransaction of it that was not rolled back: those have later ids. */
bool is_of_step(TransactionId xid, TransactionId step)
{
	return TransactionIdIsNormal(xid) && TransactionIdFollowsOrEquals(xid, step) && TransactionIdIsCurrentTransactionId(xid);
}

/* The next row that the step has removed and not made, or made and not removed; its texts are in columns. */
Image next_image(TableScanDesc scan, Columns &columns, TransactionId step)
{
	while (HeapTuple tuple = heap_getnext(scan, ForwardScanDirection)) {
		CHECK_FOR_INTERRUPTS();
		/* Others may lock the row at this moment, which is written in the same place. */
		const Buffer buffer = ((HeapScanDesc)scan)->rs_cbuf;
		LockBuffer(buffer, BUFFER_LOCK_SHARE);
		const HeapTupleHeader header = tuple->t_data;
		const TransactionId made_by = HeapTupleHeaderGetRawXmin(header);
		const bool removed = !(header->t_infomask & HEAP_XMAX_INVALID) && !HEAP_XMAX_IS_LOCKED_ONLY(header->t_infomask);
		const TransactionId removed_by = removed ? HeapTupleHeaderGetUpdateXid(header) : InvalidTransactionId;
		LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
		const bool all = !TransactionIdIsValid(step);
		const bool made = !all && is_of_step(made_by, step), gone = all || is_of_step(removed_by, step);
		if (made == gone)
			continue;
		TupleDesc description = RelationGetDescr(scan->rs_rd);
		heap_deform_tuple(tuple, description, columns.values, columns.nulls);
		for (int i = 0; i < columns.count; i++) {
			const int at = columns.numbers[i] - 1;
			columns.texts[i] = nullptr;
			if (columns.nulls[at])
				continue;
			Form_pg_attribute attribute = TupleDescAttr(description, at);
			columns.texts[i] = OutputFunctionCall(&columns.output[i], columns.values[at]);
			const Datum back = InputFunctionCall(&columns.input[i], columns.texts[i], columns.parameter[i], columns.modifier[i]);
			if (!datum_image_eq(columns.values[at], back, attribute->attbyval, attribute->attlen))
				return Image::unreadable;
		}
		return gone ? Image::before : Image::after;
	}
	return Image::end;
}

} // namespace

std::optional<std::map<Cells, ChangedRow>> all_rows(Oid table, const std::vector<AttrNumber> &columns, const std::vector<size_t> &key,
													int64 limit)
{
	return changed_rows(table, columns, key, InvalidTransactionId, limit);
}

std::optional<std::map<Cells, ChangedRow>> changed_rows(Oid table, const std::vector<AttrNumber> &numbers,
														 const std::vector<size_t> &key, TransactionId step, int64 limit)
{
	struct State {
		Relation relation;
		TableScanDesc scan;
		MemoryContext row;
		Columns columns;
		Snapshot snapshot; /* of all rows; of changed ones every version is looked at */
	};
	const AttrNumber *first = numbers.data();
	const int count = static_cast<int>(numbers.size());
	State state = pg_call([table, first, count, step] {
		State result;
		result.snapshot = TransactionIdIsValid(step) ? nullptr : RegisterSnapshot(GetLatestSnapshot());
		result.relation = table_open(table, NoLock);
		result.scan = table_beginscan(result.relation, result.snapshot ? result.snapshot : SnapshotAny, 0, nullptr);
		result.row = AllocSetContextCreate(CurrentMemoryContext, "surefoot row", ALLOCSET_DEFAULT_SIZES);
		result.columns = prepare(result.relation, first, count);
		return result;
	});
	std::map<Cells, ChangedRow> rows;
	int64 bytes = 0;
	bool good = true;
	while (good) {
		const Image image = pg_call([&state, step] {
			MemoryContextReset(state.row);
			MemoryContext outer = MemoryContextSwitchTo(state.row);
			const Image found = next_image(state.scan, state.columns, step);
			MemoryContextSwitchTo(outer);
			return found;
		});
		if (image == Image::end)
			break;
		Cells cells(numbers.size()), name;
		for (size_t i = 0; i < cells.size() && image != Image::unreadable; i++)
			if (const char *text = state.columns.texts[i]) {
				cells[i] = text;
				bytes += static_cast<int64>(cells[i]->size());
			}
		for (const size_t i : key)
			name.push_back(cells[i]);
		std::optional<Cells> &side = image == Image::before ? rows[name].before : rows[name].after;
		good = image != Image::unreadable && bytes <= limit && !side &&
			   std::all_of(name.begin(), name.end(), [](const auto &cell) { return cell.has_value(); });
		side = std::move(cells);
	}
	pg_call([&state] {
		table_endscan(state.scan);
		if (state.snapshot)
			UnregisterSnapshot(state.snapshot);
		table_close(state.relation, NoLock);
		MemoryContextDelete(state.row);
	});
	if (!good)
		return std::nullopt;
	std::erase_if(rows, [](const auto &row) { return row.second.before == row.second.after; });
	return rows;
}

} // namespace surefoot

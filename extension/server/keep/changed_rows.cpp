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
	/* Of the row that was found: */
	char **texts; /* nullptr for NULL */
	ItemPointerData place, next; /* its own, and that of the version that has replaced it, or its own */
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

enum class Image { end, before, after, between, unreadable };

/* Written by the step, or by a subtransaction of it that was not rolled back: those have later ids. */
bool is_of_step(TransactionId xid, TransactionId step)
{
	return TransactionIdIsNormal(xid) && TransactionIdFollowsOrEquals(xid, step) && TransactionIdIsCurrentTransactionId(xid);
}

/*
 * The next row that the step has removed, or made and not removed; its texts are in columns. One that it has made and removed is between
 * others, and has none.
 */
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
		columns.next = header->t_ctid;
		LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
		columns.place = tuple->t_self;
		const bool all = !TransactionIdIsValid(step);
		const bool made = !all && is_of_step(made_by, step), gone = all || is_of_step(removed_by, step);
		if (made && gone)
			return Image::between;
		if (!made && !gone)
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

/* The images of a table, one after the other. Not closed when an error is raised, whose rollback does it. */
class Images {
public:
	/* step: nothing for all rows that there are, each as it was before. */
	Images(Oid table, const std::vector<AttrNumber> &numbers, TransactionId step, int64 limit)
		: count_(numbers.size()), step_(step), left_(limit)
	{
		const AttrNumber *first = numbers.data();
		const int count = static_cast<int>(count_);
		state_ = pg_call([table, first, count, step] {
			State result;
			result.snapshot = TransactionIdIsValid(step) ? nullptr : RegisterSnapshot(GetLatestSnapshot());
			result.relation = table_open(table, NoLock);
			result.scan = table_beginscan(result.relation, result.snapshot ? result.snapshot : SnapshotAny, 0, nullptr);
			result.row = AllocSetContextCreate(CurrentMemoryContext, "surefoot row", ALLOCSET_DEFAULT_SIZES);
			result.columns = prepare(result.relation, first, count);
			return result;
		});
	}

	/* cells: of a row before or after. Unreadable also when the texts come to more than the limit. */
	Image next(Cells &cells)
	{
		State &state = state_;
		const Image image = pg_call([&state, step = step_] {
			MemoryContextReset(state.row);
			MemoryContext outer = MemoryContextSwitchTo(state.row);
			const Image found = next_image(state.scan, state.columns, step);
			MemoryContextSwitchTo(outer);
			return found;
		});
		if (image != Image::before && image != Image::after)
			return image;
		cells.assign(count_, std::nullopt);
		for (size_t i = 0; i < count_; i++)
			if (const char *text = state_.columns.texts[i]) {
				cells[i] = text;
				left_ -= static_cast<int64>(cells[i]->size());
			}
		return left_ < 0 ? Image::unreadable : image;
	}

	uint64 place() const { return number_of(state_.columns.place); }
	uint64 next_place() const { return number_of(state_.columns.next); }

	void close()
	{
		pg_call([this] {
			table_endscan(state_.scan);
			if (state_.snapshot)
				UnregisterSnapshot(state_.snapshot);
			table_close(state_.relation, NoLock);
			MemoryContextDelete(state_.row);
		});
	}

private:
	struct State {
		Relation relation;
		TableScanDesc scan;
		MemoryContext row;
		Columns columns;
		Snapshot snapshot; /* of all rows; of changed ones every version is looked at */
	};
	static uint64 number_of(const ItemPointerData &place)
	{
		return uint64(ItemPointerGetBlockNumberNoCheck(&place)) << 16 | ItemPointerGetOffsetNumberNoCheck(&place);
	}
	State state_;
	size_t count_;
	TransactionId step_;
	int64 left_;
};

/* Whether a row that is there equals one of these, of the same columns. */
bool is_there(Oid table, const std::vector<AttrNumber> &numbers, const std::map<Cells, int64> &rows)
{
	Images images(table, numbers, InvalidTransactionId, PG_INT64_MAX);
	Cells cells;
	bool found = false;
	for (Image image = images.next(cells); image != Image::end && !found; image = images.next(cells))
		found = image == Image::unreadable || rows.contains(cells);
	images.close();
	return found;
}

void leave_changes(std::map<Cells, ChangedRow> &rows)
{
	std::erase_if(rows, [](const auto &row) { return row.second.before == row.second.after; });
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
	Images images(table, numbers, step, limit);
	std::map<Cells, ChangedRow> rows;
	Cells cells;
	bool good = true;
	for (Image image; good && (image = images.next(cells)) != Image::end;) {
		if (image == Image::between)
			continue;
		if (image == Image::unreadable) {
			good = false;
			break;
		}
		Cells name;
		for (const size_t i : key)
			name.push_back(cells[i]);
		std::optional<Cells> &side = image == Image::before ? rows[name].before : rows[name].after;
		good = !side && std::all_of(name.begin(), name.end(), [](const auto &cell) { return cell.has_value(); });
		side = std::move(cells);
	}
	images.close();
	if (!good)
		return std::nullopt;
	leave_changes(rows);
	return rows;
}

std::optional<std::map<Cells, ChangedRow>> changed_rows_without_key(Oid table, const std::vector<AttrNumber> &numbers, TransactionId step,
																	 int64 limit)
{
	Images images(table, numbers, step, limit);
	std::map<uint64, uint64> next;
	std::map<uint64, Cells> after;
	std::vector<std::pair<uint64, Cells>> before;
	Cells cells;
	for (Image image; (image = images.next(cells)) != Image::end;) {
		if (image == Image::unreadable) {
			images.close();
			return std::nullopt;
		}
		if (image == Image::after)
			after.emplace(images.place(), std::move(cells));
		else if (image == Image::before)
			before.emplace_back(images.next_place(), std::move(cells));
		else
			next.emplace(images.place(), images.next_place());
	}
	images.close();
	std::map<Cells, ChangedRow> rows;
	const auto add = [&rows](ChangedRow row) { rows.emplace(Cells{std::to_string(rows.size())}, std::move(row)); };
	std::map<Cells, int64> gone;
	for (auto &[place, was] : before) {
		uint64 last = place;
		for (auto found = next.find(last); found != next.end() && found->second != last; found = next.find(last))
			last = found->second;
		if (const auto became = after.find(last); became != after.end()) {
			add({std::move(was), std::move(became->second)});
			after.erase(became);
		} else
			gone[std::move(was)]++;
	}
	/* What was taken away and made again is as it was. */
	for (auto &[place, is] : after)
		if (const auto same = gone.find(is); same != gone.end()) {
			if (--same->second == 0)
				gone.erase(same);
		} else
			add({std::nullopt, std::move(is)});
	for (const auto &[was, times] : gone)
		for (int64 i = 0; i < times; i++)
			add({was, std::nullopt});
	if (!gone.empty() && is_there(table, numbers, gone))
		return std::nullopt;
	leave_changes(rows);
	return rows;
}

} // namespace surefoot

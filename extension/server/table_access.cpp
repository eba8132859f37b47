#include "server/table_access.hpp"

extern "C" {
#include "executor/executor.h"
}

namespace surefoot {

namespace {

Oid our_relation(const char *name)
{
	const Oid oid = get_relname_relid(name, get_namespace_oid("surefoot", false));
	if (!OidIsValid(oid))
		elog(ERROR, "relation surefoot.%s is missing", name);
	return oid;
}

AttrNumber column_of(Relation table, const char *name)
{
	const TupleDesc shape = RelationGetDescr(table);
	for (int i = 0; i < shape->natts; i++)
		if (namestrcmp(&TupleDescAttr(shape, i)->attname, name) == 0)
			return static_cast<AttrNumber>(i + 1);
	elog(ERROR, "column \"%s\" of surefoot.%s is missing", name, RelationGetRelationName(table));
	return InvalidAttrNumber;
}

Datum numeric_datum(const char *digits)
{
	return DirectFunctionCall3(numeric_in, CStringGetDatum(digits), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

/* A table of ours, open for rows to be written. Plain data, used inside one guarded call only. */
struct Target {
	Relation table;
	EState *estate;
	ResultRelInfo *result;
	MemoryContext caller;
	bool snapshot;
};

/* Takes the lock of INSERT and UPDATE: only DDL on our own tables waits for it. */
Target open_target(const char *name)
{
	Target target;
	target.table = table_open(our_relation(name), RowExclusiveLock);
	target.estate = CreateExecutorState();
	target.caller = MemoryContextSwitchTo(target.estate->es_query_cxt);
	target.result = makeNode(ResultRelInfo);
	/* 0: there is no range table, and no rights to be checked by it. */
	InitResultRelInfo(target.result, target.table, 0, nullptr, 0);
	ExecOpenIndices(target.result, false);
	target.snapshot = !ActiveSnapshotSet();
	if (target.snapshot)
		PushActiveSnapshot(GetTransactionSnapshot());
	return target;
}

TupleTableSlot *new_slot(const Target &target)
{
	return ExecInitExtraTupleSlot(target.estate, RelationGetDescr(target.table), table_slot_callbacks(target.table));
}

void close_target(const Target &target)
{
	if (target.snapshot)
		PopActiveSnapshot();
	ExecCloseIndices(target.result);
	MemoryContextSwitchTo(target.caller);
	ExecResetTupleTable(target.estate->es_tupleTable, false);
	FreeExecutorState(target.estate);
	table_close(target.table, NoLock);
	CommandCounterIncrement();
}

bool is_listed(std::string_view word, std::string_view list)
{
	while (!list.empty()) {
		const size_t end = std::min(list.find(','), list.size());
		if (list.substr(0, end) == word)
			return true;
		list.remove_prefix(std::min(end + 1, list.size()));
	}
	return false;
}

} // namespace

NewRows &NewRows::add(std::vector<Value> row)
{
	if (row.size() != columns_.size())
		throw Error("XX000", std::string("wrong number of values for a row of ") + table_);
	rows_.push_back(std::move(row));
	return *this;
}

void NewRows::insert()
{
	if (rows_.empty())
		return;
	pg_call([this] {
		const Target target = open_target(table_);
		TupleTableSlot *slot = new_slot(target);
		AttrNumber *places = static_cast<AttrNumber *>(palloc(sizeof(AttrNumber) * columns_.size()));
		for (size_t i = 0; i < columns_.size(); i++)
			places[i] = column_of(target.table, columns_[i]);
		for (const std::vector<Value> &row : rows_) {
			ExecClearTuple(slot);
			memset(slot->tts_isnull, true, sizeof(bool) * RelationGetNumberOfAttributes(target.table));
			for (size_t i = 0; i < columns_.size(); i++) {
				slot->tts_isnull[places[i] - 1] = row[i].is_null();
				slot->tts_values[places[i] - 1] = row[i].raw();
			}
			ExecStoreVirtualTuple(slot);
			ExecSimpleRelationInsert(target.result, target.estate, slot);
			ResetPerTupleExprContext(target.estate);
		}
		close_target(target);
	});
	rows_.clear();
}

bool update_row(const char *name, const char *primary_key, const std::string &key, const char *guard, std::string_view allowed,
				std::initializer_list<std::pair<const char *, Value>> changes)
{
	return pg_call([&] {
		const Target target = open_target(name);
		TupleTableSlot *wanted = new_slot(target), *found = new_slot(target), *changed = new_slot(target);
		ExecClearTuple(wanted);
		memset(wanted->tts_isnull, true, sizeof(bool) * RelationGetNumberOfAttributes(target.table));
		const Oid index = our_relation(primary_key);
		Relation primary = index_open(index, RowExclusiveLock);
		const AttrNumber place = primary->rd_index->indkey.values[0];
		index_close(primary, NoLock);
		wanted->tts_isnull[place - 1] = false;
		wanted->tts_values[place - 1] = numeric_datum(key.c_str());
		ExecStoreVirtualTuple(wanted);

		bool isnull = true;
		bool right = RelationFindReplTupleByIndex(target.table, index, LockTupleNoKeyExclusive, wanted, found);
		if (right) {
			const Datum state = slot_getattr(found, column_of(target.table, guard), &isnull);
			const text *word = isnull ? nullptr : DatumGetTextPP(state);
			right = word != nullptr && is_listed({VARDATA_ANY(word), static_cast<size_t>(VARSIZE_ANY_EXHDR(word))}, allowed);
		}
		if (right) {
			slot_getallattrs(found);
			const int columns = RelationGetNumberOfAttributes(target.table);
			ExecClearTuple(changed);
			memcpy(changed->tts_values, found->tts_values, sizeof(Datum) * columns);
			memcpy(changed->tts_isnull, found->tts_isnull, sizeof(bool) * columns);
			for (const auto &[column, value] : changes) {
				const AttrNumber at = column_of(target.table, column);
				changed->tts_isnull[at - 1] = value.is_null();
				changed->tts_values[at - 1] = value.raw();
			}
			ExecStoreVirtualTuple(changed);
			/* The look at rows changed meanwhile is for triggers only, and there are none. */
			ExecSimpleRelationUpdate(target.result, target.estate, nullptr, found, changed);
		}
		close_target(target);
		return right;
	});
}

IndexReader::IndexReader(const char *table, const char *index, std::initializer_list<const char *> columns, Snapshot snapshot)
	: values_(columns.size()), nulls_(columns.size(), true)
{
	pg_call([&] {
		table_ = table_open(our_relation(table), AccessShareLock);
		index_ = index_open(our_relation(index), AccessShareLock);
		snapshot_ = RegisterSnapshot(snapshot);
	});
	for (const char *column : columns)
		columns_.push_back(pg_call([&] { return column_of(table_, column); }));
}

bool IndexReader::begin(const ScanKeyData *key, bool descending)
{
	descending_ = descending;
	pg_call([&] {
		if (scan_ != nullptr)
			systable_endscan_ordered(scan_);
		scan_ = nullptr;
		const MemoryContext caller = MemoryContextSwitchTo(context_);
		scan_ = systable_beginscan_ordered(table_, index_, snapshot_, key != nullptr ? 1 : 0, const_cast<ScanKeyData *>(key));
		MemoryContextSwitchTo(caller);
	});
	return next();
}

bool IndexReader::all(bool descending)
{
	return begin(nullptr, descending);
}

bool IndexReader::find(const std::string &digits, bool descending)
{
	ScanKeyData key;
	pg_call([&] {
		/* The scan looks at it again for each row. */
		const MemoryContext caller = MemoryContextSwitchTo(context_);
		ScanKeyInit(&key, index_->rd_index->indkey.values[0], BTEqualStrategyNumber, F_NUMERIC_EQ, numeric_datum(digits.c_str()));
		MemoryContextSwitchTo(caller);
	});
	return begin(&key, descending);
}

bool IndexReader::find(int64 number)
{
	ScanKeyData key;
	pg_call([&] {
		ScanKeyInit(&key, index_->rd_index->indkey.values[0], BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(number));
	});
	return begin(&key, false);
}

bool IndexReader::next()
{
	return pg_call([this] {
		const MemoryContext caller = MemoryContextSwitchTo(context_);
		tuple_ = systable_getnext_ordered(scan_, descending_ ? BackwardScanDirection : ForwardScanDirection);
		MemoryContextSwitchTo(caller);
		if (tuple_ == nullptr)
			return false;
		for (size_t i = 0; i < columns_.size(); i++) {
			bool is_null;
			values_[i] = heap_getattr(tuple_, columns_[i], RelationGetDescr(table_), &is_null);
			nulls_[i] = is_null;
		}
		return true;
	});
}

std::optional<std::string> IndexReader::text(size_t column) const
{
	const char *text = pg_call([&] { return SPI_getvalue(tuple_, RelationGetDescr(table_), columns_[column]); });
	return text ? std::optional<std::string>(text) : std::nullopt;
}

void IndexReader::close()
{
	pg_call([this] {
		if (scan_ != nullptr)
			systable_endscan_ordered(scan_);
		UnregisterSnapshot(snapshot_);
		index_close(index_, AccessShareLock);
		table_close(table_, AccessShareLock);
	});
}

Rows first_rows(const IndexOrder &order, std::initializer_list<const char *> columns)
{
	IndexReader reader(order.table, order.index, columns, pg_call([] { return GetLatestSnapshot(); }));
	Rows result;
	bool more = order.key != nullptr ? reader.find(*order.key, order.descending) : reader.all(order.descending);
	for (; more && result.rows_.size() < order.limit; more = result.rows_.size() < order.limit && reader.next()) {
		auto &cells = result.rows_.emplace_back();
		for (size_t i = 0; i < columns.size(); i++)
			cells.push_back(reader.text(i));
	}
	reader.close();
	return result;
}

int64 next_value(const char *sequence)
{
	return pg_call([sequence] { return nextval_internal(our_relation(sequence), false); });
}

Value numeric(const std::string &digits)
{
	const char *text = digits.c_str();
	return Value::datum(pg_call([text] { return numeric_datum(text); }));
}

} // namespace surefoot

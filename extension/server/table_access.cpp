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

Rows first_rows(const IndexOrder &order, std::initializer_list<const char *> columns)
{
	struct Scan {
		Relation table, index;
		Snapshot snapshot;
		SysScanDesc scan;
	};
	const Scan scan = pg_call([&order] {
		Scan s;
		s.table = table_open(our_relation(order.table), AccessShareLock);
		s.index = index_open(our_relation(order.index), AccessShareLock);
		s.snapshot = RegisterSnapshot(GetLatestSnapshot());
		ScanKeyData key;
		if (order.key != nullptr)
			ScanKeyInit(&key, s.index->rd_index->indkey.values[0], BTEqualStrategyNumber, F_NUMERIC_EQ,
						numeric_datum(order.key->c_str()));
		s.scan = systable_beginscan_ordered(s.table, s.index, s.snapshot, order.key != nullptr ? 1 : 0, &key);
		return s;
	});
	Rows result;
	while (result.rows_.size() < order.limit) {
		HeapTuple tuple = pg_call([&] {
			return systable_getnext_ordered(scan.scan, order.descending ? BackwardScanDirection : ForwardScanDirection);
		});
		if (tuple == nullptr)
			break;
		auto &cells = result.rows_.emplace_back();
		for (const char *column : columns) {
			const char *text = pg_call(
				[&] { return SPI_getvalue(tuple, RelationGetDescr(scan.table), column_of(scan.table, column)); });
			cells.push_back(text ? std::optional<std::string>(text) : std::nullopt);
		}
	}
	pg_call([&scan] {
		systable_endscan_ordered(scan.scan);
		UnregisterSnapshot(scan.snapshot);
		index_close(scan.index, AccessShareLock);
		table_close(scan.table, AccessShareLock);
	});
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

/*
 * Our own tables without the planner: rows straight into a table and its indexes, and out of it through one of them. Every apply
 * reads and writes the same few, and for those the set-up of a query costs several times what the rows do.
 *
 *     NewRows("step", {"run", "n", "kind"}).add({run, 1, "transaction"}).insert();
 *
 * Values are of the columns' types already. What is asked for is ours to decide, never named by somebody else; no right is checked.
 */
#pragma once

#include "server/spi.hpp"

namespace surefoot {

/* A column that is not named is NULL: defaults are not applied. NOT NULL and unique constraints are kept. */
class NewRows {
public:
	/* table, of schema surefoot, and the columns are literals: the pointers are kept. */
	NewRows(const char *table, std::initializer_list<const char *> columns) : table_(table), columns_(columns) {}
	NewRows &add(std::vector<Value> row);
	/* What follows in this transaction sees them. */
	void insert();

private:
	const char *table_;
	std::vector<const char *> columns_;
	std::vector<std::vector<Value>> rows_;
};

/*
 * Rows of a table in the order of an index, a partial one perhaps, opened once for any number of looks:
 *
 *     IndexReader steps("step", "step_pkey", {"state"}, GetActiveSnapshot());
 *     for (bool more = steps.find(run); more; more = steps.next())
 *         if (steps.text(0) == "done") ...
 *     steps.close();
 *
 * An Error leaves it open, for the end of the transaction, or of the subtransaction, to close.
 */
class IndexReader {
public:
	/* The names are literals. snapshot: what to see, registered by the reader. Takes AccessShareLock on table and index. */
	IndexReader(const char *table, const char *index, std::initializer_list<const char *> columns, Snapshot snapshot);
	IndexReader(const IndexReader &) = delete;
	/* Goes to the first row (the last, when descending) of all; false when there is none. */
	bool all(bool descending = false);
	/* The same among those whose first column of the index has this value; a numeric, or a bigint. */
	bool find(const std::string &digits, bool descending = false);
	bool find(int64 key);
	bool next();
	/* Cells of the row, by the place of the column in the constructor's list. A Datum is good until the reader moves. */
	bool is_null(size_t column) const { return nulls_[column]; }
	Datum raw(size_t column) const { return values_[column]; }
	/* As the column's type writes it; nullopt for NULL. */
	std::optional<std::string> text(size_t column) const;
	void close();

private:
	bool begin(const ScanKeyData *key, bool descending);
	Relation table_ = nullptr, index_ = nullptr;
	Snapshot snapshot_ = nullptr;
	/* Scans live as long as the reader, whatever their caller's context is. */
	MemoryContext context_ = CurrentMemoryContext;
	SysScanDesc scan_ = nullptr;
	HeapTuple tuple_ = nullptr;
	bool descending_ = false;
	std::vector<AttrNumber> columns_;
	std::vector<Datum> values_;
	std::vector<char> nulls_;
};

/* Its first rows, as texts, as a fresh snapshot sees them. key: as find() takes it. */
struct IndexOrder {
	const char *table, *index;
	const std::string *key = nullptr;
	bool descending = false;
	size_t limit = 1;
};
Rows first_rows(const IndexOrder &order, std::initializer_list<const char *> columns);

/*
 * Sets columns of the one row that has key, a numeric, by the index primary_key, when column guard has one of the values in allowed, separated
 * by commas; false when it has not. Waits for whoever is changing that row.
 */
bool update_row(const char *table, const char *primary_key, const std::string &key, const char *guard, std::string_view allowed,
				std::initializer_list<std::pair<const char *, Value>> changes);

/* The next value of a sequence of schema surefoot. */
int64 next_value(const char *sequence);

/* A number as a numeric has it. */
Value numeric(const std::string &digits);

} // namespace surefoot

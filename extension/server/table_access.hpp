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
 * The first rows of table in the order of index, a partial one perhaps, as a fresh snapshot sees them. key: the index's first
 * column, a numeric, has this value. descending: the last ones, from the end.
 */
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

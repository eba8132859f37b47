/*
 * The rows of a table that a step has written, as they were before it and as they are after it.
 *
 * Both are read from the table itself: what an UPDATE or DELETE has replaced stays in the heap, marked with the transaction's own id,
 * for as long as that runs. So nothing has to be copied beforehand, and what others write meanwhile is not mistaken for the step's.
 */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* One row: a text for each column, or nothing for NULL. */
using Cells = std::vector<std::optional<std::string>>;

struct ChangedRow {
	std::optional<Cells> before, after; /* nothing: there was, or is, no such row */
};

/*
 * By key, the rows of which before and after differ in columns. step: the transaction id of the step's subtransaction. Nothing when a
 * value does not read back as the same from its text, when a key is not unique, or when the texts come to more than limit bytes.
 */
std::optional<std::map<Cells, ChangedRow>> changed_rows(Oid table, const std::vector<AttrNumber> &columns,
														 const std::vector<size_t> &key, TransactionId step, int64 limit);

/*
 * The same of a table without a key, by numbers that mean nothing: which row became which, its versions say. Nothing also when a row is
 * left that equals one that is gone, as it could not be told from that when it is put back.
 */
std::optional<std::map<Cells, ChangedRow>> changed_rows_without_key(Oid table, const std::vector<AttrNumber> &columns,
																	 TransactionId step, int64 limit);

/* The same of every row that there is, as it was before. */
std::optional<std::map<Cells, ChangedRow>> all_rows(Oid table, const std::vector<AttrNumber> &columns, const std::vector<size_t> &key,
													int64 limit);

} // namespace surefoot

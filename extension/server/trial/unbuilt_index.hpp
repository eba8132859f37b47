/*
 * Indexes of large tables, tried without reading a row and without a lock that readers would notice.
 *
 * Only in a subtransaction that is rolled back. What CREATE INDEX does to the catalog happens, its build does not: the table keeps
 * its storage and needs no more than ShareLock, which waits for writers alone.
 */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* The table, larger than what is indexed directly, whose index statement would build; InvalidOid when it is not of that kind. */
Oid large_table_of(const IndexStmt *statement);

/* Runs a CREATE INDEX on such a table; the index looks valid. sql: its text. */
Oid define_unbuilt_index(const IndexStmt *statement, const std::string &sql);

/* Hides indexes that were not built from the planner, or shows them again, for queries that would look into them. */
void hide_from_planner(const std::vector<Oid> &indexes, bool hide);

/* Frees the name of an index by giving it another one, which is returned; readers of the table go on. */
std::string set_index_aside(Oid index);

/*
 * Does what DROP INDEX of ordinary indexes does, with the lock of a concurrent one on the table. False, with nothing done: the
 * statement is about something else, and speaks for itself. found: called with each index beforehand.
 */
bool drop_indexes_lightly(const DropStmt *statement, const std::function<void(Oid)> &found);

} // namespace surefoot

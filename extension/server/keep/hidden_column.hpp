/*
 * A column that a migration drops with `-- surefoot: keep=hidden` stays in its table, with the values of all rows, under a name of ours: without
 * constraints, indexes, default, grants or comment, which the DROP COLUMN has taken. The way back is a rename.
 *
 * Definitions are read as if it were dropped. Whoever reads the table by SELECT * sees it.
 */
#pragma once

#include "server/history/messages.hpp"
#include "server/keep/dropped_column.hpp"

namespace surefoot {

/*
 * Gives the column at address, which this transaction has dropped, such a name, and lists it in the archive; column: schema.table.column.
 * Called by the extension's owner. The name.
 */
std::string hide_column(const Speaker &speaker, const ObjectAddress &address, const std::string &column, const Dropped &dropped);

/* As the current user, with the table locked: gives the hidden column its name again; false when there is none of that name and type. */
bool show_column(int64 run, const Named &named, const std::string &column, const std::string &hidden, Oid type);

/*
 * Drops the column schema.table.column that run has hidden for good; waits for the table's lock (AccessExclusiveLock) as long as lock_timeout
 * says.
 */
void drop_hidden_column(int64 run, const std::string &column);

} // namespace surefoot

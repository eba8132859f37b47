/* Runs one statement the way a client's own would run: at top level, free to commit in between. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* When a statement is cancelled, with SQLSTATE 57014; 0: never. */
using Deadline = TimestampTz;
Deadline in_seconds(int seconds); /* 0: never */
bool is_over(Deadline deadline);

/*
 * Runs sql (exactly one statement) outside any transaction, as CREATE INDEX CONCURRENTLY, VACUUM and their like demand. Opens and
 * commits the transactions itself. On an Error the caller aborts the current transaction.
 */
void run_toplevel(const std::string &sql, Deadline deadline);

/*
 * Waits for a lock of this session (not of a transaction) on table, in the mode of a concurrent build, and holds no snapshot while it
 * waits: two builds of one table that wait for each other's snapshots would be a deadlock. Given back by unlock_table, or by an abort.
 */
void lock_table(Oid table, Deadline deadline);
void unlock_table(Oid table);

} // namespace surefoot

/* Runs one statement the way a client's own would run: at top level, free to commit in between. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/*
 * Runs sql (exactly one statement) outside any transaction, as CREATE INDEX CONCURRENTLY, VACUUM and their like demand. Opens and
 * commits the transactions itself. On an Error the caller aborts the current transaction.
 *
 * deadline: milliseconds after which the statement is cancelled; 0: never. Its memory outlives the statement's own commits, so it
 * is a context of its own, freed at the end.
 */
void run_toplevel(const std::string &sql, int deadline);

} // namespace surefoot

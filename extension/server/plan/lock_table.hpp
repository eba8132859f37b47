/* The server's table of locks has a fixed size: a transaction that needs more fails at its end, after all the work. */
#pragma once

#include "server/plan/operations.hpp"

namespace surefoot {

/* Entries that one session can have, when no other has any. */
int64 lock_table_capacity();

/* Entries that a transaction with these operations needs, and not fewer, with the trial of its way back. */
int64 lock_table_need(const Script &script, const std::vector<Operation> &operations);

/* Raises SF012 for the first step that cannot get its locks, with the setting to raise. */
void refuse_lock_exhaustion(const Script &script, const std::vector<PlannedStep> &steps);

} // namespace surefoot

/* The steps of a run, worked off in a background worker. */
#pragma once

#include "jobs/launch.hpp"
#include "server/history/history.hpp"

namespace surefoot {

/* Works off what is left of run, concludes it, and leaves it in a state that says what happened. Called outside a transaction. */
void work_off(int64 run);

/* Runs body in a transaction of the worker's with a snapshot. */
void in_transaction(const std::function<void()> &body);

/* Runs body; what cancels the query meanwhile has its effect afterwards. */
void without_cancel(const std::function<void()> &body);

/* Aborts the current transaction after an Error, and takes the job lock again. */
void abort_transaction(int64 run);

/* Runs the one statement of a concurrent step and cleans up after it; records its effect. Called outside a transaction. */
void run_concurrent_step(int64 run, const history::Step &step);

} // namespace surefoot

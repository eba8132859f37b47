// Follows the steps that a worker of the server runs, with short statements and sleep between them:
// whoever keeps a snapshot while he waits is what a concurrent index build waits for.
#pragma once

#include <cstdint>
#include <string>

#include "failure.hpp"
#include "rows.hpp"

namespace surefoot::client {

struct Run;

enum class StepsEnd {
	finished, // applied or reverted
	detached  // the job goes on without us
};

// Until the queued steps of the migration ended. Throws what went wrong. Shown are the events after the
// one that is named: a run that is gone on with, or that another client began, has older ones.
StepsEnd follow_steps(Run &run, const std::string &version, const std::string &direction,
					  std::int64_t after_event = 0);

// Nobody works on the steps of this migration, and nobody will by himself.
Failure no_worker(Run &run, const StatusRow &row);

// Tells how to watch and how to cancel a job that goes on.
void tell_running(Run &run, const std::string &version);

// Until nothing of the migration runs any more; its row afterwards.
StatusRow wait_for_end(Run &run, const std::string &version, double seconds);

} // namespace surefoot::client

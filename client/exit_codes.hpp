// What the process says to the shell. One number, one meaning; docs/errors.md carries the same table.
#pragma once

namespace surefoot::client {

enum ExitCode : int {
	exit_ok = 0,		 // done, or nothing to do
	exit_failed = 1,	 // a migration failed and was rolled back
	exit_usage = 2,		 // arguments, configuration, files
	exit_pending = 3,	 // status --exit-code: something is pending
	exit_validation = 4, // the result is not what it should be
	exit_locks = 5,		 // a lock, or another runner, could not be waited for
	exit_connection = 6, // no connection, or it was lost
	exit_checklist = 7,	 // a row of the checklist failed
	exit_partial = 8,	 // an earlier step is committed, a later one failed
	exit_running = 9,	 // the job goes on without the client
	exit_interrupted = 130,
	exit_closed_pipe = 141 // nobody reads standard output any more; of a command that changes nothing
};

} // namespace surefoot::client

/* Starts background workers: for the steps of a run, and for the record of an attempt whose transaction is rolled back. */
#pragma once

#include "server/history/history.hpp"

namespace surefoot {

/*
 * What a worker is told, in the 128 bytes that the server passes on. It waits until `after` has ended before it looks for its
 * run: it is started before the commit that makes the run visible, and finds nothing when that was a rollback, also one to a
 * savepoint.
 */
struct WorkerOrder {
	enum Task : int32 { run_steps, record_attempt };
	Task task;
	Oid database;
	Oid session_role; /* who connects */
	VirtualTransactionId after;
	int64 run;
	int32 launch; /* run_steps: which queueing of the run this is; an order that was rolled back is of one that never came */
	uint32 payload; /* record_attempt: handle of the shared memory with the attempt */
};
static_assert(sizeof(WorkerOrder) <= BGW_EXTRALEN);

/*
 * The role that connects for the worker of run: the one that asked for the run, or this session's own where that one is gone. Raises
 * SF010 when it could not log in or not SET ROLE to the role of the run, or when the current user has no right to that role.
 */
Oid worker_role(const history::Run &run);

/* Registers the worker of run; it begins when this transaction has ended. Raises SF011 when no slot is free. */
void launch_run(int64 run, int launch, Oid session_role);

/* The same for a run that is committed already; false when no slot is free. */
bool try_launch_run(int64 run, int launch, Oid session_role);

/* One attempt to apply or revert that left nothing behind but this. */
struct Attempt {
	std::string version, direction, role, statement;
	std::vector<std::string> settings;
	Error error;
	int step = 1, line = 0, column = 0;
	std::string client_addr, application; /* from where; record_attempt fills them in */
	TimestampTz started = 0;
	XLogRecPtr wal = 0;
};

/*
 * Has a worker write attempt to the history; the server log has it when no slot is free. Waits for its end for that many milliseconds:
 * not for long where others wait for the locks of this transaction.
 */
void record_attempt(const Attempt &attempt, int patience);

/* Keeps count of what a transaction has queued; makes PREPARE TRANSACTION fail in one that has. */
void install_transaction_callback();

/* Raises SF010 in a transaction that has queued steps: the next migration would come before they have begun. */
void refuse_after_queueing();

} // namespace surefoot

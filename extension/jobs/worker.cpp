/*
 * The background worker: works off the steps of one run, as the role that asked for it, and ends.
 *
 * It holds the run's job lock (session level) from the start to the end; that lock, not a row's state, tells others that it is
 * alive. Between steps it holds no transaction and no snapshot. What goes wrong in a step is written to the run in a transaction
 * of its own, after the failed one has been aborted.
 */
#include "jobs/attempt.hpp"
#include "jobs/job.hpp"
#include "server/compat.hpp"
#include "server/history/messages.hpp"
#include "server/run/gate.hpp"
#include "server/run/waiting.hpp"
#include "server/spi.hpp"

extern "C" {
#include "postmaster/interrupt.h"
#include "tcop/tcopprot.h"

PGDLLEXPORT void surefoot_worker_main(Datum);
}

namespace surefoot {

namespace {

/* Session locks of the normal kind have to be given back by hand, or they would stay in shared memory for ever. */
void on_exit_release(int, Datum)
{
	AbortOutOfAnyTransaction();
	LockReleaseAll(DEFAULT_LOCKMETHOD, true);
}

void start(const WorkerOrder &order)
{
	pqsignal(SIGTERM, die);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(order.database, order.session_role, compat::bypass_login_check);
	pgstat_report_appname("surefoot");
	/* A role's or database's defaults for these must not kill a step in silence. */
	for (const char *name : {"statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"})
		if (GetConfigOption(name, true, false) != nullptr)
			SetConfigOption(name, "0", PGC_USERSET, PGC_S_SESSION);
	/* Scripts are parsed as they were when they were registered. */
	SetConfigOption("standard_conforming_strings", "on", PGC_USERSET, PGC_S_SESSION);
}

/* Waits for the transaction that gave the order; holds no snapshot meanwhile. */
void wait_for_giver(const WorkerOrder &order)
{
	if (!VirtualTransactionIdIsValid(order.after))
		return;
	pg_call([&order] {
		StartTransactionCommand();
		(void)VirtualXactLock(order.after, true);
		CommitTransactionCommand();
	});
}

/* Takes the run over; false when somebody else works on it. */
bool take_run(const WorkerOrder &order)
{
	bool taken = false;
	in_transaction([&] {
		taken = try_job_lock(order.run);
		if (taken)
			hold_extension();
	});
	if (taken)
		pg_call([] { before_shmem_exit(on_exit_release, (Datum)0); });
	return taken;
}

/* Whether the transaction that gave the order was committed; its run may be older. */
bool is_current(const WorkerOrder &order)
{
	bool current = false;
	in_transaction([&] {
		Internal internal;
		const std::optional<history::Run> run = history::get_run(order.run);
		current = run && run->launches == order.launch;
	});
	return current;
}

/*
 * The same for the order that counts. The worker of one that was overtaken may hold the run for the moment in which it finds that
 * out: it is waited for, as nobody else would come.
 */
bool take_current_run(const WorkerOrder &order)
{
	constexpr int looks = 100;
	constexpr long interval = 20; /* ms */
	for (int n = 0; n < looks && is_current(order); n++) {
		if (take_run(order))
			return is_current(order);
		sleep_for(interval);
	}
	return false;
}

void write_down_attempt(const WorkerOrder &order)
{
	std::string bytes;
	in_transaction([&] {
		const dsm_handle handle = order.payload;
		dsm_segment *segment = pg_call([handle] {
			dsm_segment *attached = dsm_attach(handle);
			if (attached == nullptr)
				elog(ERROR, "could not attach the record of an attempt");
			dsm_unpin_segment(handle);
			return attached;
		});
		const char *address = (const char *)dsm_segment_address(segment);
		bytes.assign(address + sizeof(uint64), *(const uint64 *)address);
		pg_call([segment] { dsm_detach(segment); });
		const Oid role = order.session_role;
		const std::string session_role = pg_call([role] { return GetUserNameFromId(role, false); });
		write_attempt(deserialize(bytes), session_role);
	});
}

void work(const WorkerOrder &order)
{
	wait_for_giver(order);
	if (order.task == WorkerOrder::record_attempt)
		write_down_attempt(order);
	else if (take_current_run(order))
		work_off(order.run);
}

} // namespace

void in_transaction(const std::function<void()> &body)
{
	pg_call([] {
		/* Whatever a role, the database or the script has made the default: a step sees what is committed, and writes. */
		DefaultXactIsoLevel = XACT_READ_COMMITTED;
		DefaultXactReadOnly = false;
		DefaultXactDeferrable = false;
		SetCurrentStatementStartTimestamp();
		StartTransactionCommand();
		PushActiveSnapshot(GetTransactionSnapshot());
	});
	body();
	write_journal();
	pg_call([] {
		PopActiveSnapshot();
		CommitTransactionCommand();
		pgstat_report_stat(true);
	});
}

void without_cancel(const std::function<void()> &body)
{
	QueryCancelHoldoffCount = 1;
	try {
		body();
	} catch (...) {
		QueryCancelHoldoffCount = 0;
		throw;
	}
	QueryCancelHoldoffCount = 0;
}

void abort_transaction(int64 run)
{
	pg_call([] {
		/* As the server's own loop does it: what was to interrupt the failed statement must not hit the next one. */
		disable_all_timeouts(false);
		QueryCancelPending = false;
		debug_query_string = nullptr;
		AbortCurrentTransaction();
		LockReleaseAll(DEFAULT_LOCKMETHOD, true);
	});
	forget_journal();
	/* An abort drops session locks of the normal kind. If somebody else was quicker, the run is theirs now. */
	bool still_ours = true;
	in_transaction([&] {
		still_ours = try_job_lock(run);
		if (still_ours)
			hold_extension();
	});
	if (!still_ours)
		proc_exit(0);
}

} // namespace surefoot

void surefoot_worker_main(Datum)
{
	using namespace surefoot;
	entry([] {
		WorkerOrder order;
		memcpy(&order, MyBgworkerEntry->bgw_extra, sizeof(order));
		pg_call([&order] { start(order); });
		work(order);
		return 0;
	});
}

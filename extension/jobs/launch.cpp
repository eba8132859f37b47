#include "jobs/launch.hpp"

#include "jobs/attempt.hpp"
#include "server/compat.hpp"
#include "server/spi.hpp"

namespace surefoot {

namespace {

/* The (sub)transaction that has registered a worker which waits for the end of the transaction; invalid: none has. */
SubTransactionId queued_in = InvalidSubTransactionId;

void on_transaction_event(XactEvent event, void *)
{
	if (event == XACT_EVENT_PRE_PREPARE && queued_in != InvalidSubTransactionId)
		ereport(ERROR, (errcode(MAKE_SQLSTATE('S', 'F', '0', '1', '0')),
						errmsg("cannot PREPARE a transaction that has queued steps of a migration"),
						errhint("Commit it, or roll it back.")));
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		queued_in = InvalidSubTransactionId;
}

/* What is rolled back to a savepoint is queued no more; what is released belongs to the outer one. */
void on_subtransaction_event(SubXactEvent event, SubTransactionId mine, SubTransactionId parent, void *)
{
	if (queued_in != mine)
		return;
	if (event == SUBXACT_EVENT_ABORT_SUB)
		queued_in = InvalidSubTransactionId;
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		queued_in = parent;
}

bool register_worker(const WorkerOrder &order, const char *name, BackgroundWorkerHandle **handle = nullptr)
{
	BackgroundWorker worker = {};
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	/* A run is resumed by who finds it unfinished, never by itself: after a crash a person decides. */
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	worker.bgw_notify_pid = handle ? MyProcPid : 0;
	strlcpy(worker.bgw_library_name, "surefoot", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "surefoot_worker_main", sizeof(worker.bgw_function_name));
	strlcpy(worker.bgw_type, "surefoot worker", sizeof(worker.bgw_type));
	strlcpy(worker.bgw_name, name, sizeof(worker.bgw_name));
	memcpy(worker.bgw_extra, &order, sizeof(order));
	return pg_call([&worker, handle] { return RegisterDynamicBackgroundWorker(&worker, handle); });
}

/* Whoever looks after the error finds the attempt in the history. A worker that is held up must not hold up the error, though. */
void wait_for_end(BackgroundWorkerHandle *handle, int milliseconds)
{
	const TimestampTz deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds);
	while (GetCurrentTimestamp() < deadline) {
		const bool stopped = pg_call([handle] {
			pid_t pid;
			const BgwHandleStatus status = GetBackgroundWorkerPid(handle, &pid);
			return status == BGWH_STOPPED || status == BGWH_POSTMASTER_DIED;
		});
		if (stopped)
			return;
		pg_call([] {
			(void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 10, PG_WAIT_EXTENSION);
			ResetLatch(MyLatch);
		});
	}
}

WorkerOrder order_for(WorkerOrder::Task task, int64 run)
{
	WorkerOrder order = {};
	order.task = task;
	order.database = MyDatabaseId;
	order.session_role = GetSessionUserId();
	order.after = compat::own_virtual_transaction();
	order.run = run;
	return order;
}

} // namespace

void install_transaction_callback()
{
	RegisterXactCallback(on_transaction_event, nullptr);
	RegisterSubXactCallback(on_subtransaction_event, nullptr);
}

void refuse_after_queueing()
{
	if (queued_in != InvalidSubTransactionId)
		throw Error(sqlstate::wrong_context, "this transaction has queued steps of a migration already",
					"They begin after its commit, and nothing else can be applied, reverted or resumed before they end.",
					"COMMIT; CALL " + function_prefix() + "migrate_wait();");
}

/* A name as a hint that is pasted needs it. */
static std::string quoted(const std::string &name)
{
	const char *text = name.c_str();
	return pg_call([text] { return quote_identifier(text); });
}

bool may_log_in(Oid role)
{
	return pg_call([role] {
		HeapTuple tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(role));
		if (!HeapTupleIsValid(tuple))
			return false;
		const bool can_login = ((Form_pg_authid)GETSTRUCT(tuple))->rolcanlogin;
		ReleaseSysCache(tuple);
		return can_login || compat::bypass_login_check != 0;
	});
}

Oid worker_role(const history::Run &run)
{
	const char *session_name = run.session_role.c_str(), *role_name = run.role.c_str();
	const Oid asked = pg_call([session_name] { return get_role_oid(session_name, true); });
	const Oid session = OidIsValid(asked) ? asked : GetSessionUserId();
	const Oid role = pg_call([role_name] { return get_role_oid(role_name, true); }), current = GetUserId();
	const std::string connects = pg_call([session] { return GetUserNameFromId(session, false); });
	if (!OidIsValid(role))
		throw Error(sqlstate::wrong_context, "role \"" + run.role + "\" does not exist, so no worker can run the steps",
					"The steps of a migration run as the role that applied it.", "CREATE ROLE " + quoted(run.role) + ";");
	if (!pg_call([current, role] { return has_privs_of_role(current, role); }))
		throw Error(sqlstate::wrong_context, "the steps run as role \"" + run.role + "\", which you may not do", "",
					"Go on with it as " + run.role + ", or as a member of it.");
	if (!may_log_in(session))
		throw Error(sqlstate::wrong_context,
					"role \"" + connects + "\" is not permitted to log in, so no worker can run its steps",
					"The later steps of a migration run in a background worker that connects as the session's role.",
					"ALTER ROLE " + quoted(connects) + " LOGIN; or apply as a role that may log in.");
	if (!pg_call([session, role] { return compat::can_set_role(session, role); }))
		throw Error(sqlstate::wrong_context,
					"role \"" + connects + "\" may not SET ROLE \"" + run.role + "\", so no worker can run its steps",
					"The later steps of a migration run in a background worker, as the role that applied it.",
					"GRANT " + quoted(run.role) + " TO " + quoted(connects) + ";");
	return session;
}

bool try_launch_run(int64 run, int launch, Oid session_role)
{
	WorkerOrder order = order_for(WorkerOrder::run_steps, run);
	order.launch = launch;
	order.session_role = session_role;
	order.after = {};
	return register_worker(order, "surefoot worker");
}

void launch_run(int64 run, int launch, Oid session_role)
{
	WorkerOrder order = order_for(WorkerOrder::run_steps, run);
	order.launch = launch;
	order.session_role = session_role;
	if (!register_worker(order, "surefoot worker"))
		throw Error(sqlstate::no_worker, "no background worker is free for the later steps of the migration",
					"All of max_worker_processes are in use. Nothing was changed.",
					"Try again later, or raise max_worker_processes (needs a restart).");
	queued_in = GetCurrentSubTransactionId();
}

void record_attempt(const Attempt &attempt, int patience)
{
	WorkerOrder order = order_for(WorkerOrder::record_attempt, 0);
	/* It failed, whatever becomes of this transaction. */
	order.after = {};
	Attempt complete = attempt;
	add_origin(complete);
	const std::string payload = serialize(complete);
	const void *data = payload.data();
	const size_t size = payload.size();
	order.payload = pg_call([data, size] {
		dsm_segment *segment = dsm_create(size + sizeof(uint64), DSM_CREATE_NULL_IF_MAXSEGMENTS);
		if (segment == nullptr)
			return static_cast<uint32>(DSM_HANDLE_INVALID);
		char *address = (char *)dsm_segment_address(segment);
		*(uint64 *)address = size;
		memcpy(address + sizeof(uint64), data, size);
		const dsm_handle handle = dsm_segment_handle(segment);
		dsm_pin_segment(segment);
		dsm_detach(segment);
		return static_cast<uint32>(handle);
	});
	const bool shared = order.payload != static_cast<uint32>(DSM_HANDLE_INVALID);
	BackgroundWorkerHandle *handle = nullptr;
	if (shared && may_log_in(order.session_role) && register_worker(order, "surefoot attempt", &handle)) {
		wait_for_end(handle, patience);
		return;
	}
	if (shared) {
		const dsm_handle segment = order.payload;
		pg_call([segment] { dsm_unpin_segment(segment); });
	}
	const std::string text = "migration " + attempt.version + " " + attempt.direction + " failed: " + attempt.error.message;
	const char *line = text.c_str();
	pg_call([line] { ereport(LOG, (errmsg_internal("%s", line))); });
}

} // namespace surefoot

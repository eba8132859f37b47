#include "jobs/launch.hpp"

#include "jobs/attempt.hpp"
#include "server/compat.hpp"
#include "server/spi.hpp"

namespace surefoot {

namespace {

/* Whether this transaction has registered a worker that waits for its end. */
bool queued_here = false;

void on_transaction_event(XactEvent event, void *)
{
	if (event == XACT_EVENT_PRE_PREPARE && queued_here)
		ereport(ERROR, (errcode(MAKE_SQLSTATE('S', 'F', '0', '1', '0')),
						errmsg("cannot PREPARE a transaction that has queued steps of a migration"),
						errhint("Commit it, or roll it back.")));
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		queued_here = false;
}

bool register_worker(const WorkerOrder &order, const char *name)
{
	BackgroundWorker worker = {};
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	/* A run is resumed by who finds it unfinished, never by itself: after a crash a person decides. */
	worker.bgw_restart_time = BGW_NEVER_RESTART;
	worker.bgw_notify_pid = 0;
	strlcpy(worker.bgw_library_name, "surefoot", sizeof(worker.bgw_library_name));
	strlcpy(worker.bgw_function_name, "surefoot_worker_main", sizeof(worker.bgw_function_name));
	strlcpy(worker.bgw_type, "surefoot worker", sizeof(worker.bgw_type));
	strlcpy(worker.bgw_name, name, sizeof(worker.bgw_name));
	memcpy(worker.bgw_extra, &order, sizeof(order));
	return pg_call([&worker] { return RegisterDynamicBackgroundWorker(&worker, nullptr); });
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
}

void check_worker_possible()
{
	const Oid session = GetSessionUserId(), role = GetUserId();
	struct Facts {
		bool can_login, is_member;
		const char *session_name, *role_name;
	};
	const Facts facts = pg_call([session, role] {
		HeapTuple tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(session));
		const bool can_login = HeapTupleIsValid(tuple) && ((Form_pg_authid)GETSTRUCT(tuple))->rolcanlogin;
		if (HeapTupleIsValid(tuple))
			ReleaseSysCache(tuple);
		return Facts{can_login || compat::bypass_login_check != 0, compat::can_set_role(session, role),
					 GetUserNameFromId(session, false), GetUserNameFromId(role, false)};
	});
	if (!facts.can_login)
		throw Error(sqlstate::wrong_context,
					std::string("role \"") + facts.session_name + "\" is not permitted to log in, so no worker can run its steps",
					"The later steps of a migration run in a background worker that connects as the session's role.",
					std::string("ALTER ROLE ") + facts.session_name + " LOGIN; or apply as a role that may log in.");
	if (!facts.is_member)
		throw Error(sqlstate::wrong_context,
					std::string("role \"") + facts.session_name + "\" may not SET ROLE \"" + facts.role_name +
						"\", so no worker can run its steps",
					"The later steps of a migration run in a background worker, as the role that applied it.",
					std::string("GRANT ") + facts.role_name + " TO " + facts.session_name + ";");
}

bool try_launch_run(int64 run)
{
	WorkerOrder order = order_for(WorkerOrder::run_steps, run);
	order.after = {};
	return register_worker(order, "surefoot worker");
}

void launch_run(int64 run)
{
	if (!register_worker(order_for(WorkerOrder::run_steps, run), "surefoot worker"))
		throw Error(sqlstate::no_worker, "no background worker is free for the later steps of the migration",
					"All of max_worker_processes are in use. Nothing was changed.",
					"Try again later, or raise max_worker_processes (needs a restart).");
	queued_here = true;
}

void record_attempt(const Attempt &attempt)
{
	WorkerOrder order = order_for(WorkerOrder::record_attempt, 0);
	const std::string payload = serialize(attempt);
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
	if (shared && register_worker(order, "surefoot attempt"))
		return;
	if (shared) {
		const dsm_handle handle = order.payload;
		pg_call([handle] { dsm_unpin_segment(handle); });
	}
	const std::string text = "migration " + attempt.version + " " + attempt.direction + " failed: " + attempt.error.message;
	const char *line = text.c_str();
	pg_call([line] { ereport(LOG, (errmsg_internal("%s", line))); });
}

} // namespace surefoot

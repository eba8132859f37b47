#include "server/run/gate.hpp"

#include "server/record/recorder.hpp"
#include "server/run/blockers.hpp"
#include "server/run/waiting.hpp"
#include "server/spi.hpp"

namespace surefoot {

namespace {

LOCKTAG gate_tag()
{
	LOCKTAG tag;
	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, ExtensionRelationId, extension().oid, 0);
	return tag;
}

/* A tag of the run's own: no object of class pg_extension has this sub-id, and nobody but us looks at it. */
LOCKTAG job_tag(int64 run)
{
	LOCKTAG tag;
	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, ExtensionRelationId, static_cast<Oid>(run), 1);
	return tag;
}

LOCKTAG register_tag()
{
	LOCKTAG tag;
	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, ExtensionRelationId, extension().oid, 2);
	return tag;
}

} // namespace

bool try_gate()
{
	const LOCKTAG tag = gate_tag();
	return pg_call([&tag] { return LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL; });
}

Turn take_turn_to_register()
{
	const LOCKTAG tag = register_tag();
	switch (pg_call([&tag] { return LockAcquire(&tag, ExclusiveLock, false, true); })) {
	case LOCKACQUIRE_NOT_AVAIL:
		return Turn::others;
	case LOCKACQUIRE_OK:
		return Turn::just_now;
	default:
		return Turn::mine;
	}
}

void take_gate()
{
	if (try_gate())
		return;

	const LOCKTAG tag = gate_tag();
	static Query holder("SELECT pid FROM pg_locks WHERE locktype = 'object' AND classid = 'pg_extension'::regclass "
						"AND objid = $1 AND objsubid = 0 AND granted AND mode = 'ExclusiveLock' AND pid IS NOT NULL",
						{OIDOID});
	Internal internal;
	const Rows rows = holder.run({Value::datum(ObjectIdGetDatum(tag.locktag_field3))});
	const std::string who =
		rows.empty() ? std::string() : describe_backend(static_cast<int>(rows.number(0, 0)));
	throw Error(sqlstate::busy, "another session is applying or reverting a migration in this database",
				who.empty() ? "" : "It is " + who + ".", "Wait for it to end, then try again.");
}

void refuse_standby()
{
	if (RecoveryInProgress())
		throw Error(sqlstate::wrong_context, "cannot change the schema on a standby server", "",
					"Connect to the primary server.");
}

void check_isolation()
{
	if (XactIsoLevel != XACT_READ_COMMITTED)
		throw Error(sqlstate::wrong_context, "migrations run in READ COMMITTED transactions only",
					"A transaction with one snapshot cannot see what other sessions have changed since it began.",
					"BEGIN ISOLATION LEVEL READ COMMITTED;");
}

void check_session()
{
	refuse_standby();
	if (Recorder::active() != nullptr)
		throw Error(sqlstate::wrong_context, "a migration cannot apply, revert or cancel another one",
					"Its script runs as part of one migration, and is recorded as that.", "Call this by itself.");
	check_isolation();
	if (XactReadOnly)
		throw Error(unpack_sql_state(ERRCODE_READ_ONLY_SQL_TRANSACTION), "migrations cannot run in a read-only transaction", "",
					"BEGIN READ WRITE; or SET default_transaction_read_only = off;");
	const std::string installed = extension().version;
	if (installed != SUREFOOT_VERSION)
		throw Error(sqlstate::version_mismatch,
					"the library is version " SUREFOOT_VERSION ", but the extension in this database is version " + installed,
					"", "ALTER EXTENSION surefoot UPDATE; in a new session, after the library has been installed.");
}

void hold_extension()
{
	const LOCKTAG tag = gate_tag();
	/* A DROP that waits already goes first: then there is nothing to hold. */
	pg_call([&tag] { (void)LockAcquire(&tag, AccessShareLock, true, true); });
}

bool try_job_lock(int64 run)
{
	const LOCKTAG tag = job_tag(run);
	return pg_call([&tag] { return LockAcquire(&tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL; });
}

bool keep_workers_away(int64 run)
{
	/* A worker that has just been ordered needs a moment to start: its run is not given up. */
	constexpr int looks = 50;
	constexpr long interval = 20; /* ms */
	for (int n = 0; n < looks; n++) {
		if (job_holder(run) != 0)
			return false;
		sleep_for(interval);
	}
	const LOCKTAG tag = job_tag(run);
	return pg_call([&tag] { return LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL; });
}

void release_job_lock(int64 run)
{
	const LOCKTAG tag = job_tag(run);
	pg_call([&tag] { (void)LockRelease(&tag, ExclusiveLock, true); });
}

int job_holder(int64 run)
{
	static Query query("SELECT pid FROM pg_locks WHERE locktype = 'object' AND classid = 'pg_extension'::regclass "
					   "AND database = $2 AND objid = $1 AND objsubid = 1 AND granted AND pid IS NOT NULL",
					   {OIDOID, OIDOID});
	Internal internal;
	const Rows rows = query.run({Value::datum(ObjectIdGetDatum(static_cast<Oid>(run))),
								 Value::datum(ObjectIdGetDatum(MyDatabaseId))});
	return rows.empty() ? 0 : static_cast<int>(rows.number(0, 0));
}

void interrupt_worker(int64 run)
{
	/* A number that is a worker's no more may be any other process's by now. */
	static Query query("SELECT l.pid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid AND a.backend_type = 'surefoot worker' "
					   "WHERE l.locktype = 'object' AND l.classid = 'pg_extension'::regclass AND l.database = $2 "
					   "AND l.objid = $1 AND l.objsubid = 1 AND l.granted",
					   {OIDOID, OIDOID});
	Internal internal;
	const Rows rows = query.run({Value::datum(ObjectIdGetDatum(static_cast<Oid>(run))),
								 Value::datum(ObjectIdGetDatum(MyDatabaseId))});
	if (rows.empty())
		return;
	const int pid = static_cast<int>(rows.number(0, 0));
	if (pg_call([pid] { return BackendPidGetProc(pid) != nullptr; }))
		(void)kill(pid, SIGINT);
}

} // namespace surefoot

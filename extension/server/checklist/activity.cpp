/*
 * Who would be in the way: other sessions, prepared transactions, broken indexes, replicas. The functions behind the server's views are
 * asked: reading and rewriting the views would take a new session most of the checklist's time.
 */
#include "server/checklist/checklist.hpp"

namespace surefoot {

namespace {

/* A row of a query that counts and lists what it counts. */
Finding counted(const Rows &result, const char *code, const std::string &none,
				const std::string &some, const char *hint)
{
	const int64 count = result.number(0, 0);
	Finding row{"pass", code, "", none, "", ""};
	if (count > 0) {
		row.level = "warn";
		row.message = some + ": " + std::to_string(count);
		row.detail = result.text(0, 1) + ".";
		row.hint = hint;
	}
	return row;
}

void check_transactions(Findings &rows)
{
	/* A concurrent build waits for every transaction of the database that is older than itself. */
	static Query old(
		"SELECT count(*), string_agg(format('pid %s, user %s, %s for %s', pid, pg_get_userbyid(usesysid), state, "
		"date_trunc('second', clock_timestamp() - xact_start)), '; ' ORDER BY xact_start) "
		"FROM pg_stat_get_activity(NULL) WHERE datid = $1 AND pid <> pg_backend_pid() "
		"AND backend_type <> 'autovacuum worker' AND xact_start < clock_timestamp() - interval '1 "
		"min' "
		"AND state NOT LIKE 'idle in transaction%'",
		{OIDOID});
	static Query idle(
		"SELECT count(*), string_agg(format('pid %s, user %s, for %s', pid, pg_get_userbyid(usesysid), "
		"date_trunc('second', clock_timestamp() - state_change)), '; ' ORDER BY state_change) "
		"FROM pg_stat_get_activity(NULL) WHERE datid = $1 AND pid <> pg_backend_pid() "
		"AND state LIKE 'idle in transaction%' AND state_change < clock_timestamp() - interval '10 "
		"s'",
		{OIDOID});
	static Query prepared(
		"SELECT count(*), string_agg(format('%L of %s, since %s', gid, pg_get_userbyid(ownerid), "
		"date_trunc('second', clock_timestamp() - prepared)), '; ' ORDER BY prepared) "
		"FROM pg_prepared_xact() WHERE dbid = $1",
		{OIDOID});
	const Value here = Value::datum(ObjectIdGetDatum(MyDatabaseId));
	rows.push_back(counted(old.run({here}), "long_transactions",
						   "no transaction runs for more than a minute",
						   "transactions that run for more than a minute",
						   "Strong locks and concurrent builds wait for them."));
	rows.push_back(counted(idle.run({here}), "idle_transactions", "no session is idle in a transaction for more than 10 seconds",
						   "sessions idle in a transaction for more than 10 seconds",
						   "They hold their locks: SELECT pg_terminate_backend(PID);"));
	rows.push_back(counted(prepared.run({here}), "prepared_transactions",
						   "there is no prepared transaction", "prepared transactions",
						   "They hold their locks: COMMIT PREPARED or ROLLBACK PREPARED."));
}

std::vector<std::string> texts(const std::map<Oid, LOCKMODE> &tables, LOCKMODE at_least)
{
	std::vector<std::string> result;
	for (const auto &[id, mode] : tables)
		if (mode >= at_least)
			result.push_back(std::to_string(id));
	return result;
}

void check_locks(Findings &rows, const std::map<Oid, LOCKMODE> &tables)
{
	/* $1: tables locked against everybody, $2: against writers. What lasts less than a second is traffic. */
	static Query query(
		"SELECT count(DISTINCT l.pid), string_agg(DISTINCT format('pid %s, user %s, %s on %s', "
		"l.pid, pg_get_userbyid(a.usesysid), "
		"l.mode, l.relation::regclass), '; ') "
		"FROM pg_lock_status() l JOIN pg_stat_get_activity(NULL) a ON a.pid = l.pid "
		"WHERE l.locktype = 'relation' AND l.granted AND l.pid <> pg_backend_pid() "
		"AND l.database = $3 "
		"AND a.xact_start < clock_timestamp() - interval '1 s' "
		"AND (l.relation = ANY ($1::oid[]) OR l.relation = ANY ($2::oid[]) "
		"AND l.mode NOT IN ('AccessShareLock', 'RowShareLock'))",
		{TEXTARRAYOID, TEXTARRAYOID, OIDOID});
	rows.push_back(counted(query.run({Value::array(texts(tables, AccessExclusiveLock)),
									  Value::array(texts(tables, ShareUpdateExclusiveLock)),
									  Value::datum(ObjectIdGetDatum(MyDatabaseId))}),
						   "table_locks", "nobody has held a lock that is in the way for a second",
						   "sessions that have held locks in the way for more than a second",
						   "The migration tries again until they are gone."));
}

void check_indexes(Findings &rows, const std::map<Oid, LOCKMODE> &tables)
{
	/* One that is being built at the moment is none of them, whoever builds it. */
	static Query query("SELECT count(*), string_agg(indexrelid::regclass::text, ', ' ORDER BY "
					   "indexrelid::regclass::text) "
					   "FROM pg_index WHERE NOT indisvalid AND indrelid = ANY ($1::oid[]) "
					   "AND NOT EXISTS (SELECT FROM pg_stat_get_progress_info('CREATE INDEX') p WHERE p.datid = (SELECT oid FROM pg_database WHERE datname = current_database()) "
					   "AND p.param7 = indexrelid::bigint) "
					   "AND (SELECT relkind FROM pg_class WHERE oid = indexrelid) = 'i'",
					   {TEXTARRAYOID});
	rows.push_back(counted(query.run({Value::array(texts(tables, NoLock))}), "invalid_indexes",
						   "the tables have no invalid index", "invalid indexes of the tables",
						   "They cost time and serve nobody: DROP INDEX CONCURRENTLY, or REINDEX "
						   "INDEX CONCURRENTLY."));
}

void check_replication(Findings &rows)
{
	static Query slots(
		"SELECT count(*) FILTER (WHERE NOT active OR lag > 1073741824), "
		"string_agg(format('%s%s, %s behind', slot_name, CASE WHEN active THEN '' ELSE ' "
		"(inactive)' END, "
		"pg_size_pretty(lag)), '; ' ORDER BY slot_name) FILTER (WHERE NOT active OR lag > "
		"1073741824), count(*) "
		"FROM (SELECT slot_name, active, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() "
		"THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, restart_lsn) AS lag "
		"FROM pg_get_replication_slots()) s",
		{});
	static Query standbys(
		"SELECT count(*) FILTER (WHERE lag > 16777216), "
		"string_agg(format('%s, %s behind', coalesce(nullif(application_name, ''), pid::text), "
		"pg_size_pretty(lag)), '; ' ORDER BY application_name, pid) FILTER (WHERE lag > 16777216), "
		"count(*) "
		"FROM (SELECT a.application_name, w.pid, pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() "
		"THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END, w.replay_lsn) AS lag "
		"FROM pg_stat_get_wal_senders() w LEFT JOIN pg_stat_get_activity(NULL) a ON a.pid = w.pid) s",
		{});
	const Rows slot = slots.run(), standby = standbys.run();
	const auto none = [](const Rows &result, const char *nothing, const char *fine) {
		return result.number(0, 2) == 0 ? nothing : fine;
	};
	rows.push_back(
		counted(slot, "replication_slots",
				none(slot, "there is no replication slot", "replication slots are in use"),
				"replication slots that hold WAL back",
				"What the migration writes is kept for them; the disk may fill up."));
	rows.push_back(counted(standby, "replication_lag",
						   none(standby, "there is no standby", "standbys keep up"),
						   "standbys that lag behind", "The migration makes them lag more."));
}

} // namespace

void check_activity(Findings &rows, const Outlook &outlook)
{
	const std::map<Oid, LOCKMODE> tables = outlook.tables();
	Internal internal;
	check_transactions(rows);
	check_locks(rows, tables);
	check_indexes(rows, tables);
	check_replication(rows);
}

} // namespace surefoot

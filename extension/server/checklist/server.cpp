/* Where we are, and whether this server can run a migration at all. */
#include "server/checklist/checklist.hpp"

namespace surefoot {

namespace {

void check_connection(Findings &rows)
{
	static Query query("SELECT current_database(), session_user, "
					   "coalesce(host(inet_server_addr()), 'local socket'), "
					   "current_setting('port'), current_setting('server_version')",
					   {});
	const char *role = pg_call([] { return GetUserNameFromId(GetUserId(), false); });
	const std::string as = role;
	Internal internal;
	const Rows row = query.run();
	const std::string session = row.text(0, 1);
	rows.push_back({"pass", "connection", row.text(0, 0),
					"connected to database \"" + row.text(0, 0) + "\" as \"" + session + "\"" +
						(as != session ? ", acting as \"" + as + "\"" : ""),
					row.text(0, 2) + ", port " + row.text(0, 3), ""});

	Finding version{"pass", "server_version", "", "PostgreSQL " + row.text(0, 4), "", ""};
	static Query number("SELECT current_setting('server_version_num')", {});
	const int64 server = number.run().number(0, 0);
	if (server >= 140000 && server < 140004) {
		version.level = "warn";
		version.detail = "Indexes that are built concurrently may come out corrupt before 14.4.";
		version.hint = "Update the server first.";
	}
	rows.push_back(version);
}

void check_role(Findings &rows)
{
	Finding role{"pass", "server_role", "", "the server is a primary", "", ""};
	if (RecoveryInProgress()) {
		role.level = "fail";
		role.message = "the server is a standby";
		role.hint = "Connect to the primary.";
	}
	rows.push_back(role);
}

void check_library(Findings &rows)
{
	const std::string &installed = extension().version;
	Finding library{"pass",		"extension_version",
					"surefoot", "library and extension are both " SUREFOOT_VERSION,
					"",			""};
	if (installed != SUREFOOT_VERSION) {
		library.level = "fail";
		library.message = "the library is " SUREFOOT_VERSION ", the extension is " + installed;
		library.hint = "ALTER EXTENSION surefoot UPDATE;";
	}
	rows.push_back(library);
}

void check_workers(Findings &rows, const Outlook &outlook)
{
	if (!outlook.has_concurrent_step()) {
		rows.push_back({"pass", "worker_slots", "", "no background worker is needed", "", ""});
		return;
	}
	/* Background workers are what is no kind of process of the server itself. */
	static Query query("SELECT count(*) FROM pg_stat_get_activity(NULL) a "
					   "WHERE a.backend_type NOT IN ('client backend', 'autovacuum launcher', "
					   "'autovacuum worker', 'walsender', 'walreceiver', 'startup', "
					   "'checkpointer', 'background writer', 'walwriter', "
					   "'archiver', 'logger', 'walsummarizer', 'slotsync worker', 'io worker', "
					   "'standalone backend')",
					   {});
	Internal internal;
	const int64 used = query.run().number(0, 0);
	const int64 free = std::max<int64>(0, max_worker_processes - used);
	Finding slots{"pass", "worker_slots", "", "", "", ""};
	if (free > 0) {
		slots.message = "a background worker slot is free";
		slots.detail = std::to_string(free) +
					   " of max_worker_processes = " + std::to_string(max_worker_processes) +
					   " are free.";
	} else {
		slots.level = "fail";
		slots.message = "no background worker slot is free";
		slots.detail =
			"All of max_worker_processes = " + std::to_string(max_worker_processes) + " are taken.";
		slots.hint = "Raise max_worker_processes and restart the server, or stop a worker.";
	}
	rows.push_back(slots);
}

void check_archive(Findings &rows)
{
	static Query query(
		"SELECT current_setting('archive_mode'), last_archived_wal, last_archived_time, "
		"coalesce(last_failed_time > last_archived_time, last_failed_time IS NOT NULL), "
		"last_failed_wal "
		"FROM pg_stat_get_archiver()",
		{});
	Internal internal;
	const Rows row = query.run();
	Finding archive{"pass", "wal_archive", "", "", "", ""};
	if (row.text(0, 0) == "off") {
		archive.level = "warn";
		archive.message = "WAL is not archived";
		archive.detail =
			"There is no going back to a point in time, only the way back of the migration.";
		archive.hint = "Make sure that there is a backup.";
	} else if (row.flag(0, 3)) {
		archive.level = "warn";
		archive.message = "the last WAL file could not be archived";
		archive.detail =
			"It is " + row.text(0, 4) + "; the last that could was " + row.text(0, 1) + ".";
		archive.hint = "See the server's log.";
	} else if (row.is_null(0, 1)) {
		archive.level = "warn";
		archive.message = "no WAL file has been archived yet";
	} else {
		archive.message = "WAL is archived";
		archive.detail = "The last is " + row.text(0, 1) + ", at " + row.text(0, 2) + ".";
	}
	rows.push_back(archive);
}

} // namespace

void check_server(Findings &rows, const Outlook &outlook)
{
	check_connection(rows);
	check_role(rows);
	check_library(rows);
	check_workers(rows, outlook);
	check_archive(rows);
}

} // namespace surefoot

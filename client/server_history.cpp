// Calls that tell what is where, and what was.
#include <fmt/format.h>

#include <iterator>
#include <sstream>

#include "server_values.hpp"
#include "text.hpp"

namespace surefoot::client {

std::vector<StatusRow> Server::status(const std::string &version)
{
	std::vector<std::string> none;
	return status(version, {}, none);
}

std::vector<StatusRow> Server::status(const std::string &version, const std::vector<Script> &scripts,
									  std::vector<std::string> &differing)
{
	// Another question would be another way there and back.
	const auto [versions, ups] = versions_and_ups(scripts);
	Params params;
	if (!scripts.empty())
		params = {versions, ups};
	Result result = connection_.query(
		fmt::format("SELECT version, name, state, steps, way_back, "
					"pg_catalog.to_char(applied_at AT TIME ZONE 'UTC', "
					"'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), applied_by, "
					"extract(epoch FROM duration), next{} FROM {}({}::pg_catalog.text)",
					scripts.empty() ? ""
									: ", (SELECT pg_catalog.array_to_string(surefoot.differing("
									  "$1::pg_catalog.text[], $2::pg_catalog.text[]), ' '))",
					call("migrate_status"), version.empty() ? "NULL" : sql_literal(version)),
		params);
	std::vector<StatusRow> rows;
	rows.reserve(static_cast<size_t>(result.rows()));
	for (int i = 0; i < result.rows(); ++i)
		rows.push_back({result.string(i, 0), result.string(i, 1), result.string(i, 2),
						result.string(i, 3), result.string(i, 4), result.string(i, 5),
						result.string(i, 6), result.number(i, 7), result.string(i, 8)});
	if (!scripts.empty() && result.rows() > 0) {
		std::istringstream words(result.string(0, 9));
		differing.assign(std::istream_iterator<std::string>(words), {});
	}
	return rows;
}

Edges Server::edges_of(const std::string &first, const std::string &last)
{
	// As migrate_status would say it, without a row for every migration there ever was.
	Result result = connection_.query(
		"SELECT (SELECT m.version FROM surefoot.migration m "
		"WHERE m.state OPERATOR(pg_catalog.=) 'applied' AND m.ordinal OPERATOR(pg_catalog.<) $1::pg_catalog.numeric "
		"ORDER BY m.ordinal DESC LIMIT 1), "
		"(SELECT m.version FROM surefoot.migration m JOIN surefoot.derived d ON d.run OPERATOR(pg_catalog.=) m.run "
		"WHERE m.state OPERATOR(pg_catalog.=) 'applied' AND m.down IS NULL "
		"AND d.way_back OPERATOR(pg_catalog.=) 'no way back' "
		"AND m.ordinal OPERATOR(pg_catalog.>=) $1::pg_catalog.numeric "
		"AND m.ordinal OPERATOR(pg_catalog.<=) $2::pg_catalog.numeric ORDER BY m.ordinal DESC LIMIT 1), "
		"(SELECT pg_catalog.count(*) FROM surefoot.migration m "
		"WHERE m.state OPERATOR(pg_catalog.=) 'applied' AND m.ordinal OPERATOR(pg_catalog.>=) $1::pg_catalog.numeric)",
		{first, last});
	return {result.string(0, 0), result.string(0, 1), result.bigint(0, 2).value_or(0)};
}

std::vector<Verdict> Server::inexact_of(const std::string &first, const std::string &last)
{
	Result result = connection_.query(
		"SELECT m.version, m.ordinal, d.way_back, d.reason "
		"FROM surefoot.migration m JOIN surefoot.derived d ON d.run OPERATOR(pg_catalog.=) m.run "
		"WHERE m.state OPERATOR(pg_catalog.=) 'applied' AND m.down IS NULL "
		"AND (d.way_back OPERATOR(pg_catalog.<>) 'exact' OR d.reason OPERATOR(pg_catalog.<>) '') "
		"AND m.ordinal OPERATOR(pg_catalog.>=) $1::pg_catalog.numeric "
		"AND m.ordinal OPERATOR(pg_catalog.<=) $2::pg_catalog.numeric "
		"UNION ALL SELECT k.version, k.ordinal, 'down script without the rows that are kept', pg_catalog.concat(k.tables, '; after it: ', k.command) "
		"FROM surefoot.kept_aside k WHERE k.ordinal OPERATOR(pg_catalog.>=) $1::pg_catalog.numeric "
		"AND k.ordinal OPERATOR(pg_catalog.<=) $2::pg_catalog.numeric ORDER BY ordinal DESC",
		{first, last});
	std::vector<Verdict> verdicts;
	for (int i = 0; i < result.rows(); ++i)
		verdicts.push_back({result.string(i, 0), result.string(i, 2), covered(result, i, 3)});
	return verdicts;
}

std::vector<std::string> Server::latest_first()
{
	Result result = connection_.query("SELECT version FROM surefoot.migration WHERE state OPERATOR(pg_catalog.<>) 'registered' "
									  "AND state OPERATOR(pg_catalog.<>) 'reverted' ORDER BY run DESC, ordinal DESC");
	std::vector<std::string> versions;
	for (int i = 0; i < result.rows(); ++i)
		versions.push_back(result.string(i, 0));
	return versions;
}

std::vector<JobRow> Server::jobs(const std::string &version)
{
	Result result = connection_.query(
		fmt::format(
			"SELECT version, direction, step, kind, state, statement, alive, pid, "
			"pg_catalog.to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
			"phase, done, "
			"total, percent, waiting_for, next FROM {}(){}",
			call("migrate_jobs"),
			version.empty() ? ""
							: " WHERE pg_catalog.ltrim(version, '0') OPERATOR(pg_catalog.=) "
							  "pg_catalog.ltrim($1::pg_catalog.text, '0')"),
		version.empty() ? Params{} : Params{version});
	std::vector<JobRow> rows;
	for (int i = 0; i < result.rows(); ++i)
		rows.push_back({result.string(i, 0), result.string(i, 1), result.integer(i, 2),
						result.string(i, 3), result.string(i, 4), covered(result, i, 5),
						result.boolean(i, 6), result.integer(i, 7), result.string(i, 8),
						result.string(i, 9), result.bigint(i, 10), result.bigint(i, 11),
						result.number(i, 12), covered(result, i, 13), result.string(i, 14)});
	return rows;
}

std::vector<HistoryRow> Server::history(const std::string &version, int limit)
{
	Result result = connection_.query(
		fmt::format(
			"SELECT run, version, direction, state, "
			"pg_catalog.to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
			"pg_catalog.to_char(ended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
			"extract(epoch FROM duration), session_role, role, pg_catalog.host(client_addr), "
			"application, "
			"wal_lsn, failed_step, sqlstate, message, detail, hint, line, col, next "
			"FROM {}($1::pg_catalog.text) ORDER BY run DESC LIMIT {}",
			call("migrate_history"), limit),
		{optional_text(version)});
	std::vector<HistoryRow> rows;
	for (int i = 0; i < result.rows(); ++i)
		rows.push_back({result.bigint(i, 0).value_or(0),
						result.string(i, 1),
						result.string(i, 2),
						result.string(i, 3),
						result.string(i, 4),
						result.string(i, 5),
						result.number(i, 6),
						result.string(i, 7),
						result.string(i, 8),
						result.string(i, 9),
						result.string(i, 10),
						result.string(i, 11),
						result.integer(i, 12),
						result.string(i, 13),
						covered(result, i, 14),
						covered(result, i, 15),
						covered(result, i, 16),
						result.integer(i, 17),
						result.integer(i, 18),
						result.string(i, 19)});
	return rows;
}

std::int64_t Server::last_event(const std::string &version)
{
	Result result = connection_.query(
		fmt::format(
			"SELECT pg_catalog.max(id) FROM surefoot.event WHERE run OPERATOR(pg_catalog.=) "
			"(SELECT pg_catalog.max(run) FROM {}($1::pg_catalog.text))",
			call("migrate_history")),
		{version});
	return result.bigint(0, 0).value_or(0);
}

std::vector<EventRow> Server::events(std::int64_t run, std::int64_t after)
{
	Result result = connection_.query(
		"SELECT id, run, version, direction, "
		"pg_catalog.to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), "
		"level, step, line, message, "
		"statement, extract(epoch FROM duration) FROM surefoot.event "
		"WHERE run OPERATOR(pg_catalog.=) $1::pg_catalog.int8 "
		"AND id OPERATOR(pg_catalog.>) $2::pg_catalog.int8 ORDER BY id",
		{std::to_string(run), std::to_string(after)});
	std::vector<EventRow> rows;
	for (int i = 0; i < result.rows(); ++i)
		rows.push_back({result.bigint(i, 0).value_or(0), result.bigint(i, 1).value_or(0),
						result.string(i, 2), result.string(i, 3), result.string(i, 4),
						result.string(i, 5), result.integer(i, 6), result.integer(i, 7),
						covered(result, i, 8), covered(result, i, 9), result.number(i, 10)});
	return rows;
}

std::vector<ArchiveRow> Server::archive(const std::string &version)
{
	Result result = connection_.query(
		fmt::format(
			"SELECT version, direction, kind, name, rows, bytes, "
			"pg_catalog.to_char(kept_since AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
			"pg_catalog.to_char(purge_after AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') "
			"FROM {}($1::pg_catalog.text)",
			call("migrate_archive")),
		{optional_text(version)});
	std::vector<ArchiveRow> rows;
	for (int i = 0; i < result.rows(); ++i)
		rows.push_back({result.string(i, 0), result.string(i, 1), result.string(i, 2),
						result.string(i, 3), result.bigint(i, 4).value_or(0),
						result.bigint(i, 5).value_or(0), result.string(i, 6), result.string(i, 7)});
	return rows;
}

std::int64_t Server::purge(const std::string &version)
{
	Result result = connection_.query(
		fmt::format("SELECT pg_catalog.substr({}($1::pg_catalog.text), 9)::pg_catalog.int8",
					call("migrate_purge")),
		{optional_text(version)});
	return result.bigint(0, 0).value_or(0);
}

std::int64_t Server::restore(const std::string &version)
{
	Result result = connection_.query(fmt::format("SELECT {}($1::pg_catalog.text)", call("migrate_restore")), {version});
	return result.bigint(0, 0).value_or(0);
}

} // namespace surefoot::client

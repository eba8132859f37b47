#include "server.hpp"

#include <fmt/format.h>

#include <iterator>
#include <sstream>

#include "core/secret_text.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace {

// Both sides agree on the calls as long as they agree on the first two numbers.
std::string series(const std::string &version)
{
	size_t first = version.find('.');
	return version.substr(0, first == std::string::npos ? first : version.find('.', first + 1));
}

// What quotes scripts. It is covered before anybody cuts it or makes one line of it.
std::string covered(const Result &result, int row, int column)
{
	return core::mask_secret_text(result.text(row, column));
}

Param optional_text(const std::string &text)
{
	return text.empty() ? Param() : Param(text);
}

} // namespace

std::string text_array(const std::vector<std::optional<std::string_view>> &values)
{
	size_t size = 2;
	for (const auto &value : values)
		size += value ? value->size() + 16 : 5;
	std::string array = "{";
	array.reserve(size);
	for (const auto &value : values) {
		if (array.size() > 1)
			array += ',';
		if (!value) {
			array += "NULL";
			continue;
		}
		array += '"';
		for (char c : *value) {
			if (c == '"' || c == '\\')
				array += '\\';
			array += c;
		}
		array += '"';
	}
	return array + "}";
}

namespace {

// Two arrays of the same length; parameters only look at them.
std::pair<std::string, std::string> versions_and_ups(const std::vector<Script> &scripts)
{
	std::vector<std::optional<std::string_view>> versions, ups;
	for (const Script &script : scripts) {
		versions.emplace_back(script.version);
		ups.emplace_back(script.up);
	}
	return {text_array(versions), text_array(ups)};
}

} // namespace

Server::Server(Connection &connection) : connection_(connection)
{
	find_extension();
}

void Server::find_extension()
{
	// The level of messages belongs to the role; the lines of a run come as notices.
	Result found = connection_.script(
		"SET client_min_messages = notice;\n"
		// Names are looked up one by one: planning a join takes longer than the rest of the question.
		"SELECT e.extnamespace::pg_catalog.regnamespace::pg_catalog.text, e.extversion, "
		"pg_catalog.current_database(), current_user, pg_catalog.pg_is_in_recovery() FROM pg_catalog.pg_extension e "
		"WHERE e.extname OPERATOR(pg_catalog.=) 'surefoot'");
	info_.server_version = connection_.parameter("server_version");
	if (found.rows() > 0) {
		info_.schema = found.string(0, 0);
		info_.extension_version = found.string(0, 1);
		info_.database = found.string(0, 2);
		info_.user = found.string(0, 3);
		info_.standby = found.boolean(0, 4);
	} else {
		info_.database = connection_.database();
		Result available =
			connection_.query("SELECT default_version FROM pg_catalog.pg_available_extensions "
							  "WHERE name OPERATOR(pg_catalog.=) 'surefoot'");
		Failure failure = make_failure(
			exit_usage, "EXTENSION_MISSING",
			fmt::format("the extension surefoot is not in database \"{}\"", info_.database));
		if (available.rows() == 0)
			failure.hint = "It is not installed on the server either: run make install there, then "
						   "CREATE EXTENSION surefoot;";
		else
			failure.hint = "As a superuser, run: CREATE EXTENSION surefoot;";
		failure.next_command =
			fmt::format("psql{}{} -d {} -c 'CREATE EXTENSION surefoot'",
						connection_.host().empty() ? "" : " -h " + shell_quote(connection_.host()),
						connection_.port().empty() || connection_.port() == "5432"
							? ""
							: " -p " + connection_.port(),
						shell_quote(info_.database));
		throw failure;
	}

	// That library and extension belong together is the server's own check, made before it changes anything.
	if (series(info_.extension_version) != series(SUREFOOT_VERSION))
		throw make_failure(
			exit_usage, "VERSION_MISMATCH",
			fmt::format("this client is {}, but the extension in database \"{}\" is {}",
						SUREFOOT_VERSION, info_.database, info_.extension_version),
			"Use the client that belongs to it, or run: ALTER EXTENSION surefoot UPDATE;");
}

std::string Server::library_version()
{
	return connection_.query("SELECT surefoot.version()").string(0, 0);
}

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

std::pair<std::string, std::string> Server::edges_of(const std::string &first, const std::string &last)
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
		"AND m.ordinal OPERATOR(pg_catalog.<=) $2::pg_catalog.numeric ORDER BY m.ordinal DESC LIMIT 1)",
		{first, last});
	return {result.string(0, 0), result.string(0, 1)};
}

std::vector<Verdict> Server::inexact_of(const std::string &first, const std::string &last)
{
	Result result = connection_.query(
		"SELECT m.version, d.way_back, d.reason "
		"FROM surefoot.migration m JOIN surefoot.derived d ON d.run OPERATOR(pg_catalog.=) m.run "
		"WHERE m.state OPERATOR(pg_catalog.=) 'applied' AND m.down IS NULL "
		"AND (d.way_back OPERATOR(pg_catalog.<>) 'exact' OR d.reason OPERATOR(pg_catalog.<>) '') "
		"AND m.ordinal OPERATOR(pg_catalog.>=) $1::pg_catalog.numeric "
		"AND m.ordinal OPERATOR(pg_catalog.<=) $2::pg_catalog.numeric ORDER BY m.ordinal DESC",
		{first, last});
	std::vector<Verdict> verdicts;
	for (int i = 0; i < result.rows(); ++i)
		verdicts.push_back({result.string(i, 0), result.string(i, 1), covered(result, i, 2)});
	return verdicts;
}

std::vector<std::string> Server::register_scripts(const std::vector<Script> &scripts)
{
	if (scripts.size() == 1) {
		const Script &one = scripts.front();
		Result result = connection_.query(
			fmt::format("SELECT {}($1::pg_catalog.text, $2::pg_catalog.text, $3::pg_catalog.text, "
						"$4::pg_catalog.text, $5::pg_catalog.text)",
						call("migrate_register")),
			{one.version, one.name, one.up, one.down ? Param(*one.down) : Param(),
			 one.verify ? Param(*one.verify) : Param()});
		return {result.string(0, 0)};
	}
	std::vector<std::optional<std::string_view>> versions, names, ups, downs, verifies;
	for (const Script &script : scripts) {
		versions.emplace_back(script.version);
		names.emplace_back(script.name);
		ups.emplace_back(script.up);
		downs.push_back(script.down ? std::optional<std::string_view>(*script.down) : std::nullopt);
		verifies.push_back(script.verify ? std::optional<std::string_view>(*script.verify)
										 : std::nullopt);
	}
	Result result = connection_.query(
		fmt::format(
			"SELECT {}(m.version, m.name, m.up, m.down, m.verify) FROM ROWS FROM ("
			"pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[]), "
			"pg_catalog.unnest($3::pg_catalog.text[]), pg_catalog.unnest($4::pg_catalog.text[]), "
			"pg_catalog.unnest($5::pg_catalog.text[])) WITH ORDINALITY AS m (version, name, up, "
			"down, verify, n) ORDER BY m.n",
			call("migrate_register")),
		{text_array(versions), text_array(names), text_array(ups), text_array(downs),
		 text_array(verifies)});
	std::vector<std::string> answers;
	for (int i = 0; i < result.rows(); ++i)
		answers.push_back(result.string(i, 0));
	return answers;
}

std::vector<std::string> Server::differing(const std::vector<Script> &scripts)
{
	const auto [versions, ups] = versions_and_ups(scripts);
	Result result = connection_.query(
		"SELECT pg_catalog.unnest(surefoot.differing($1::pg_catalog.text[], $2::pg_catalog.text[]))",
		{versions, ups});
	std::vector<std::string> different;
	for (int i = 0; i < result.rows(); ++i)
		different.push_back(result.string(i, 0));
	return different;
}

Answer Server::answer(const Result &result, int column) const
{
	Answer answer;
	answer.text = result.string(0, column);
	if (answer.text.starts_with("queued"))
		answer.outcome = Outcome::queued;
	else if (answer.text.starts_with("already") || answer.text.starts_with("not ") ||
			 answer.text.starts_with("nothing"))
		answer.outcome = Outcome::nothing_to_do;
	return answer;
}

void Server::share_flush()
{
	connection_.script("SET surefoot.share_flush = on");
}

void Server::wait_for_flush()
{
	connection_.query("SELECT surefoot.wait_for_flush()");
}

Answer Server::apply(const std::string &version)
{
	// Prepared once: with a thousand small migrations, planning the call would be most of our share.
	if (!apply_prepared_)
		connection_.prepare("surefoot_apply", fmt::format("SELECT {}($1::pg_catalog.text, false)",
														  call("migrate_apply")));
	apply_prepared_ = true;
	return answer(connection_.query_prepared("surefoot_apply", {version}));
}

std::pair<std::string, Answer> Server::apply_in_turn(const std::vector<std::string> &versions)
{
	std::vector<std::optional<std::string_view>> values(versions.begin(), versions.end());
	Result result =
		connection_.query("CALL surefoot.apply_in_turn($1::pg_catalog.text[])", {text_array(values)});
	return {result.string(0, 0), answer(result, 1)};
}

Answer Server::revert(const std::string &version, const std::vector<std::string> &accept)
{
	std::string sql = fmt::format("SELECT {}($1::pg_catalog.text, false, ", call("migrate_revert"));
	if (accept.empty())
		return answer(connection_.query(sql + "'{}'::pg_catalog.text[])", {version}));
	std::vector<std::optional<std::string_view>> values(accept.begin(), accept.end());
	return answer(connection_.query(sql + "$2::pg_catalog.text[])", {version, text_array(values)}));
}

std::string Server::inverse(const std::string &version)
{
	return connection_
		.query(fmt::format("SELECT {}($1::pg_catalog.text)", call("migrate_inverse")), {version})
		.string(0, 0);
}

Answer Server::resume(const std::string &version)
{
	return answer(connection_.query(
		fmt::format("SELECT {}($1::pg_catalog.text)", call("migrate_resume")), {version}));
}

std::string Server::cancel(const std::string &version)
{
	return connection_
		.query(fmt::format("SELECT {}($1::pg_catalog.text)", call("migrate_cancel")), {version})
		.string(0, 0);
}

namespace {

std::vector<PlanRow> plan_rows(const Result &result)
{
	std::vector<PlanRow> rows;
	for (int i = 0; i < result.rows(); ++i)
		rows.push_back({result.integer(i, 0), result.string(i, 1), result.integer(i, 2),
						covered(result, i, 3), result.string(i, 4), result.string(i, 5),
						result.bigint(i, 6), result.bigint(i, 7), result.boolean(i, 8),
						result.boolean(i, 9), split_lines(result.text(i, 10)),
						covered(result, i, 11)});
	return rows;
}

constexpr const char *plan_columns =
	"step, kind, line, statement, lock, object, rows, bytes, rewrites, "
	"scans, pg_catalog.array_to_string(hazards, E'\\n'), way_back";

std::vector<Finding> finding_rows(const Result &result)
{
	std::vector<Finding> rows;
	for (int i = 0; i < result.rows(); ++i)
		rows.push_back({result.string(i, 0), result.string(i, 1), result.string(i, 2),
						covered(result, i, 3), covered(result, i, 4), covered(result, i, 5)});
	return rows;
}

constexpr const char *finding_columns = "level, code, object, message, detail, hint";

} // namespace

std::vector<PlanRow> Server::plan(const std::string &version, const std::string &direction)
{
	return plan_rows(
		connection_.query(fmt::format("SELECT {} FROM {}($1::pg_catalog.text, $2::pg_catalog.text)",
									  plan_columns, call("migrate_plan")),
						  {version, direction}));
}

std::vector<PlanRow> Server::plan_script(const std::string &script)
{
	return plan_rows(connection_.query(fmt::format("SELECT {} FROM {}($1::pg_catalog.text)",
												   plan_columns, call("migrate_plan_script")),
									   {script}));
}

std::vector<Finding> Server::checklist(const std::string &version, const std::string &direction)
{
	return finding_rows(
		connection_.query(fmt::format("SELECT {} FROM {}($1::pg_catalog.text, $2::pg_catalog.text)",
									  finding_columns, call("migrate_checklist")),
						  {version, direction}));
}

std::vector<Finding> Server::validate(const std::string &version)
{
	return finding_rows(connection_.query(fmt::format("SELECT {} FROM {}($1::pg_catalog.text)",
													  finding_columns, call("migrate_validate")),
										  {version}));
}

std::vector<Finding> Server::rehearse(const std::string &version)
{
	return finding_rows(connection_.query(fmt::format("SELECT {} FROM {}($1::pg_catalog.text)",
													  finding_columns, call("migrate_rehearse")),
										  {version}));
}

std::vector<RehearsedRow> Server::rehearsed(const std::string &version)
{
	Result result = connection_.query(
		fmt::format("SELECT direction, step, line, statement, tried, "
					"pg_catalog.array_to_string(locks, E'\n'), "
					"pg_catalog.array_to_string(rewritten, E'\n'), "
					"pg_catalog.array_to_string(scanned, E'\n'), "
					"pg_catalog.array_to_string(written, E'\n'), wal_bytes, "
					"extract(epoch FROM duration) FROM {}($1::pg_catalog.text)",
					call("migrate_rehearse_statements")),
		{version});
	std::vector<RehearsedRow> rows;
	for (int i = 0; i < result.rows(); ++i)
		rows.push_back({result.string(i, 0), result.integer(i, 1), result.integer(i, 2),
						covered(result, i, 3), result.string(i, 4), split_lines(result.text(i, 5)),
						split_lines(result.text(i, 6)), split_lines(result.text(i, 7)),
						split_lines(result.text(i, 8)), result.bigint(i, 9).value_or(0),
						result.number(i, 10).value_or(0)});
	return rows;
}

void Server::rehearse_without_limits()
{
	connection_.script(
		"SET surefoot.rehearse_timeout = 0; SET surefoot.rehearse_pages = 2147483647");
}

void Server::forget_temporary()
{
	connection_.script("DISCARD TEMP");
}

void Server::remember_schema(const std::string &name)
{
	connection_.query("SELECT surefoot.remember_schema($1::pg_catalog.text)", {name});
}

std::vector<DifferenceRow> Server::compare_schema(const std::string &name)
{
	Result result = connection_.query("SELECT kind, identity, only_column_order, difference "
									  "FROM surefoot.compare_schema($1::pg_catalog.text)",
									  {name});
	std::vector<DifferenceRow> rows;
	for (int i = 0; i < result.rows(); ++i)
		rows.push_back({result.string(i, 0), result.string(i, 1), result.boolean(i, 2),
						result.string(i, 3)});
	return rows;
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

void Server::allow_out_of_order()
{
	connection_.script("SET surefoot.allow_out_of_order = on");
}

void Server::allow_no_way_back(bool allow)
{
	connection_.script(allow ? "SET surefoot.allow_no_way_back = on"
							 : "RESET surefoot.allow_no_way_back");
}

void Server::begin()
{
	connection_.script("BEGIN");
}

void Server::rollback()
{
	if (connection_.in_transaction())
		connection_.script("ROLLBACK");
}

} // namespace surefoot::client

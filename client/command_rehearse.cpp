#include <fmt/format.h>

#include "checks.hpp"
#include "commands.hpp"
#include "hints.hpp"
#include "mended_scripts.hpp"
#include "pending_before.hpp"
#include "rehearse_history.hpp"
#include "report.hpp"
#include "run.hpp"
#include "sandbox_history.hpp"
#include "selection.hpp"
#include "table.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace {

std::string joined(const std::vector<std::string> &words)
{
	std::string text;
	for (const std::string &word : words)
		text += (text.empty() ? "" : ", ") + word;
	return text;
}

void show_statements(Run &run, const std::vector<RehearsedRow> &rows)
{
	if (run.options.json || rows.empty())
		return;
	Table table({"WAY", "LINE", "TIME", "WAL", "TRIED", "LOCKS", "REWRITTEN", "READ", "ROWS",
				 "STATEMENT"});
	table.right_align(1);
	table.right_align(2);
	table.right_align(3);
	for (const RehearsedRow &row : rows)
		table.add({{row.direction},
				   {std::to_string(row.line)},
				   {human_duration(row.seconds)},
				   {row.wal_bytes > 0 ? human_bytes(row.wal_bytes) : ""},
				   {row.tried},
				   {joined(row.locks)},
				   {joined(row.rewritten), Color::yellow},
				   {joined(row.scanned)},
				   {joined(row.written)},
				   {one_line(row.statement, 80)}});
	run.say("");
	run.say(std::string(trim(table.render(run.terminal.color_out))));
}

void stop_on_failure(const std::vector<Finding> &rows, const std::string &version)
{
	std::string codes;
	int exit_code = exit_validation;
	for (const Finding &row : rows)
		if (row.fails()) {
			codes += (codes.empty() ? "" : ", ") + row.code;
			if (row.code == "up")
				exit_code = exit_failed;
			else if (row.code == "time" && exit_code != exit_failed)
				exit_code = exit_locks;
		}
	if (codes.empty())
		return;
	Failure failure = make_failure(exit_code, "REHEARSAL",
								   fmt::format("the rehearsal of {} failed: {}", version, codes));
	failure.version = version;
	failure.undone = "everything was rolled back";
	throw failure;
}

int rehearse_here(Run &run, const std::string &version, const StatusMap &status)
{
	const MigrationFiles *files = run.history_if_any().find(version);
	std::vector<Finding> rows;
	// Earlier ones that are not applied are no part of what is rehearsed.
	if (std::optional<Finding> row =
			pending_before(run, status, version, "In a sandbox it is: " + run.next("rehearse", version) + " --sandbox"))
		rows.push_back(*row);
	if (files)
		begin_with_files(run, load_script(*files), true);
	else
		run.server->begin();
	std::vector<Finding> found = run.server->rehearse(version);
	std::vector<RehearsedRow> statements;
	if (found.empty() || found.front().code != "migration")
		statements = run.server->rehearsed(version);
	run.server->rollback();
	for (Finding &finding : found) {
		translate_hint(run, version, finding);
		rows.push_back(std::move(finding));
	}
	run.report["migration"] = version;
	run.report["rehearsal"] = to_json(rows);
	run.report["statements"] = to_json(statements);
	show_findings(run, rows);
	show_statements(run, statements);
	stop_on_failure(rows, version);
	return exit_ok;
}

} // namespace

int command_rehearse(Run &run)
{
	if (run.options.all && !run.options.sandbox)
		throw usage_failure("a whole history is rehearsed in a sandbox only",
							"With real commits, on a server of its own: surefoot rehearse --all --sandbox");
	const HistoryFiles &history = run.options.sandbox ? run.history() : run.history_if_any();
	std::string version;
	if (!run.options.target.empty())
		version = spelled_version(run, run.options.target);
	if (run.options.sandbox) {
		if (version.empty() && !run.options.all)
			throw usage_failure("which migration shall be rehearsed?",
								"Give a version, or --all for the whole history.");
		const std::vector<const MigrationFiles *> selected = select_up(run);
		run.connect();
		if (!run.options.all)
			prepare_sandbox(run, selected.front()->version, false);
		return rehearse_history(run, selected);
	}
	if (!version.empty() && history.find(version))
		version = history.require(run.options.target).version;
	run.connect();
	StatusMap status = status_map(run.server->status());
	if (version.empty()) {
		for (const MigrationFiles &files : history.migrations())
			if (version.empty() && !is_applied(status, files.version))
				version = files.version;
		if (version.empty()) {
			run.report["migration"] = nullptr;
			run.report["rehearsal"] = run.report["statements"] = Json::array();
			run.say("nothing to do: nothing is pending");
			return exit_ok;
		}
	}
	return rehearse_here(run, version, status);
}

} // namespace surefoot::client

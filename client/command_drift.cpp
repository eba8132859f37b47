#include <fmt/format.h>

#include "commands.hpp"
#include "report.hpp"
#include "run.hpp"
#include "sandbox_history.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace {

Color state_color(const std::string &state)
{
	return state == "missing" ? Color::red : Color::yellow;
}

void show_sql(Run &run, const char *towards, const std::string &sql)
{
	if (sql.empty())
		return;
	run.say(fmt::format("  {}:", towards));
	for (const std::string &line : split_lines(sql))
		run.say("    " + line);
}

void show(Run &run, const DriftRow &row)
{
	std::string head = fmt::format("{} {} {}", run.paint_out(state_color(row.state), row.state),
								   row.kind, row.identity);
	if (!row.version.empty())
		head += fmt::format(" (recorded by {})", row.version);
	if (!row.changed_by.empty())
		head += fmt::format(", {} by {} at {}", row.command, row.changed_by, row.changed_at);
	run.say(head);
	for (const std::string &line : split_lines(row.difference))
		run.say(line);
	show_sql(run, "to what was recorded", row.to_recorded);
	show_sql(run, "from there to what is", row.to_live);
}

} // namespace

// What is not as migrations have left it.
int command_drift(Run &run)
{
	const HistoryFiles &files = run.history_if_any();
	run.connect();
	if (run.sandbox && !files.migrations().empty())
		prepare_sandbox(run, files.migrations().back().version, true);
	const std::vector<DriftRow> rows = run.server->drift(run.options.all);
	run.report["drift"] = to_json(rows);
	if (!run.options.sql.empty()) {
		const std::string script = run.server->drift_script(run.options.sql, run.options.all);
		run.report["script"] = script;
		for (const std::string &line : split_lines(script))
			run.say(line);
	} else
		for (const DriftRow &row : rows)
			show(run, row);
	if (rows.empty()) {
		if (run.options.sql.empty())
			run.say("no drift: all is as the migrations have left it");
		return exit_ok;
	}
	Failure failure = make_failure(
		exit_validation, "DRIFT",
		fmt::format("{} not as the migrations have left {}",
					rows.size() == 1 ? "1 object is" : fmt::format("{} objects are", rows.size()),
					rows.size() == 1 ? "it" : "them"),
		"Put it back, or write a migration that says what is meant.");
	if (run.options.sql.empty())
		failure.next_command = run.next(run.options.all ? "drift --all" : "drift", "") + " --sql recorded";
	throw failure;
}

} // namespace surefoot::client

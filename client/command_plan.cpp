#include <fmt/format.h>

#include "changed_files.hpp"
#include "checks.hpp"
#include "commands.hpp"
#include "dry_run.hpp"
#include "mended_scripts.hpp"
#include "pending_before.hpp"
#include "report.hpp"
#include "run.hpp"
#include "sandbox_history.hpp"
#include "selection.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace {

int step_count(const std::vector<PlanRow> &rows)
{
	return rows.empty() ? 0 : rows.back().step;
}

void show_plan(Run &run, const std::string &version, const std::string &direction, const std::string &title,
			   const std::vector<PlanRow> &rows)
{
	int steps = step_count(rows);
	run.say(run.paint_out(Color::bold,
						  fmt::format("{}: {} step{}", title, steps, steps == 1 ? "" : "s")));
	int step = 0;
	for (const PlanRow &row : rows) {
		if (row.step != step) {
			if (step != 0)
				run.say(run.paint_out(Color::dim, "  --- " + boundary_line(run, version, direction) + " ---"));
			step = row.step;
			run.say(fmt::format("  step {} ({})", row.step, row.kind));
		}
		run.say(fmt::format("    {}{}", row.line > 0 ? fmt::format("line {}: ", row.line) : "",
							one_line(row.statement, 400)));
		if (std::string facts = statement_facts(row); !facts.empty())
			run.say("      " + run.paint_out(Color::dim, facts));
		for (const std::string &hazard : row.hazards)
			run.say("      " + run.paint_out(Color::yellow, "hazard: ") + hazard);
		if (!row.way_back.empty())
			run.say("      way back: " + one_line(row.way_back, 400));
	}
}

void plan_one(Run &run, const std::string &version, const MigrationFiles *files,
			  const std::string &direction)
{
	std::vector<PlanRow> rows = plan_migration(run, version, files, direction);
	show_plan(run, version, direction, fmt::format("{} {}", files ? files->stem() : version, direction), rows);
	run.report["plans"].push_back(Json{{"version", version},
									   {"name", files ? files->name : ""},
									   {"direction", direction},
									   {"steps", to_json(rows)}});
}

} // namespace

int command_plan(Run &run)
{
	run.report["plans"] = Json::array();
	if (run.options.down) {
		refuse_no_selection(run);
		run.history_if_any();
		run.connect();
		if (!run.options.target.empty())
			prepare_sandbox(run, parse_version_argument(run.options.target).version, true);
		spell_versions(run);
		const std::vector<std::string> list = select_down(run, status_map(run.server->status()));
		for (const std::string &version : list)
			plan_one(run, version, run.history_if_any().find(version), "down");
		if (list.empty())
			run.say("nothing to do: nothing is applied");
		return exit_ok;
	}
	std::vector<const MigrationFiles *> selected = select_up(run);
	run.connect();
	if (!run.options.target.empty())
		prepare_sandbox(run, selected.front()->version, false);
	StatusMap status = status_map(run.server->status());
	warn_of_changed_files(run, status);
	size_t shown = 0;
	for (const MigrationFiles *files : selected) {
		// By name, an applied one is planned as well: that is a question about it.
		if (run.options.target.empty() && is_applied(status, files->version))
			continue;
		plan_one(run, files->version, files, "up");
		++shown;
	}
	if (shown == 0)
		run.say("nothing to do: nothing is pending");
	return exit_ok;
}

namespace {

// A role that may only look cannot give the files to the server: what is registered is what there is to check.
std::vector<Finding> registered_checklist(Run &run, const MigrationFiles &files,
										  const std::string &direction)
{
	try {
		return server_checklist(run, files.version, direction);
	} catch (Failure &failure) {
		if (failure.sqlstate != "SF001")
			throw;
		Failure refusal =
			make_failure(exit_usage, "PERMISSION_DENIED",
						 fmt::format("{} is not registered, and \"{}\" may only look", files.stem(),
									 run.server->info().user),
						 "Ask as a role that may apply, or look at the plan of the file.");
		refusal.sqlstate = "42501";
		refusal.version = files.version;
		refusal.next_command = run.next("plan", files.version);
		throw refusal;
	}
}

std::vector<Finding> checklist_of(Run &run, const std::string &version, const MigrationFiles *files,
								  const std::string &direction)
{
	if (!files)
		return server_checklist(run, version, direction);
	if (run.server->info().standby)
		return {Finding{"fail", "server_role", run.server->info().database,
						"the server is a standby", "", "Connect to the primary."}};
	std::vector<Finding> rows;
	try {
		begin_with_files(run, load_script(*files), direction == "down");
		rows = server_checklist(run, version, direction);
	} catch (Failure &failure) {
		run.server->rollback();
		if (!may_not_write(failure))
			throw;
		return registered_checklist(run, *files, direction);
	}
	run.server->rollback();
	return rows;
}

} // namespace

int command_checklist(Run &run)
{
	const std::string direction = run.options.down ? "down" : "up";
	const HistoryFiles &history = run.history_if_any();
	std::string version;
	if (!run.options.target.empty())
		version = spelled_version(run, run.options.target);
	run.connect();
	StatusMap status = status_map(run.server->status());
	warn_of_changed_files(run, status);
	if (version.empty()) {
		for (const MigrationFiles &files : history.migrations())
			if (version.empty() && !is_applied(status, files.version))
				version = files.version;
		if (version.empty()) {
			run.report["migration"] = nullptr;
			run.report["checklist"] = Json::array();
			run.say("nothing to do: nothing is pending");
			return exit_ok;
		}
	}
	if (run.sandbox) {
		prepare_sandbox(run, version, run.options.down);
		status = status_map(run.server->status());
	}
	const MigrationFiles *files = history.find(version);
	if (files && !run.options.target.empty())
		history.require(run.options.target);
	std::vector<Finding> rows =
		checklist_of(run, files ? files->version : version, files, direction);
	if (direction == "up")
		add_skipped(run, status, version, rows);
	for (Finding &row : rows)
		// It was registered to ask this, and is so no more.
		if (row.code == "migration" && !status.contains(version) && row.message.ends_with(" is registered"))
			row.message.replace(row.message.size() - 10, 10, "pending");
	if (!run.options.check_command.empty())
		rows.push_back(run_check_command(run, run.options.check_command));
	run.report["migration"] = version;
	run.report["checklist"] = to_json(rows);
	show_findings(run, rows);
	stop_on_failure(run, rows, version);
	return exit_ok;
}

} // namespace surefoot::client

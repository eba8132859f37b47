#include <fmt/format.h>

#include "commands.hpp"
#include "interrupt.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "run.hpp"
#include "table.hpp"
#include "text.hpp"
#include "version.hpp"

namespace surefoot::client {

namespace {

using namespace std::chrono_literals;

void show_table(Run &run, const std::vector<JobRow> &jobs)
{
	Table table({"VERSION", "DIRECTION", "STEP", "STATE", "PID", "STARTED", "PHASE", "DONE",
				 "WAITING FOR", "STATEMENT", "NEXT"});
	for (const JobRow &job : jobs)
		table.add({{job.version},
				   {job.direction},
				   {std::to_string(job.step)},
				   {job.state + (job.alive ? "" : " (no worker)"),
					job.alive ? Color::cyan : Color::yellow},
				   {job.pid > 0 ? std::to_string(job.pid) : ""},
				   {job.started_at},
				   {job.phase},
				   {job.percent ? fmt::format("{:.0f}%", *job.percent) : ""},
				   {job.waiting_for},
				   {one_line(job.statement, 80)},
				   {job.next}});
	if (jobs.empty())
		run.say("no steps are queued or running");
	else if (!run.options.json)
		put(table.render(run.terminal.color_out));
}

// What ended while we looked: its state, as the last word.
int tell_ends(Run &run, const std::set<std::string> &seen)
{
	int code = exit_ok;
	for (const std::string &version : seen)
		for (const StatusRow &row : run.server->status(version)) {
			if (run.options.json)
				put_line(
					dump(Json{{"schema_version", json_schema_version}, {"end", to_json(row)}}, -1));
			run.say(fmt::format("{} is {}{}{}", row.version, row.state,
								row.next.empty() ? "" : "; ", row.next));
			if (row.state == "failed" || row.state == "orphaned")
				code = exit_partial;
		}
	return code;
}

int follow(Run &run, const std::string &version)
{
	Progress progress(run);
	std::set<std::string> seen;
	while (true) {
		std::vector<JobRow> jobs;
		try {
			jobs = run.server->jobs(version);
		} catch (const Failure &failure) {
			if (failure.code != "INTERRUPTED")
				throw;
			return exit_interrupted;
		}
		for (const JobRow &job : jobs)
			seen.insert(job.version);
		if (jobs.empty())
			break;
		if (run.options.json) {
			for (const JobRow &job : jobs)
				put_line(
					dump(Json{{"schema_version", json_schema_version}, {"job", to_json(job)}}, -1));
			std::fflush(stdout);
		} else
			progress.show(jobs, "");
		if (interruptible_sleep(500ms))
			return exit_interrupted;
	}
	run.log.clear_progress();
	if (seen.empty())
		run.say("no steps are queued or running");
	return tell_ends(run, seen);
}

} // namespace

int command_jobs(Run &run)
{
	std::string version;
	if (!run.options.target.empty())
		version = parse_version_argument(run.options.target).version;
	run.connect();
	if (run.options.follow) {
		int code = follow(run, version);
		// One object a line so far; a closing object would be of another shape.
		run.options.json = false;
		return code;
	}
	std::vector<JobRow> jobs = run.server->jobs(version);
	show_table(run, jobs);
	run.report["jobs"] = to_json(jobs);
	return exit_ok;
}

} // namespace surefoot::client

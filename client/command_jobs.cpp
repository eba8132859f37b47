#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "commands.hpp"
#include "interrupt.hpp"
#include "lost_call.hpp"
#include "owner_watch.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "run.hpp"
#include "steps.hpp"
#include "table.hpp"
#include "text.hpp"
#include "version.hpp"

namespace surefoot::client {

namespace {

using namespace std::chrono_literals;

constexpr auto time_to_start = 3s; // for a worker that was just ordered
constexpr double reconnect_seconds = 60;

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

// The steps that somebody works on, or should. Those of what failed are no job until it is resumed.
std::vector<JobRow> steps_to_follow(Run &run, const std::string &version)
{
	std::vector<JobRow> jobs = run.server->jobs(version);
	std::map<std::string, bool> followed;
	std::erase_if(jobs, [&](const JobRow &job) {
		auto [at, fresh] = followed.try_emplace(job.version, job.alive);
		if (fresh && !job.alive)
			for (const StatusRow &row : run.server->status(job.version))
				at->second = under_way(row.state);
		return !at->second;
	});
	return jobs;
}

int follow(Run &run, const std::string &version)
{
	const Polling polling(run);
	Progress progress(run);
	OwnerWatch owner(time_to_start);
	std::set<std::string> seen;
	while (true) {
		std::vector<JobRow> jobs;
		try {
			jobs = steps_to_follow(run, version);
		} catch (const Failure &failure) {
			if (failure.code == "INTERRUPTED")
				return exit_interrupted;
			if (failure.code != "CONNECTION_LOST")
				throw;
			connect_again(run, failure, reconnect_seconds,
						  "The job goes on in the server, or is taken up again by resume.");
			owner.start_again();
			continue;
		}
		for (const JobRow &job : jobs)
			seen.insert(job.version);
		if (jobs.empty())
			break;
		if (owner.lost(
				std::any_of(jobs.begin(), jobs.end(), [](const JobRow &job) { return job.alive; })))
			for (const StatusRow &row : run.server->status(jobs.front().version))
				throw no_worker(run, row);
		if (run.options.json) {
			for (const JobRow &job : jobs)
				put_line(
					dump(Json{{"schema_version", json_schema_version}, {"job", to_json(job)}}, -1));
			flush_output();
		} else
			progress.show(jobs, "");
		if (interruptible_sleep(500ms))
			return exit_interrupted;
	}
	run.log.clear_progress();
	if (seen.empty()) {
		run.say("no steps are queued or running");
		for (const JobRow &job : run.server->jobs(version))
			seen.insert(job.version);
	}
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
		run.json_lines = true;
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

#include <fmt/format.h>

#include <chrono>

#include "checks.hpp"
#include "commands.hpp"
#include "gate.hpp"
#include "mended_scripts.hpp"
#include "report.hpp"
#include "run.hpp"
#include "sandbox_history.hpp"
#include "selection.hpp"
#include "steps.hpp"
#include "text.hpp"
#include "way_back.hpp"

namespace surefoot::client {

namespace {

bool is_half_done(const std::vector<StatusRow> &rows)
{
	return !rows.empty() && (rows.front().state == "failed" || rows.front().state == "orphaned");
}

// Of a way back that stopped half way the rest is of the script that it began with: another one begins anew, by revert.
void take_mended_scripts(Run &run, const std::string &version)
{
	if (!is_half_done(run.server->status(version)))
		return;
	std::vector<HistoryRow> last = run.server->history(version, 1);
	if (last.empty() || last.front().direction == "up")
		register_mended(run, {version}, "the scripts are those that were registered");
}

int resume(Run &run, const std::string &version)
{
	using namespace std::chrono;
	auto start = steady_clock::now();
	take_mended_scripts(run, version);
	std::int64_t seen = run.server->last_event(version);
	Answer answer = run.server->resume(version);
	std::string result = answer.text;
	if (answer.outcome == Outcome::queued) {
		run.log.info(fmt::format("{}: {}", version, answer.text));
		std::vector<HistoryRow> history = run.server->history(version, 1);
		std::string direction = history.empty() ? "up" : history.front().direction;
		if (run.options.no_wait ||
			follow_steps(run, version, direction, seen) == StepsEnd::detached) {
			tell_running(run, version);
			run.report["results"].push_back(Json{{"version", version}, {"result", "running"}});
			return exit_running;
		}
		result = direction == "down" ? "reverted" : "applied";
	}
	const bool applied = result == "applied";
	if (applied)
		validate_applied(run, version, true);
	const MigrationFiles *files = run.history_if_any().find(version);
	double took = duration<double>(steady_clock::now() - start).count();
	run.say(fmt::format("{} {} in {}", files ? files->stem() : version,
						run.paint_out(Color::green, result), human_duration(took)));
	run.report["results"].push_back(
		Json{{"version", version}, {"result", result}, {"duration_seconds", took}});
	if (applied)
		tell_way_back(run, {version});
	run.log.info(fmt::format("{}: {}", version, result));
	return exit_ok;
}

} // namespace

int command_resume(Run &run)
{
	const std::string version = open_log_of_target(run);
	prepare_sandbox(run, version, true);
	try {
		int code = Gate(run).pass([&] { return resume(run, version); });
		run.tell_log();
		return code;
	} catch (Failure &failure) {
		failure.version = failure.version.empty() ? version : failure.version;
		// There was nothing to resume, so nothing is left half done either.
		if (failure.sqlstate == "SF013" && !is_half_done(run.server->status(version))) {
			failure.exit_code = exit_failed;
			failure.next_command = run.next("status", version);
		}
		throw;
	}
}

int command_cancel(Run &run)
{
	const std::string version = open_log_of_target(run);
	prepare_sandbox(run, version, true);
	std::string answer = run.server->cancel(version);
	run.log.info(fmt::format("{}: {}", version, answer));
	StatusRow row = wait_for_end(run, version, run.options.wait_timeout);
	if (answer == "nothing to cancel" || row.version.empty())
		run.say(fmt::format("{}: {}{}", version, answer,
							row.version.empty() ? "" : fmt::format(", it is {}", row.state)));
	else
		run.say(row.state == "failed"
					? fmt::format("{} is cancelled; some of its steps are not done", version)
					: fmt::format("{} was over before it could be cancelled: it is {}", version,
								  row.state));
	if (row.state == "failed") {
		run.say("go on:    " + run.next("resume", version));
		run.say("way back: " + run.next("revert", version));
	}
	run.report["result"] = answer;
	run.report["migration"] = to_json(row);
	run.tell_log();
	return exit_ok;
}

} // namespace surefoot::client

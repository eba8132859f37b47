#include "steps.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "interrupt.hpp"
#include "lost_call.hpp"
#include "owner_watch.hpp"
#include "progress.hpp"
#include "run.hpp"

namespace surefoot::client {

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// Short steps are looked at often, so that waiting costs them little; long ones seldom.
constexpr auto first_pause = 10ms;
constexpr auto longest_pause = 400ms;
constexpr double share_of_pause = 0.04; // of the time the step took so far
constexpr auto grace = 3s;				// for a second Ctrl-C
constexpr double reconnect_seconds = 60;

Failure failure_of(Run &run, const StatusRow &row)
{
	Failure failure;
	failure.version = row.version;
	failure.code = "STEP_FAILED";
	failure.message = fmt::format("{} is {} after steps {}", row.version, row.state, row.steps);
	std::vector<HistoryRow> history = run.server->history(row.version, 1);
	if (!history.empty()) {
		const HistoryRow &last = history.front();
		if (!last.message.empty())
			failure.message = last.message;
		failure.sqlstate = last.sqlstate;
		failure.detail = last.detail;
		failure.hint = last.hint;
		failure.position = ScriptPosition{row.version, last.direction, last.failed_step,
										  0,		   last.line,	   last.column};
		if (!last.sqlstate.empty())
			failure.code = code_of_sqlstate(last.sqlstate);
	}
	failure.exit_code = failure.sqlstate == "SF009" ? exit_validation : exit_partial;
	failure.undone =
		fmt::format("{} is {}, steps done: {}{}", row.version, row.state, row.steps,
					row.steps.starts_with("0/") ? "" : "; the earlier steps are committed");
	failure.next_command =
		run.next("resume", row.version) + "   # or: " + run.next("revert", row.version);
	return failure;
}

class Follower {
public:
	Follower(Run &run, std::string version, std::string direction, std::int64_t after_event)
		: run_(run), version_(std::move(version)), direction_(std::move(direction)), progress_(run),
		  last_event_(after_event)
	{}

	StepsEnd follow();

private:
	bool look(); // false when nothing runs any more
	void show_events();
	bool stop_asked(); // a second Ctrl-C came in time
	void cancel();
	void check_owner(const std::vector<JobRow> &jobs);
	void lost_connection(const Failure &failure);

	Run &run_;
	std::string version_;
	std::string direction_;
	Progress progress_;
	StatusRow row_;
	std::int64_t history_run_ = 0;
	std::int64_t last_event_;
	OwnerWatch owner_;
	bool cancelled_ = false;
};

void Follower::show_events()
{
	if (history_run_ == 0) {
		std::vector<HistoryRow> history = run_.server->history(version_, 1);
		if (history.empty())
			return;
		history_run_ = history.front().run;
	}
	for (const EventRow &event : run_.server->events(history_run_, last_event_)) {
		last_event_ = event.id;
		// The call itself has streamed its part already; an error is what the run ends with.
		std::string line = event_line(event);
		if (run_.noticed.contains(line) || event.level == "error")
			continue;
		run_.log.write(event.level == "warning" ? LogLevel::warning : LogLevel::info, line);
	}
}

void Follower::check_owner(const std::vector<JobRow> &jobs)
{
	bool owned = std::any_of(jobs.begin(), jobs.end(), [](const JobRow &job) { return job.alive; });
	if (owner_.lost(owned || jobs.empty()))
		throw no_worker(run_, row_);
}

bool Follower::look()
{
	std::vector<StatusRow> rows = run_.server->status(version_);
	if (rows.empty())
		throw make_failure(exit_failed, "NOT_REGISTERED",
						   fmt::format("{} is not in the history any more", version_));
	row_ = rows.front();
	std::vector<JobRow> jobs;
	if (under_way(row_.state))
		jobs = run_.server->jobs(version_);
	show_events();
	if (!under_way(row_.state))
		return false;
	progress_.show(jobs, row_.steps);
	check_owner(jobs);
	return true;
}

bool Follower::stop_asked()
{
	if (run_.sandbox)
		throw make_failure(exit_interrupted, "INTERRUPTED", "interrupted; the sandbox is removed");
	if (interrupt_count() >= 2)
		return true;
	clear_interrupts();
	run_.log.warning(
		fmt::format("the job of {} goes on in the server; Ctrl-C again within {} s cancels it",
					version_, grace.count()));
	return interruptible_sleep(grace);
}

void Follower::cancel()
{
	clear_interrupts();
	cancelled_ = true;
	run_.log.warning(fmt::format("cancelling {}", version_));
	run_.server->cancel(version_);
}

void Follower::lost_connection(const Failure &failure)
{
	Failure lost = failure;
	lost.version = version_;
	connect_again(run_, lost, reconnect_seconds,
				  "The job goes on in the server, or is taken up again by resume.");
	owner_.start_again();
}

StepsEnd Follower::follow()
{
	const Polling polling(run_);
	const auto start = steady_clock::now();
	while (true) {
		try {
			if (!look())
				break;
			auto passed = std::chrono::duration<double, std::milli>(steady_clock::now() - start);
			std::chrono::milliseconds pause(static_cast<int>(passed.count() * share_of_pause));
			if (!interruptible_sleep(
					std::clamp<std::chrono::milliseconds>(pause, first_pause, longest_pause)))
				continue;
		} catch (const Failure &failure) {
			if (failure.code == "CONNECTION_LOST") {
				lost_connection(failure);
				continue;
			}
			if (failure.code != "INTERRUPTED")
				throw;
		}
		if (cancelled_) {
			clear_interrupts();
			continue;
		}
		if (!stop_asked())
			return StepsEnd::detached;
		cancel();
	}
	run_.log.clear_progress();
	if (row_.state == "applied" && direction_ == "up")
		return StepsEnd::finished;
	if ((row_.state == "reverted" || row_.state == "registered") && direction_ == "down")
		return StepsEnd::finished;
	Failure failure = failure_of(run_, row_);
	if (cancelled_) {
		failure.exit_code = exit_interrupted;
		failure.code = "INTERRUPTED";
	}
	throw failure;
}

} // namespace

StepsEnd follow_steps(Run &run, const std::string &version, const std::string &direction,
					  std::int64_t after_event)
{
	return Follower(run, version, direction, after_event).follow();
}

Failure no_worker(Run &run, const StatusRow &row)
{
	Failure failure = make_failure(
		exit_partial, "NO_WORKER", fmt::format("no worker runs the steps of {}", row.version),
		"Its worker was ended, or the server was started again; no worker begins by itself.");
	failure.version = row.version;
	failure.undone = fmt::format("{} is {}, steps done: {}", row.version, row.state, row.steps);
	failure.next_command =
		run.next("resume", row.version) + "   # or: " + run.next("revert", row.version);
	return failure;
}

void tell_running(Run &run, const std::string &version)
{
	run.log.info(fmt::format("{} goes on in the server", version));
	run.say(
		fmt::format("{} is still running; watch it:  {}", version, run.next("jobs --follow", "")));
	run.say(
		fmt::format("{:{}}cancel it: {}", "", version.size() + 19, run.next("cancel", version)));
}

StatusRow wait_for_end(Run &run, const std::string &version, double seconds)
{
	const Polling polling(run);
	auto until = steady_clock::now() + std::chrono::duration<double>(seconds);
	while (true) {
		std::vector<StatusRow> rows = run.server->status(version);
		if (rows.empty())
			return StatusRow{};
		if (!under_way(rows.front().state))
			return rows.front();
		if (steady_clock::now() >= until || interruptible_sleep(100ms)) {
			Failure failure =
				make_failure(exit_running, "STILL_RUNNING", fmt::format("{} still runs", version));
			failure.version = version;
			failure.next_command = run.next("jobs --follow", "");
			throw failure;
		}
	}
}

} // namespace surefoot::client

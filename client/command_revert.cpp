#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "checks.hpp"
#include "commands.hpp"
#include "dry_run.hpp"
#include "gate.hpp"
#include "hints.hpp"
#include "interrupt.hpp"
#include "lost_call.hpp"
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

const MigrationFiles *files_of(Run &run, const std::string &version)
{
	return run.history_if_any().find(version);
}

class Revert {
public:
	explicit Revert(Run &run) : run_(run) {}
	int attempt();

private:
	Answer call(const std::string &version);
	// The exit code when the run ends here.
	std::optional<int> revert_one(const std::string &version, const std::string &state);
	void check(const std::string &version);
	void tell_unused_accepts() const;
	void tell_how_far(Failure &failure, const std::string &version) const;

	Run &run_;
	Checklist checklist_;
	StatusMap status_;
	size_t reverted_ = 0;
	bool nothing_said_ = false;
};

Answer Revert::call(const std::string &version)
{
	try {
		return run_.server->revert(version, run_.options.accepts);
	} catch (const Failure &failure) {
		if (failure.code != "CONNECTION_LOST")
			throw;
		return find_answer(run_, version, "down", failure);
	}
}

// A name that matches nothing is a slip, or means that all is well; either is worth a word.
void Revert::tell_unused_accepts() const
{
	bool used = std::any_of(run_.noticed.begin(), run_.noticed.end(), [](const std::string &line) {
		return line.find("as accepted") != std::string::npos;
	});
	if (run_.options.accepts.empty() || used)
		return;
	std::string names;
	for (const std::string &name : run_.options.accepts)
		names += (names.empty() ? "" : ", ") + name;
	run_.log.warning(fmt::format("nothing was left to accept by the name of {}", names));
}

// What is not applied is not reverted either: there is nothing to ask a checklist for.
void Revert::check(const std::string &version)
{
	const auto row = status_.find(version_key(version));
	if (row == status_.end() || !has_way_to_go(row->second))
		return;
	if (std::any_of(status_.begin(), status_.end(), [](const auto &row) { return under_way(row.second.state); }))
		wait_for_other_jobs(run_, version);
	checklist_.check(run_, version, "down", [&] { wait_for_other_jobs(run_, version); });
}

std::optional<int> Revert::revert_one(const std::string &version, const std::string &state)
{
	using namespace std::chrono;
	auto start = steady_clock::now();
	run_.noticed.clear();
	// A run that failed on its way back has events of before.
	std::int64_t seen = state == "applied" ? 0 : run_.server->last_event(version);
	Answer answer = call(version);
	if (answer.outcome == Outcome::nothing_to_do) {
		run_.say(fmt::format("{} is not applied; nothing to do", version));
		run_.log.info(fmt::format("{} down: {}", version, answer.text));
		nothing_said_ = true;
		run_.report["results"].push_back(Json{{"version", version}, {"result", "not applied"}});
		return std::nullopt;
	}
	if (answer.outcome == Outcome::queued) {
		bool left =
			run_.options.no_wait || follow_steps(run_, version, "down", seen) == StepsEnd::detached;
		if (left) {
			tell_running(run_, version);
			run_.report["results"].push_back(
				Json{{"version", version},
					 {"result", "running"},
					 {"next_command", run_.next("jobs --follow", "")}});
			return exit_running;
		}
	} else
		tell_unused_accepts();
	double seconds = duration<double>(steady_clock::now() - start).count();
	++reverted_;
	run_.say(fmt::format("{} {} in {}", version, run_.paint_out(Color::green, "reverted"),
						 human_duration(seconds)));
	run_.report["results"].push_back(
		Json{{"version", version}, {"result", "reverted"}, {"duration_seconds", seconds}});
	stop_if_interrupted("after " + version + " was reverted");
	return std::nullopt;
}

void refuse_dead_end(Run &run, const StatusMap &status, const std::vector<std::string> &list)
{
	std::vector<StatusRow> rows;
	for (const std::string &version : list)
		if (auto at = status.find(version_key(version)); at != status.end())
			rows.push_back(at->second);
	refuse_dead_end(run, rows);
}

void Revert::tell_how_far(Failure &failure, const std::string &version) const
{
	if (failure.version.empty())
		failure.version = version;
	// Where the call was lost or interrupted, the history knows; a migration that stopped half way says so itself.
	if (reverted_ == 0 || failure.code == "CONNECTION_LOST" || failure.code == "INTERRUPTED")
		return;
	if (failure.undone.empty() && failure.exit_code != exit_partial)
		failure.undone = "nothing of it was reverted";
	failure.undone = fmt::format("{} {} reverted before; {} stopped it{}{}", reverted_,
								 reverted_ == 1 ? "migration was" : "migrations were", version,
								 failure.undone.empty() ? "" : ": ", failure.undone);
	if (failure.next_command.empty())
		failure.next_command = same_command(run_);
}

int Revert::attempt()
{
	status_ = status_map(run_.server->status());
	const std::vector<std::string> list = select_down(run_, status_);
	if (list.empty() && reverted_ == 0)
		run_.say("nothing to do: nothing is applied that should be reverted");
	refuse_dead_end(run_, status_, list);
	register_mended(run_, list, registered_way_back);
	for (const std::string &version : list) {
		try {
			if (&version == &list.front() || list.size() <= most_checklists)
				check(version);
			const auto row = status_.find(version_key(version));
			if (auto code = revert_one(version, row == status_.end() ? "" : row->second.state))
				return *code;
		} catch (Failure &failure) {
			// Another runner is waited for, and then it goes on.
			if (failure.sqlstate != "SF004")
				tell_how_far(failure, version);
			throw;
		}
	}
	if (reverted_ > 1)
		run_.say(fmt::format("{} migrations reverted", reverted_));
	run_.log.info(fmt::format("done: {} reverted", reverted_));
	return exit_ok;
}

int dry_run_revert(Run &run)
{
	StatusMap status = status_map(run.server->status());
	std::vector<std::string> list = select_down(run, status);
	refuse_dead_end(run, status, list);
	run.say(plan_header);
	std::optional<Failure> first;
	for (const std::string &version : list) {
		const MigrationFiles *files = files_of(run, version);
		const std::string title = (files ? files->stem() : version) + ", down";
		try {
			std::vector<PlanRow> rows = plan_migration(run, version, files, "down");
			run.say("\n" + plan_as_sql(title, rows, boundary_line(run, version, "down")));
			run.report["plans"].push_back(
				Json{{"version", version}, {"direction", "down"}, {"steps", to_json(rows)}});
		} catch (Failure &failure) {
			if (list.size() == 1 || !run.connection->alive() || failure.code == "INTERRUPTED")
				throw;
			// One that cannot be planned, now or before later ones are gone, hides nothing of the others.
			run.say(fmt::format("\n-- {}\n-- cannot be planned: {}", title, one_line(failure.message, 200)));
			if (failure.version.empty())
				failure.version = version;
			if (!first)
				first = failure;
		}
	}
	if (first)
		throw *first;
	return exit_ok;
}

// What the sandbox must hold before something can be walked back.
void prepare_sandbox_for_revert(Run &run)
{
	if (!run.sandbox)
		return;
	if (!run.options.target.empty())
		prepare_sandbox(run, parse_version_argument(run.options.target).version, true);
	else if (!run.history().migrations().empty())
		prepare_sandbox(run, run.history().migrations().back().version, true);
}

} // namespace

int command_revert(Run &run)
{
	refuse_no_selection(run);
	if (run.options.dry_run)
		run.history_if_any();
	else if (!run.options.target.empty())
		open_log_of_target(run);
	else {
		run.history_if_any();
		spell_versions(run);
		run.open_log(target_label(run));
	}
	if (!run.server)
		run.connect();
	spell_versions(run);
	prepare_sandbox_for_revert(run);
	if (run.options.dry_run)
		return dry_run_revert(run);
	Revert revert(run);
	int code = Gate(run).pass([&] { return revert.attempt(); });
	run.tell_log();
	return code;
}

} // namespace surefoot::client

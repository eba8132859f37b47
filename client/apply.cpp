#include "apply.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gate.hpp"
#include "interrupt.hpp"
#include "lost_call.hpp"
#include "pending_before.hpp"
#include "report.hpp"
#include "steps.hpp"
#include "text.hpp"
#include "way_back.hpp"

namespace surefoot::client {

namespace {

constexpr size_t chunk_bytes = 8 << 20;
constexpr size_t chunk_scripts = 1000;

// A failure of one script alone says whose it is.
void register_scripts(Server &server, const std::vector<Script> &scripts)
{
	try {
		server.register_scripts(scripts);
	} catch (Failure &failure) {
		if (scripts.size() == 1)
			failure.version = scripts.front().version;
		throw;
	}
}

} // namespace

Apply::Apply(Run &run, std::vector<const MigrationFiles *> selected)
	: run_(run), selected_(std::move(selected))
{
	for (const MigrationFiles *files : selected_)
		scripts_.push_back(load_script(*files));
}

void Apply::register_all()
{
	std::vector<Script> chunk;
	size_t bytes = 0;
	auto send = [&] {
		if (!chunk.empty())
			register_scripts(*run_.server, chunk);
		chunk.clear();
		bytes = 0;
	};
	// Applied ones too: that is how a changed file of an applied migration is noticed.
	for (const Script &script : scripts_) {
		chunk.push_back(script);
		bytes += script.up.size() + (script.down ? script.down->size() : 0) +
				 (script.verify ? script.verify->size() : 0);
		if (bytes >= chunk_bytes || chunk.size() >= chunk_scripts)
			send();
	}
	send();
}

std::vector<const MigrationFiles *> Apply::pending()
{
	std::vector<const MigrationFiles *> list;
	for (const MigrationFiles *files : selected_)
		if (!is_applied(status_, files->version))
			list.push_back(files);
	return list;
}

// What stopped half way goes on or back first; that is no matter for a checklist.
void Apply::refuse_half_done(const MigrationFiles &files)
{
	auto row = status_.find(files.version);
	if (row == status_.end() || (row->second.state != "failed" && row->second.state != "orphaned"))
		return;
	Failure failure = make_failure(
		exit_partial, "FAILED_EARLIER",
		fmt::format("{} is {}: some of its steps are done", files.stem(), row->second.state),
		fmt::format("Mend what stopped it and go on, or walk back: {}",
					run_.next("revert", files.version)));
	failure.version = files.version;
	failure.next_command = run_.next("resume", files.version);
	throw failure;
}

bool Apply::found_under_way(const std::string &version) const
{
	auto row = status_.find(version);
	return row != status_.end() && under_way(row->second.state);
}

void Apply::check(const MigrationFiles &files)
{
	// What is under way was checked by whoever began it.
	if (found_under_way(files.version))
		return;
	if (std::any_of(status_.begin(), status_.end(), [](const auto &row) { return under_way(row.second.state); }))
		wait_for_other_jobs(run_, files.version);
	// Between our look at the history and the checklist another runner may have come: that is no reason
	// to refuse, but to look again.
	checklist_.check(
		run_, files.version, "up",
		[&] {
			wait_for_other_jobs(run_, files.version);
			for (const StatusRow &row : run_.server->status(files.version))
				if (row.state != "registered" && row.state != "reverted")
					throw another_runner(fmt::format("another runner has applied {}", files.stem()));
		},
		[&](std::vector<Finding> &rows) {
			// One that was named is alone; of others the earlier ones are done.
			if (!run_.options.target.empty())
				add_skipped(run_, status_, files.version, rows);
		});
}

void Apply::say_nothing_to_do()
{
	if (selected_.size() != 1) {
		run_.log.info("nothing to do");
		run_.say(fmt::format("nothing to do: all {} migrations are applied", selected_.size()));
		return;
	}
	const MigrationFiles &files = *selected_.front();
	std::string line = fmt::format("{} is already applied", files.stem());
	auto row = status_.find(files.version);
	if (row != status_.end() && !row->second.applied_at.empty())
		line += fmt::format(" (at {} by {})", row->second.applied_at, row->second.applied_by);
	run_.log.info(line);
	run_.say(line + "; nothing to do");
	run_.report["results"].push_back(
		Json{{"version", files.version}, {"name", files.name}, {"result", "already applied"}});
}

void Apply::finish_one(const MigrationFiles &files, const Answer &answer, double seconds)
{
	bool already = answer.outcome == Outcome::nothing_to_do;
	// The server has validated within the apply; by itself or after workers it is shown once more.
	if (!already && (selected_.size() == 1 || answer.outcome == Outcome::queued))
		validate_applied(run_, files.version, selected_.size() == 1);
	std::string result = already ? "already applied" : "applied";
	run_.say(already
				 ? fmt::format("{} was already applied", files.stem())
				 : fmt::format("{} {} in {}", files.stem(), run_.paint_out(Color::green, "applied"),
							   human_duration(seconds)));
	if (!already)
		applied_.push_back(files.version);
	if (run_.options.json) {
		WayBack way = way_back_of(run_, {files.version});
		run_.report["results"].push_back(
			Json{{"version", files.version},
				 {"name", files.name},
				 {"result", result},
				 {"queued", answer.outcome == Outcome::queued},
				 {"duration_seconds", seconds},
				 {"way_back", way.command.empty() ? Json() : Json(way.command)}});
	}
}

Answer Apply::call(const std::string &version)
{
	try {
		return run_.server->apply(version);
	} catch (const Failure &failure) {
		if (failure.code != "CONNECTION_LOST")
			throw;
		return find_answer(run_, version, "up", failure);
	}
}

std::optional<int> Apply::apply_one(const MigrationFiles &files)
{
	using namespace std::chrono;
	auto start = steady_clock::now();
	run_.noticed.clear();
	std::int64_t seen = 0;
	if (found_under_way(files.version)) {
		seen = run_.server->last_event(files.version);
		run_.log.info(fmt::format("{} was begun before; what it did so far: {}", files.stem(),
								  run_.next("log", files.version)));
	}
	return conclude_one(files, call(files.version), seen, start);
}

std::optional<int> Apply::conclude_one(const MigrationFiles &files, const Answer &answer, std::int64_t seen,
									   std::chrono::steady_clock::time_point start)
{
	using namespace std::chrono;
	if (answer.outcome == Outcome::queued) {
		bool left = run_.options.no_wait ||
					follow_steps(run_, files.version, "up", seen) == StepsEnd::detached;
		if (left) {
			tell_running(run_, files.version);
			run_.report["results"].push_back(
				Json{{"version", files.version},
					 {"name", files.name},
					 {"result", "running"},
					 {"next_command", run_.next("jobs --follow", "")}});
			return exit_running;
		}
	}
	finish_one(files, answer, duration<double>(steady_clock::now() - start).count());
	return std::nullopt;
}

std::optional<int> Apply::apply_pending(const std::vector<const MigrationFiles *> &list)
{
	for (size_t at = 0; at < list.size();) {
		try {
			stop_if_interrupted("before " + list[at]->version + "; " + std::to_string(applied_.size()) +
								" applied");
			refuse_half_done(*list[at]);
			const bool looked_at = at == 0 || list.size() <= most_checklists;
			if (looked_at)
				check(*list[at]);
			if (auto code = looked_at ? apply_one(*list[at]) : apply_in_turn(list, at))
				return *code;
			at += looked_at;
		} catch (Failure &failure) {
			const MigrationFiles &files = *list[std::min(at, list.size() - 1)];
			if (failure.version.empty())
				failure.version = files.version;
			if (!applied_.empty() && failure.undone.empty() && !failure.sqlstate.empty() &&
				failure.exit_code != exit_partial && failure.code != "CONNECTION_LOST")
				failure.undone =
					fmt::format("{} was rolled back; {} before it {} applied", files.version,
								applied_.size(), applied_.size() == 1 ? "is" : "are");
			throw;
		}
	}
	return std::nullopt;
}

int Apply::attempt()
{
	status_ = status_map(run_.server->status());
	register_all();
	std::vector<const MigrationFiles *> list = pending();
	if (list.empty() && applied_.empty()) {
		say_nothing_to_do();
		return exit_ok;
	}
	const bool shared = list.size() > 1;
	if (shared)
		run_.server->share_flush();
	try {
		if (auto code = apply_pending(list))
			return *code;
	} catch (const Failure &) {
		// What was reported as applied is to stay, if there is still somebody to ask for it.
		if (shared && run_.connection->alive() && !run_.connection->in_transaction())
			run_.server->wait_for_flush();
		throw;
	}
	if (shared)
		run_.server->wait_for_flush();
	// What was asked to stop did not come in time: done is done, but the caller shall know.
	stop_if_interrupted("after the last migration was applied");
	using namespace std::chrono;
	double seconds = duration<double>(steady_clock::now() - start_).count();
	if (applied_.size() > 1)
		run_.say(
			fmt::format("{} migrations applied in {}", applied_.size(), human_duration(seconds)));
	if (!applied_.empty())
		tell_way_back(run_, applied_);
	run_.log.info(fmt::format("done: {} applied in {}", applied_.size(), human_duration(seconds)));
	return exit_ok;
}

} // namespace surefoot::client

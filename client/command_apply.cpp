#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "checks.hpp"
#include "commands.hpp"
#include "dry_run.hpp"
#include "gate.hpp"
#include "interrupt.hpp"
#include "lost_call.hpp"
#include "report.hpp"
#include "run.hpp"
#include "sandbox_history.hpp"
#include "selection.hpp"
#include "steps.hpp"
#include "text.hpp"
#include "way_back.hpp"

namespace surefoot::client {

namespace {

constexpr size_t chunk_bytes = 8 << 20;
constexpr size_t chunk_scripts = 1000;
constexpr size_t most_in_turn = 200;

// "0019 up: applied"; the server spells a version as it was registered.
bool is_end_of(const std::string &line, const std::string &version)
{
	const size_t space = line.find(' ');
	return line.ends_with(" up: applied") && space + 12 == line.size() &&
		   compare_versions(line.substr(0, space), version) == 0;
}

// Has the lines of the call under way seen, as long as it lives.
class NoticedLines {
public:
	NoticedLines(Run &run, std::function<void(const std::string &)> seen) : run_(run)
	{
		run_.on_line = std::move(seen);
	}
	~NoticedLines() { run_.on_line = nullptr; }
	NoticedLines(const NoticedLines &) = delete;
	NoticedLines &operator=(const NoticedLines &) = delete;

private:
	Run &run_;
};

class Apply {
public:
	Apply(Run &run, std::vector<const MigrationFiles *> selected)
		: run_(run), selected_(std::move(selected))
	{
		for (const MigrationFiles *files : selected_)
			scripts_.push_back(load_script(*files));
	}

	int attempt();

private:
	// The exit code when it ends before all is applied.
	std::optional<int> apply_pending(const std::vector<const MigrationFiles *> &list);
	void register_all();
	std::vector<const MigrationFiles *> pending();
	Answer call(const std::string &version);
	// The exit code when the run ends here.
	std::optional<int> apply_one(const MigrationFiles &files);
	// Those from at on that need no look of ours between them, in one call; at becomes the first that is not done.
	std::optional<int> apply_in_turn(const std::vector<const MigrationFiles *> &list, size_t &at);
	bool is_untouched(const MigrationFiles &files) const;
	std::optional<int> conclude_one(const MigrationFiles &files, const Answer &answer, std::int64_t seen,
									std::chrono::steady_clock::time_point start);
	void finish_one(const MigrationFiles &files, const Answer &answer, double seconds);
	void refuse_half_done(const MigrationFiles &files);
	void check(const MigrationFiles &files);
	bool found_under_way(const std::string &version) const;
	void say_nothing_to_do();

	Run &run_;
	std::vector<const MigrationFiles *> selected_;
	std::vector<Script> scripts_;
	StatusMap status_;
	Checklist checklist_;
	std::vector<std::string> applied_;
	std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

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
	checklist_.check(run_, files.version, "up", [&] {
		wait_for_other_jobs(run_, files.version);
		for (const StatusRow &row : run_.server->status(files.version))
			if (row.state != "registered" && row.state != "reverted")
				throw another_runner(fmt::format("another runner has applied {}", files.stem()));
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
	if (!already && (selected_.size() == 1 || answer.outcome == Outcome::queued) &&
		validate_migration(run_, files.version, selected_.size() == 1).failures > 0) {
		Failure failure =
			make_failure(exit_validation, "VALIDATION_FAILED",
						 fmt::format("{} is applied, but its validation failed", files.version));
		failure.version = files.version;
		failure.next_command = run_.next("revert", files.version);
		throw failure;
	}
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

bool Apply::is_untouched(const MigrationFiles &files) const
{
	auto row = status_.find(files.version);
	return row == status_.end() || row->second.state == "registered" || row->second.state == "reverted";
}

std::optional<int> Apply::apply_in_turn(const std::vector<const MigrationFiles *> &list, size_t &at)
{
	using namespace std::chrono;
	std::vector<std::string> versions;
	for (size_t i = at; i < list.size() && versions.size() < most_in_turn && is_untouched(*list[i]); ++i)
		versions.push_back(list[i]->version);
	// The report of each asks the server, which is busy.
	if (versions.size() < 2 || run_.options.json) {
		const MigrationFiles &files = *list[at];
		auto code = apply_one(files);
		at += code ? 0 : 1;
		return code;
	}
	const size_t end = at + versions.size();
	auto start = steady_clock::now();
	auto done = [&](size_t i, Outcome outcome) {
		finish_one(*list[i], {outcome, ""}, duration<double>(steady_clock::now() - start).count());
		start = steady_clock::now();
		run_.noticed.clear();
	};
	// What somebody else has applied meanwhile says nothing.
	auto done_until = [&](size_t i) {
		while (at < i)
			done(at++, Outcome::nothing_to_do);
	};
	run_.noticed.clear();
	NoticedLines lines(run_, [&](const std::string &line) {
		for (size_t i = at; i < end; ++i)
			if (is_end_of(line, list[i]->version)) {
				done_until(i);
				done(at++, Outcome::done);
				return;
			}
	});
	try {
		const auto [last, answer] = run_.server->apply_in_turn(versions);
		size_t i = at;
		while (i < end && list[i]->version != last)
			++i;
		done_until(i);
		if (at == end)
			return std::nullopt;
		auto code = conclude_one(*list[at], answer, 0, start);
		at += code ? 0 : 1;
		return code;
	} catch (const Failure &failure) {
		if (failure.code != "CONNECTION_LOST" || at == end)
			throw;
		auto code = conclude_one(*list[at], find_answer(run_, list[at]->version, "up", failure), 0, start);
		at += code ? 0 : 1;
		return code;
	}
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
	if (!applied_.empty()) {
		WayBack way = way_back_of(run_, applied_);
		if (!run_.sandbox)
			run_.say("way back: " + way.remark);
		run_.report["way_back"] = way.command.empty() ? Json() : Json(way.command);
	}
	run_.log.info(fmt::format("done: {} applied in {}", applied_.size(), human_duration(seconds)));
	return exit_ok;
}

int dry_run_apply(Run &run, const std::vector<const MigrationFiles *> &selected)
{
	run.connect();
	prepare_sandbox(run, selected.empty() ? "" : selected.front()->version, false);
	StatusMap status = status_map(run.server->status());
	run.say(plan_header);
	run.report["plans"] = Json::array();
	for (const MigrationFiles *files : selected) {
		if (is_applied(status, files->version)) {
			if (selected.size() == 1)
				run.say(fmt::format("-- {} is already applied: nothing would run", files->stem()));
			continue;
		}
		std::vector<PlanRow> rows = plan_migration(run, files->version, files, "up");
		run.say("\n" + plan_as_sql(files->stem() + ", up", rows));
		run.report["plans"].push_back(Json{{"version", files->version},
										   {"name", files->name},
										   {"direction", "up"},
										   {"steps", to_json(rows)}});
	}
	if (run.report["plans"].empty() && selected.size() != 1)
		run.say("-- nothing is pending");
	return exit_ok;
}

// The database may know a migration whose file is gone: then it is the file that is missing, not the migration.
std::vector<const MigrationFiles *> select_files(Run &run)
{
	try {
		return select_up(run);
	} catch (Failure &failure) {
		if (failure.code != "FILE" || run.options.target.empty() || run.options.sandbox ||
			!run.files)
			throw;
		const std::string version = parse_version_argument(run.options.target).version;
		if (run.files->find(version))
			throw;
		std::vector<StatusRow> rows;
		try {
			rows = run.connect().status(version);
		} catch (const Failure &) {
			throw failure;
		}
		if (rows.empty())
			throw;
		const StatusRow &row = rows.front();
		failure.message =
			fmt::format("migration {} is {} in the database, but its file is not in \"{}\"",
						row.version, row.state, run.options.dir);
		failure.hint = fmt::format("Put {}_{}.up.sql back, from version control say. If nobody "
								   "wants it any more, leave it: "
								   "what is only registered does nothing.",
								   row.version, row.name);
		failure.next_command = run.next("status", row.version);
		throw;
	}
}

} // namespace

int command_apply(Run &run)
{
	std::vector<const MigrationFiles *> selected = select_files(run);
	if (run.options.dry_run)
		return dry_run_apply(run, selected);
	run.report["results"] = Json::array();
	if (selected.empty()) {
		run.say(fmt::format("nothing to do: no migrations in \"{}\"", run.options.dir));
		return exit_ok;
	}
	Apply apply(run, selected);
	spell_versions(run);
	run.open_log(target_label(run));
	run.connect();
	prepare_sandbox(run, selected.front()->version, false);
	int code = Gate(run).pass([&] { return apply.attempt(); });
	run.tell_log();
	return code;
}

} // namespace surefoot::client

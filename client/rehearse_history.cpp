#include "rehearse_history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "hints.hpp"
#include "interrupt.hpp"
#include "report.hpp"
#include "run.hpp"
#include "steps.hpp"
#include "table.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace {

constexpr const char *exact = "exact";
constexpr const char *column_order = "exact but for column order";
constexpr const char *before = "before", *after = "after";

// What became of one migration.
struct Walk {
	const MigrationFiles *files = nullptr;
	std::string said;	  // beforehand, of its way back
	std::string measured; // of the schema, when it was walked back
	std::string again;	  // the same when it was applied again
	bool derived_instead = false; // of the down script, which is of no use
	std::vector<std::string> faults;
	std::vector<DifferenceRow> left;
	std::vector<Finding> findings;
	double seconds = 0;
};

std::string verdict_on(const std::vector<DifferenceRow> &left)
{
	if (left.empty())
		return exact;
	if (std::all_of(left.begin(), left.end(),
					[](const DifferenceRow &row) { return row.only_column_order; }))
		return column_order;
	return fmt::format("{} object{} differ{}", left.size(), left.size() == 1 ? "" : "s",
					   left.size() == 1 ? "s" : "");
}

bool is_fine(const std::string &verdict)
{
	return verdict == exact || verdict == column_order;
}

class History {
public:
	explicit History(Run &run) : run_(run) {}
	int walk(const std::vector<const MigrationFiles *> &selected);

private:
	void walk_one(const MigrationFiles &files);
	void register_script(Walk &walk, Script &script);
	void rehearse(Walk &walk, Script &script);
	void finish(const Answer &answer, const std::string &version, const char *direction);
	void apply(const Walk &walk, Script &script, std::vector<std::string> *faults);
	bool go_back(Walk &walk);
	void show() const;
	void report() const;

	Run &run_;
	std::vector<Walk> walks_;
};

void History::finish(const Answer &answer, const std::string &version, const char *direction)
{
	if (answer.outcome == Outcome::queued &&
		follow_steps(run_, version, direction) == StepsEnd::detached)
		throw make_failure(exit_interrupted, "INTERRUPTED", "interrupted; the sandbox is removed");
	stop_if_interrupted("while the history was rehearsed; the sandbox is removed");
	run_.server->forget_temporary();
}

// A down script that is no SQL is a fault as well.
void History::register_script(Walk &walk, Script &script)
{
	try {
		run_.server->register_scripts({script});
	} catch (Failure &failure) {
		if (!script.down || !failure.position || failure.position->direction != "down")
			throw;
		walk.faults.push_back(fmt::format("down_script, line {}: {}", failure.position->line, failure.message));
		script.down.reset();
		run_.server->register_scripts({script});
	}
}

// In a transaction first: it looks at both ways back, and at what is recorded.
void History::rehearse(Walk &walk, Script &script)
{
	register_script(walk, script);
	walk.findings = run_.server->rehearse(script.version);
	for (Finding &finding : walk.findings) {
		translate_hint(run_, script.version, finding);
		if (finding.code == "way_back")
			walk.said = finding.message;
		if (finding.fails() && finding.code != "way_back" && finding.code != "up")
			walk.faults.push_back(finding.code + (finding.code == "unrecorded" ? " " + finding.object : "") +
								  ": " + finding.message);
	}
}

// A down script that leaves something behind is a fault; the history goes on with the way back that is derived.
void History::apply(const Walk &walk, Script &script, std::vector<std::string> *faults)
{
	try {
		finish(run_.server->apply(script.version), script.version, "up");
	} catch (Failure &failure) {
		if (failure.sqlstate != "SF008" || !script.down || !faults)
			throw;
		if (walk.faults.empty())
			faults->push_back(failure.message);
		script.down.reset();
		run_.server->register_scripts({script});
		finish(run_.server->apply(script.version), script.version, "up");
	}
}

// False when there is no way back: then it stays applied.
bool History::go_back(Walk &walk)
{
	const std::string &version = walk.files->version;
	try {
		finish(run_.server->revert(version, {}), version, "down");
	} catch (Failure &failure) {
		std::vector<StatusRow> rows = run_.server->status(version);
		if (rows.empty() || rows.front().state != "applied") {
			failure.version = version;
			throw;
		}
		walk.measured = "no way back";
		walk.left.clear();
		// What the scripts declare is no fault.
		const bool declared = std::any_of(
			walk.findings.begin(), walk.findings.end(), [](const Finding &finding) {
				return finding.code == "way_back" && finding.level == "warn" &&
					   finding.message.starts_with("no way back");
			});
		if (!declared && walk.faults.empty())
			walk.faults.push_back(failure.message);
		return false;
	}
	return true;
}

void History::walk_one(const MigrationFiles &files)
{
	using namespace std::chrono;
	auto start = steady_clock::now();
	walks_.emplace_back();
	Walk &walk = walks_.back();
	walk.files = &files;
	Script script = load_script(files);
	rehearse(walk, script);
	run_.server->remember_schema(before);
	apply(walk, script, &walk.faults);
	run_.server->remember_schema(after);
	if (go_back(walk)) {
		walk.left = run_.server->compare_schema(before);
		walk.derived_instead = files.down && !script.down;
		walk.measured = verdict_on(walk.left);
		const bool accepted = walk.said.starts_with("inexact, as accepted");
		if (!is_fine(walk.measured) && !accepted && walk.faults.empty())
			walk.faults.push_back("walked back, it leaves " + walk.measured);
		if (walk.said.starts_with("exact (") && walk.measured == column_order)
			walk.faults.push_back("it was said to be exact, and the order of columns is another");
		apply(walk, script, nullptr);
		std::vector<DifferenceRow> other = run_.server->compare_schema(after);
		walk.again = verdict_on(other);
		if (!is_fine(walk.again) && !accepted) {
			walk.faults.push_back("applied again, " + walk.again);
			walk.left.insert(walk.left.end(), other.begin(), other.end());
		}
	}
	walk.seconds = duration<double>(steady_clock::now() - start).count();
}

void History::show() const
{
	if (run_.options.json || walks_.empty())
		return;
	Table table({"VERSION", "NAME", "SAID BEFOREHAND", "WALKED BACK", "APPLIED AGAIN", "TOOK"});
	table.right_align(5);
	for (const Walk &walk : walks_) {
		const Color color = walk.faults.empty() ? Color::green : Color::red;
		table.add({{walk.files->version},
				   {walk.files->name},
				   {walk.said},
				   {walk.measured + (walk.derived_instead ? " (derived)" : ""), color},
				   {walk.again},
				   {human_duration(walk.seconds)}});
	}
	run_.say(std::string(trim(table.render(run_.terminal.color_out))));
	for (const Walk &walk : walks_) {
		for (const std::string &fault : walk.faults)
			run_.say(fmt::format("{}: {}", walk.files->stem(), run_.paint_out(Color::red, fault)));
		if (walk.faults.empty())
			continue;
		for (const Finding &finding : walk.findings)
			if (finding.fails())
				for (const std::string &more : {finding.detail, finding.hint})
					for (const std::string &line : split_lines(more))
						run_.say("    " + line);
		for (const DifferenceRow &row : walk.left)
			for (const std::string &line : split_lines(row.difference))
				run_.say("    " + line);
	}
}

void History::report() const
{
	run_.report["migrations"] = Json::array();
	for (const Walk &walk : walks_)
		run_.report["migrations"].push_back(Json{{"version", walk.files->version},
												 {"name", walk.files->name},
												 {"said", walk.said},
												 {"walked_back", walk.measured},
												 {"derived_instead", walk.derived_instead},
												 {"applied_again", walk.again},
												 {"faults", walk.faults},
												 {"differences", to_json(walk.left)},
												 {"findings", to_json(walk.findings)},
												 {"duration_seconds", walk.seconds}});
}

int History::walk(const std::vector<const MigrationFiles *> &selected)
{
	run_.server->rehearse_without_limits();
	// What has no way back is a fault unless it says so; what comes after it is rehearsed all the same.
	run_.server->allow_no_way_back(true);
	// Each statement comes by three times.
	if (run_.options.verbose == 0)
		run_.log.configure(run_.terminal, true, 0);
	for (const MigrationFiles *files : selected) {
		try {
			walk_one(*files);
		} catch (Failure &failure) {
			if (failure.version.empty())
				failure.version = files->version;
			if (walks_.size() > 1)
				failure.undone = fmt::format("{} came before and {} rehearsed; what comes after {} was not",
											 walks_.size() - 1, walks_.size() == 2 ? "is" : "are",
											 files->version);
			report();
			show();
			throw;
		}
	}
	report();
	show();
	size_t order = 0, declared = 0, faulty = 0;
	for (const Walk &walk : walks_) {
		if (!walk.faults.empty())
			++faulty;
		else if (walk.measured == column_order)
			++order;
		else if (walk.measured != exact)
			++declared;
	}
	run_.say(fmt::format("{} migration{}: {} exact, {} exact but for column order, {} inexact as declared, {} with faults",
						 walks_.size(), walks_.size() == 1 ? "" : "s",
						 walks_.size() - order - declared - faulty, order, declared, faulty));
	if (faulty == 0)
		return exit_ok;
	throw make_failure(exit_validation, "REHEARSAL",
					   fmt::format("{} of {} migrations cannot be walked back as they should",
								   faulty, walks_.size()));
}

} // namespace

int rehearse_history(Run &run, const std::vector<const MigrationFiles *> &selected)
{
	return History(run).walk(selected);
}

} // namespace surefoot::client

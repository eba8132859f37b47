#include "checks.hpp"

#include <fmt/format.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "checklist_rows.hpp"
#include "core/secret_text.hpp"
#include "hints.hpp"
#include "interrupt.hpp"
#include "report.hpp"
#include "run.hpp"
#include "table.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace {

constexpr std::chrono::seconds good_for{60};

Color level_color(const std::string &level)
{
	if (level == "fail")
		return Color::red;
	return level == "warn" ? Color::yellow : Color::green;
}

std::string finding_line(const Finding &finding)
{
	std::string line = fmt::format("{} {}", finding.code, finding.message);
	if (!finding.object.empty())
		line = fmt::format("{} {}: {}", finding.code, finding.object, finding.message);
	if (!finding.detail.empty())
		line += "\nDETAIL: " + finding.detail;
	if (!finding.hint.empty())
		line += "\nHINT: " + finding.hint;
	return line;
}

// What passes is told in one line, but how much room there is is worth knowing.
bool tells_figures(const Finding &finding)
{
	return finding.code == "disk_space" || finding.code == "worker_slots";
}

bool overridden(const Run &run, const Finding &finding)
{
	const auto &names = run.options.overrides;
	return std::find(names.begin(), names.end(), finding.code) != names.end();
}

} // namespace

Finding run_check_command(Run &run, const std::string &command)
{
	run.checked_rows.insert("check_command");
	Finding row{"fail", "check_command", core::mask_secret_text(command), "", "", ""};
	flush_output();
	// Its words go with ours: standard output of a check must not spoil our results.
	FILE *pipe = ::popen(fmt::format("( {}\n) 2>&1", command).c_str(), "r");
	if (!pipe) {
		row.message = fmt::format("could not be started: {}", std::strerror(errno));
		return row;
	}
	std::string output;
	char buffer[4096];
	size_t got;
	while ((got = std::fread(buffer, 1, sizeof buffer, pipe)) > 0)
		if (output.size() < 65536)
			output.append(buffer, got);
	int status = ::pclose(pipe);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		row.level = "pass";
	row.message = WIFSIGNALED(status) ? fmt::format("ended by signal {}", WTERMSIG(status))
									  : fmt::format("exit code {}", WEXITSTATUS(status));
	row.detail = core::mask_secret_text(trim(output));
	if (row.fails())
		row.hint = "This is your own check (--check-command or SUREFOOT_CHECK_COMMAND).";
	return row;
}

std::vector<Finding> server_checklist(Run &run, const std::string &version,
									  const std::string &direction)
{
	std::vector<Finding> findings = run.server->checklist(version, direction);
	for (Finding &finding : findings) {
		translate_hint(run, version, finding);
		run.checked_rows.insert(finding.code);
		if (finding.code == "way_back_command" && finding.level == "pass") {
			finding.detail = "In psql: " + finding.message;
			finding.message = run.next(direction == "up" ? "revert" : "apply", version);
		}
	}
	return findings;
}

void show_findings(Run &run, const std::vector<Finding> &findings)
{
	for (const Finding &finding : findings)
		if (finding.level != "pass" && run.log.is_open())
			run.log.write(LogLevel::debug, finding.level + " " + finding_line(finding));
	if (run.options.json || findings.empty())
		return;
	Table table({"LEVEL", "CODE", "OBJECT", "MESSAGE"});
	for (const Finding &finding : findings) {
		table.add({{finding.level, level_color(finding.level)},
				   {finding.code},
				   {finding.object},
				   {finding.message}});
		if (finding.level == "pass" && run.options.verbose == 0 && !tells_figures(finding))
			continue;
		for (const std::string &more : {finding.detail, finding.hint})
			if (!more.empty())
				for (const std::string &line : split_lines(more))
					table.add({{}, {}, {}, {"  " + line, Color::dim}});
	}
	// Hints are there to be pasted: a terminal wraps them, we do not cut them.
	run.log.clear_progress();
	put(table.render(run.terminal.color_out));
	flush_output();
}

void warn_of_unused_overrides(Run &run)
{
	if (run.checked_rows.empty())
		return;
	for (const std::string &name : run.options.overrides)
		if (!run.checked_rows.contains(name))
			run.log.warning(
				fmt::format("--override {}: there is no row \"{}\" in the checklist", name, name));
}

void stop_on_failure(Run &run, const std::vector<Finding> &findings, const std::string &version)
{
	std::vector<std::string> refused;
	const Finding *unfinished = nullptr, *order_back = nullptr;
	bool half_done = false, in_spite = true;
	for (const Finding &finding : findings) {
		if (!finding.fails())
			continue;
		if (finding.code == "unfinished") {
			unfinished = &finding;
			if (overridden(run, finding))
				run.log.warning("--override unfinished has no effect: the server runs one migration at a time, whoever asks");
		} else if (finding.code == "order" && is_of_order_back(finding.message)) {
			order_back = &finding;
			if (overridden(run, finding))
				run.log.warning("--override order has no effect on the way back: what the others have made would go with it");
		} else if (overridden(run, finding)) {
			run.log.warning(fmt::format("overridden: {}", finding_line(finding)));
			continue;
		}
		half_done = half_done || (finding.code == "migration" && tells_half_done(finding));
		in_spite = in_spite && !stops_the_server(finding.code);
		if (std::find(refused.begin(), refused.end(), finding.code) == refused.end())
			refused.push_back(finding.code);
	}
	if (refused.empty())
		return;
	std::string codes, overrides;
	for (const std::string &code : refused) {
		codes += (codes.empty() ? "" : ", ") + code;
		overrides += " --override " + code;
	}
	Failure failure = make_failure(exit_checklist, "CHECKLIST", fmt::format("the checklist of {} failed: {}", version, codes));
	const bool down = run.options.command == "revert" || run.options.down;
	failure.version = version;
	failure.hint = fmt::format("Nothing of {} was run. Mend what the rows name", version);
	if (half_done) {
		failure.hint = fmt::format("Some steps of {} are done already. Mend what stopped it and go on, or walk back: {}", version,
								   run.next("revert", version));
		failure.next_command = run.next("resume", version) + "   # or: " + run.next("revert", version);
	} else if (unfinished != nullptr) {
		failure.hint += '.';
		failure.next_command = run.next("status", unfinished->object);
	} else if (order_back != nullptr) {
		failure.hint = fmt::format("Nothing of {} was run: {}.", version, order_back->message);
		failure.next_command = revert_in_order(run, version, order_back->message);
	} else {
		if (refused == std::vector<std::string>{"order"})
			failure.hint = fmt::format("Nothing of {} was run. If it is meant: {}", version, out_of_order_command(run, version));
		else
			failure.hint += in_spite ? fmt::format(", or go on in spite of them: {}{}", run.next(down ? "revert" : "apply", version), overrides) : ".";
		failure.next_command = run.next(down ? "checklist --down" : "checklist", version);
	}
	throw failure;
}

void Checklist::check(Run &run, const std::string &version, const std::string &direction,
					  const std::function<void()> &before_refusal,
					  const std::function<void(std::vector<Finding> &)> &add)
{
	auto now = std::chrono::steady_clock::now();
	if (checked_ == version && now - checked_at_ < good_for)
		return;
	std::vector<Finding> findings = server_checklist(run, version, direction);
	if (add)
		add(findings);
	if (!run.options.check_command.empty() && shown_.empty())
		findings.push_back(run_check_command(run, run.options.check_command));
	stop_if_interrupted("while the checklist of " + version + " ran; nothing of it was changed");
	if (before_refusal && std::any_of(findings.begin(), findings.end(),
									  [](const Finding &finding) { return finding.fails(); }))
		before_refusal();
	std::vector<Finding> fresh;
	for (const Finding &finding : findings)
		if (std::find(shown_.begin(), shown_.end(), finding) == shown_.end())
			fresh.push_back(finding);
	auto count = [&](std::string_view level) {
		return std::count_if(findings.begin(), findings.end(),
							 [&](const Finding &finding) { return finding.level == level; });
	};
	run.log.info(fmt::format("{}: checklist: {} pass, {} warn, {} fail", version, count("pass"),
							 count("warn"), count("fail")));
	// Of many migrations, and when little is wanted, what passes is no news.
	std::vector<Finding> shown;
	std::copy_if(
		fresh.begin(), fresh.end(), std::back_inserter(shown), [&](const Finding &finding) {
			return finding.level != "pass" ||
				   (!run.options.quiet && (!run.options.target.empty() || run.options.verbose > 0));
		});
	show_findings(run, shown);
	for (const Finding &finding : fresh)
		run.report["checklist"].push_back(to_json(finding));
	shown_.insert(shown_.end(), fresh.begin(), fresh.end());
	stop_on_failure(run, findings, version);
	checked_ = version;
	checked_at_ = now;
}

Validation validate_migration(Run &run, const std::string &version, bool show_passes)
{
	std::vector<Finding> findings = run.server->validate(version);
	Validation validation;
	Json &rows = run.report["validation"];
	for (Finding &finding : findings) {
		if (translate_hint(run, version, finding); finding.fails())
			++validation.failures;
		if (finding.code == "not-applied")
			validation.half_done = tells_half_done(finding);
		if (finding.code == "verify" && finding.fails())
			validation.place = place_in_verify(version, finding.message);
		validation.unproved = validation.unproved || (finding.code == "verify" && finding.level == "warn");
		Json row = to_json(finding);
		row["version"] = version;
		rows.push_back(std::move(row));
	}
	std::vector<Finding> shown;
	std::copy_if(findings.begin(), findings.end(), std::back_inserter(shown),
				 [&](const Finding &finding) { return show_passes || finding.level != "pass"; });
	show_findings(run, shown);
	return validation;
}

void validate_applied(Run &run, const std::string &version, bool show_passes)
{
	if (validate_migration(run, version, show_passes && !run.options.quiet).failures == 0)
		return;
	Failure failure = make_failure(exit_validation, "VALIDATION_FAILED",
								   fmt::format("{} is applied, but its validation failed", version));
	failure.version = version;
	failure.next_command = run.next("revert", version);
	throw failure;
}

} // namespace surefoot::client

#include "way_back.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "run.hpp"
#include "selection.hpp"
#include "text.hpp"
#include "version.hpp"

namespace surefoot::client {

namespace {

Failure dead_end(Run &run, const StatusRow &row, size_t newer)
{
	const MigrationFiles *files = run.history_if_any().find(row.version);
	const std::string stem = files				? files->stem()
							 : row.name.empty() ? row.version
												: row.version + "_" + row.name;
	Failure failure =
		make_failure(exit_failed, "NOT_REVERSIBLE", fmt::format("{} has no way back", stem));
	failure.version = row.version;
	failure.undone = "nothing was run: the whole range is looked at before the first revert";
	failure.hint = fmt::format("Write {}, or accept what it would leave behind by name: --accept.",
							   (run.history_if_any().folder() / (stem + ".down.sql")).string());
	// Everything above it.
	failure.next_command = newer > 0 ? run.next("revert", "") + " --to " + row.version
									 : run.next("status", row.version);
	return failure;
}

// What the way back is worth where that is less than exact: of one migration with the reason, of several which they are.
std::string remark_on(const std::vector<Verdict> &verdicts, bool one)
{
	if (verdicts.empty())
		return {};
	if (one) {
		std::string reason;
		for (const std::string &line : split_lines(verdicts.front().reason))
			reason += (reason.empty() ? ": " : "; ") + line;
		return fmt::format(" ({}{})", verdicts.front().way_back, reason);
	}
	std::vector<std::pair<std::string, std::string>> kinds;
	for (const Verdict &verdict : verdicts) {
		auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto &other) { return other.first == verdict.way_back; });
		if (kind == kinds.end())
			kinds.emplace_back(verdict.way_back, verdict.version);
		else
			kind->second += ", " + verdict.version;
	}
	std::string text;
	for (const auto &[words, versions] : kinds)
		text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", words, versions);
	return fmt::format(" ({})", text);
}

} // namespace

bool lacks_way_back(const StatusRow &row)
{
	return row.way_back == "no way back";
}

void refuse_dead_end(Run &run, const std::vector<StatusRow> &rows)
{
	if (rows.size() < 2 || !run.options.accepts.empty())
		return;
	for (size_t i = 0; i < rows.size(); ++i) {
		// A down file that was written since is registered before its revert.
		const MigrationFiles *files = run.history_if_any().find(rows[i].version);
		if (files && files->down)
			continue;
		if (lacks_way_back(rows[i]))
			throw dead_end(run, rows[i], i);
	}
}

namespace {

// Where --to would take others with them: one by one, up to the one that cannot be walked back.
std::string each_by_itself(Run &run, const std::vector<std::string> &applied, const std::string &dead)
{
	std::string commands;
	for (auto version = applied.rbegin(); version != applied.rend() && *version != dead; ++version)
		commands += (commands.empty() ? "" : " && ") + run.next("revert", *version);
	return commands;
}

} // namespace

WayBack way_back_of(Run &run, const std::vector<std::string> &applied)
{
	const auto [before, dead, count] = run.server->edges_of(applied.front(), applied.back());
	const bool out_of_order = applied.size() > 1 && count > static_cast<std::int64_t>(applied.size());
	WayBack way;
	if (!dead.empty() && compare_versions(dead, applied.back()) == 0)
		way.remark = fmt::format("none, {} cannot be reverted without a down script", dead);
	else if (!dead.empty()) {
		way.command = out_of_order ? each_by_itself(run, applied, dead) : run.next("revert", "") + " --to " + dead;
		way.remark = fmt::format("{}, and no further: {} cannot be reverted without a down script",
								 way.command, dead);
	} else {
		way.command = applied.size() == 1 ? run.next("revert", applied.front())
					  : out_of_order	  ? each_by_itself(run, applied, "")
										  : run.next("revert", "") + (before.empty() ? " --all" : " --to " + before);
		way.verdicts = run.server->inexact_of(applied.front(), applied.back());
		way.remark = way.command + remark_on(way.verdicts, applied.size() == 1);
	}
	return way;
}

void tell_way_back(Run &run, const std::vector<std::string> &applied)
{
	const WayBack way = way_back_of(run, applied);
	if (!run.sandbox)
		run.say("way back: " + way.remark);
	run.report["way_back"] = way.command.empty() ? Json() : Json(way.command);
}

} // namespace surefoot::client

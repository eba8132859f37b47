#include "enrich.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "excerpt.hpp"
#include "hints.hpp"
#include "ran_script.hpp"
#include "run.hpp"
#include "version.hpp"

namespace surefoot::client {

namespace {

// Where a line begins, but for blanks: of what failed in it only the line is known.
int first_column(std::string_view script, int line)
{
	size_t at = 0;
	for (int number = 1; number < line && at < script.size(); ++number)
		at = std::min(script.find('\n', at), script.size() - 1) + 1;
	const size_t first = script.find_first_not_of(" \t", at);
	return first == std::string_view::npos ? 1 : static_cast<int>(first - at) + 1;
}

void add_excerpt(Run &run, Failure &failure)
{
	if (!failure.position || failure.position->line < 1 || !failure.excerpt.empty())
		return;
	const std::optional<RanScript> script = ran_script(run, failure);
	if (!script)
		return;
	// To be cancelled or kept waiting is no fault of the text, and our own refusals say themselves what helps.
	failure.of_derived = script->derived && !failure.sqlstate.starts_with("SF") && failure.sqlstate != "57014" &&
						 failure.sqlstate != "55P03";
	if (failure.position->column < 1)
		failure.position->column = first_column(script->text, failure.position->line);
	const std::string lines = render_excerpt(script->text, failure.position->line, failure.position->column);
	if (lines.empty())
		return;
	std::string place = fmt::format("{}:{}", script->place, failure.position->line);
	if (failure.position->column > 0)
		place += fmt::format(":{}", failure.position->column);
	failure.excerpt = place + "\n" + lines;
}

// A script that does not parse has a place, but is no run yet: "line 2, column 8".
void add_place(Failure &failure)
{
	if (failure.position || failure.version.empty() || !failure.context.starts_with("line "))
		return;
	failure.position = parse_position("migration " + failure.version + " up, " + failure.context);
}

// A down script that is tried before the commit fails within the apply: the place is in the message.
void add_place_in_down(Failure &failure)
{
	constexpr std::string_view words = " fails in line ";
	size_t at = failure.message.find(words);
	if (failure.sqlstate != "SF008" || at == std::string::npos || failure.version.empty() ||
		!failure.message.starts_with("the down script"))
		return;
	int line = std::atoi(failure.message.c_str() + at + words.size());
	failure.position = ScriptPosition{failure.version, "down", 0, 0, line, 1};
}

void add_place_in_verify(Failure &failure)
{
	const std::string version = failure.position ? failure.position->version : failure.version;
	if (failure.sqlstate == "SF009" && !version.empty() &&
		(!failure.position || failure.position->line < 1))
		if (auto place = place_in_verify(version, failure.message))
			failure.position = place;
}

// Refusals that come before the first statement of the migration.
bool refused_at_the_door(const std::string &sqlstate)
{
	for (std::string_view refusal : {"SF001", "SF002", "SF003", "SF004", "SF006", "SF010", "SF011",
									 "SF012", "SF013", "SF014", "SF015"})
		if (sqlstate == refusal)
			return true;
	return false;
}

bool changes(const std::string &command)
{
	return command == "apply" || command == "revert" || command == "resume";
}

void add_state_and_next(Run &run, Failure &failure)
{
	std::string version = failure.position ? failure.position->version : failure.version;
	if (failure.code == "CONNECTION_LOST" && failure.hint.empty())
		failure.hint = "Whether the last call was committed is in the history.";
	if (failure.code == "CONNECTION_LOST" && failure.next_command.empty())
		failure.next_command = run.next("status", "");
	if (!changes(run.options.command) || run.options.dry_run || failure.sqlstate.empty())
		return;

	if (failure.undone.empty() && refused_at_the_door(failure.sqlstate))
		failure.undone = "nothing was run";
	if (failure.undone.empty() && failure.exit_code != exit_partial &&
		failure.code != "CONNECTION_LOST")
		failure.undone =
			version.empty()
				? "nothing was changed"
				: fmt::format("everything that {} did in this call was rolled back", version);
	if (!failure.next_command.empty())
		return;
	if (failure.of_derived)
		failure.next_command = run.next("show", version);
	else if (failure.sqlstate == "SF013" || failure.sqlstate == "SF014")
		failure.next_command =
			run.next("resume", version) + "   # or: " + run.next("revert", version);
	else if (failure.sqlstate == "SF002")
		failure.next_command = run.next("status", version);
	else
		failure.next_command = same_command(run);
}

} // namespace

void enrich(Run &run, Failure &failure)
{
	add_place(failure);
	add_place_in_down(failure);
	add_place_in_verify(failure);
	add_excerpt(run, failure);
	translate_hints(run, failure);
	add_state_and_next(run, failure);
	// The next sandbox knows nothing of this one: there is nothing in it to resume or to look at.
	if (run.options.sandbox && !failure.next_command.empty())
		failure.next_command = same_command(run);
}

} // namespace surefoot::client

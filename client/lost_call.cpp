#include "lost_call.hpp"

#include <fmt/format.h>

#include "hints.hpp"
#include "run.hpp"

namespace surefoot::client {

namespace {

constexpr double reconnect_seconds = 30;

} // namespace

void connect_again(Run &run, Failure failure, double seconds, const std::string &hint)
{
	run.log.warning(fmt::format("connection lost, trying again for {:.0f} s", seconds));
	if (!run.reconnect(seconds)) {
		failure.hint = hint;
		failure.next_command = run.next("status", failure.version);
		throw failure;
	}
	run.log.info("connected again");
}

Answer find_answer(Run &run, const std::string &version, const std::string &direction,
				   Failure failure)
{
	failure.version = version;
	connect_again(run, failure, reconnect_seconds,
				  "The server does not answer. Whether the call was committed is in its history.");
	std::vector<StatusRow> rows = run.server->status(version);
	const std::string state = rows.empty() ? "unknown" : rows.front().state;
	if (state == "queued" || state == "running" || state == "reverting")
		return {Outcome::queued, "queued"};
	if (state == (direction == "up" ? "applied" : "reverted")) {
		run.log.info(fmt::format("{} {}: it was committed", version, direction));
		return {Outcome::done, state};
	}
	failure.undone = fmt::format("{} is {}: the call was not committed", version, state);
	// A crash takes those with it that were not on the disk yet: what goes on starts with the first that is missing.
	failure.hint = "The server rolled it back, or is about to; after a crash also what was applied in the "
				   "tenth of a second before: run it again.";
	failure.next_command = same_command(run);
	throw failure;
}

} // namespace surefoot::client

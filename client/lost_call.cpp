#include "lost_call.hpp"

#include <fmt/format.h>

#include "run.hpp"

namespace surefoot::client {

namespace {

constexpr double reconnect_seconds = 30;

} // namespace

Answer find_answer(Run &run, const std::string &version, const std::string &direction,
				   Failure failure)
{
	run.log.warning(fmt::format("connection lost, trying again for {:.0f} s", reconnect_seconds));
	failure.version = version;
	failure.next_command = run.next("status", version);
	if (!run.reconnect(reconnect_seconds)) {
		failure.hint =
			"The server does not answer. Whether the call was committed is in its history.";
		throw failure;
	}
	run.log.info("connected again");
	std::vector<StatusRow> rows = run.server->status(version);
	const std::string state = rows.empty() ? "unknown" : rows.front().state;
	if (state == "queued" || state == "running" || state == "reverting")
		return {Outcome::queued, "queued"};
	if (state == (direction == "up" ? "applied" : "reverted")) {
		run.log.info(fmt::format("{} {}: it was committed", version, direction));
		return {Outcome::done, state};
	}
	failure.undone = fmt::format("{} is {}: the call was not committed", version, state);
	failure.hint = "The server rolled it back, or is about to: run it again.";
	failure.next_command = run.next(run.options.command, version);
	throw failure;
}

} // namespace surefoot::client

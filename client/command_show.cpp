#include "commands.hpp"
#include "run.hpp"
#include "sandbox_history.hpp"
#include "selection.hpp"
#include "text.hpp"

namespace surefoot::client {

// The way back of a migration, as it was derived from what it changed.
int command_show(Run &run)
{
	run.history_if_any();
	std::string version = spelled_version(run, run.options.target);
	run.connect();
	prepare_sandbox(run, version, true);
	version = spelled_version(run, version);
	std::string sql;
	try {
		sql = run.server->inverse(version);
	} catch (Failure &failure) {
		failure.version = version;
		throw;
	}
	run.report["version"] = version;
	run.report["way_back_sql"] = sql;
	for (const std::string &line : split_lines(sql))
		run.say(line);
	return exit_ok;
}

} // namespace surefoot::client

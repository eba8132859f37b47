#include "commands.hpp"
#include "run.hpp"
#include "sandbox_history.hpp"
#include "text.hpp"
#include "version.hpp"

namespace surefoot::client {

// The way back of a migration, as it was derived from what it changed.
int command_show(Run &run)
{
	const std::string version = parse_version_argument(run.options.target).version;
	run.history_if_any();
	run.connect();
	prepare_sandbox(run, version, true);
	const std::string sql = run.server->inverse(version);
	run.report["version"] = version;
	run.report["way_back_sql"] = sql;
	for (const std::string &line : split_lines(sql))
		run.say(line);
	return exit_ok;
}

} // namespace surefoot::client

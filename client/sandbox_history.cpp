#include "sandbox_history.hpp"

#include <fmt/format.h>

#include "interrupt.hpp"
#include "run.hpp"
#include "steps.hpp"
#include "version.hpp"

namespace surefoot::client {

void prepare_sandbox(Run &run, const std::string &version, bool inclusive)
{
	if (!run.sandbox || version.empty())
		return;
	std::vector<Script> scripts;
	for (const MigrationFiles &files : run.history().migrations()) {
		int order = compare_versions(files.version, version);
		if (order < 0 || (inclusive && order == 0))
			scripts.push_back(load_script(files));
	}
	if (scripts.empty())
		return;
	run.log.info(fmt::format("sandbox: applying the history first, {} to {} ({} migrations)",
							 scripts.front().version, scripts.back().version, scripts.size()));
	run.server->register_scripts(scripts);
	// What has been applied elsewhere was meant.
	run.server->allow_no_way_back(true);
	for (const Script &script : scripts) {
		if (run.server->apply(script.version).outcome == Outcome::queued &&
			follow_steps(run, script.version, "up") == StepsEnd::detached)
			throw make_failure(exit_interrupted, "INTERRUPTED",
							   "interrupted; the sandbox is removed");
		stop_if_interrupted("while the history was applied; the sandbox is removed");
	}
	if (run.options.command != "apply" || run.options.accepts.empty())
		run.server->allow_no_way_back(false);
	run.log.info("sandbox: ready");
}

} // namespace surefoot::client

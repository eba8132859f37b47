#include <fmt/format.h>

#include "checks.hpp"
#include "commands.hpp"
#include "run.hpp"
#include "sandbox_history.hpp"
#include "selection.hpp"

namespace surefoot::client {

namespace {

std::vector<std::string> applied_versions(Run &run)
{
	std::vector<std::string> versions;
	for (const auto &[key, row] : status_map(run.server->status()))
		if (row.state == "applied")
			versions.push_back(row.version);
	return versions;
}

// What the files say counts, as at the next apply; it is undone at the end. An up script that is not what was
// applied is told instead.
void take_files(Run &run, const std::vector<std::string> &versions)
{
	std::vector<Script> scripts;
	for (const std::string &version : versions)
		if (const MigrationFiles *files = run.history_if_any().find(version))
			scripts.push_back(load_script(*files));
	if (scripts.empty() || run.server->info().standby)
		return;
	run.server->begin();
	try {
		run.server->register_scripts(scripts);
	} catch (Failure &failure) {
		run.server->rollback();
		// Whoever may only look cannot ask this: what was registered counts. What others work on is theirs.
		if (failure.sqlstate == "42501" || failure.sqlstate == "25006" ||
			failure.sqlstate == "SF004")
			return;
		if (failure.sqlstate == "SF002")
			failure.exit_code = exit_validation;
		throw;
	}
}

} // namespace

int command_validate(Run &run)
{
	run.history_if_any();
	const std::string wanted =
		run.options.target.empty() ? "" : spelled_version(run, run.options.target);
	run.connect();
	if (run.sandbox && !run.history().migrations().empty())
		prepare_sandbox(run, wanted.empty() ? run.history().migrations().back().version : wanted,
						true);
	spell_versions(run);
	const std::vector<std::string> versions =
		wanted.empty() ? applied_versions(run) : std::vector{run.options.target};
	take_files(run, versions);
	run.report["validation"] = Json::array();
	int failures = 0;
	size_t unproved = 0;
	Failure failure = make_failure(exit_validation, "VALIDATION_FAILED", "");
	for (const std::string &version : versions) {
		const Validation found =
			validate_migration(run, version, versions.size() == 1 || run.options.verbose > 0);
		failures += found.failures;
		unproved += found.unproved;
		if (found.failures == 0)
			continue;
		run.say(fmt::format("{} is not valid: {} finding{}", version, found.failures,
							found.failures == 1 ? "" : "s"));
		if (failure.version.empty())
			failure.version = version;
		if (found.half_done && failure.next_command.empty())
			failure.next_command = run.next("resume", version);
		if (found.place && !failure.position)
			failure.position = found.place;
	}
	run.server->rollback();
	if (failures == 0) {
		const std::string but =
			unproved == 0 ? ""
			: versions.size() == 1
				? ", but for its verify script, which this role cannot run"
				: fmt::format(", but for the verify scripts of {}, which this role cannot run", unproved);
		run.say(versions.size() == 1 ? fmt::format("{} is valid{}", versions.front(), but)
									 : fmt::format("{} migrations are valid{}", versions.size(), but));
		return exit_ok;
	}
	failure.message =
		fmt::format("validation failed: {} finding{}", failures, failures == 1 ? "" : "s");
	throw failure;
}

} // namespace surefoot::client

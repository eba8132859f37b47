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

// The files of applied migrations are still what was applied: registering them, rolled back, says so.
void compare_files(Run &run, const std::vector<std::string> &versions)
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
		// Whoever may only look cannot ask this.
		if (failure.sqlstate == "42501" || failure.sqlstate == "25006")
			return;
		if (failure.sqlstate == "SF002")
			failure.exit_code = exit_validation;
		throw;
	}
	run.server->rollback();
}

} // namespace

int command_validate(Run &run)
{
	std::vector<std::string> versions;
	if (!run.options.target.empty())
		versions = {parse_version_argument(run.options.target).version};
	run.history_if_any();
	run.connect();
	if (run.sandbox && !run.history().migrations().empty())
		prepare_sandbox(
			run, versions.empty() ? run.history().migrations().back().version : versions.front(),
			true);
	if (versions.empty())
		versions = applied_versions(run);
	compare_files(run, versions);
	run.report["validation"] = Json::array();
	int failures = 0;
	for (const std::string &version : versions) {
		int found =
			validate_migration(run, version, versions.size() == 1 || run.options.verbose > 0);
		if (found > 0)
			run.say(fmt::format("{} is not valid: {} finding{}", version, found,
								found == 1 ? "" : "s"));
		failures += found;
	}
	if (failures == 0) {
		run.say(versions.size() == 1 ? fmt::format("{} is valid", versions.front())
									 : fmt::format("{} migrations are valid", versions.size()));
		return exit_ok;
	}
	throw make_failure(
		exit_validation, "VALIDATION_FAILED",
		fmt::format("validation failed: {} finding{}", failures, failures == 1 ? "" : "s"));
}

} // namespace surefoot::client

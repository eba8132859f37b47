#include <fmt/format.h>

#include "apply.hpp"
#include "commands.hpp"
#include "dry_run.hpp"
#include "gate.hpp"
#include "report.hpp"
#include "run.hpp"
#include "sandbox_history.hpp"
#include "selection.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace {

int dry_run_apply(Run &run, const std::vector<const MigrationFiles *> &selected)
{
	run.connect();
	prepare_sandbox(run, selected.empty() ? "" : selected.front()->version, false);
	StatusMap status = status_map(run.server->status());
	run.say(plan_header);
	run.report["plans"] = Json::array();
	for (const MigrationFiles *files : selected) {
		if (is_applied(status, files->version)) {
			if (selected.size() == 1)
				run.say(fmt::format("-- {} is already applied: nothing would run", files->stem()));
			continue;
		}
		std::vector<PlanRow> rows = plan_migration(run, files->version, files, "up");
		run.say("\n" + plan_as_sql(files->stem() + ", up", rows, boundary_line(run, files->version, "up")));
		run.report["plans"].push_back(Json{{"version", files->version},
										   {"name", files->name},
										   {"direction", "up"},
										   {"steps", to_json(rows)}});
	}
	if (run.report["plans"].empty() && selected.size() != 1)
		run.say("-- nothing is pending");
	return exit_ok;
}

// The database may know a migration whose file is gone: then it is the file that is missing, not the migration.
std::vector<const MigrationFiles *> select_files(Run &run)
{
	try {
		return select_up(run);
	} catch (Failure &failure) {
		if (failure.code != "FILE" || run.options.target.empty() || run.options.sandbox ||
			!run.files)
			throw;
		const std::string version = parse_version_argument(run.options.target).version;
		if (run.files->find(version))
			throw;
		std::vector<StatusRow> rows;
		try {
			rows = run.connect().status(version);
		} catch (const Failure &) {
			throw failure;
		}
		if (rows.empty())
			throw;
		const StatusRow &row = rows.front();
		failure.message =
			fmt::format("migration {} is {} in the database, but its file is not in \"{}\"",
						row.version, row.state, run.options.dir);
		failure.hint = fmt::format("Put {}_{}.up.sql back, from version control say. If nobody "
								   "wants it any more, leave it: "
								   "what is only registered does nothing.",
								   row.version, row.name);
		failure.next_command = run.next("status", row.version);
		throw;
	}
}

} // namespace

int command_apply(Run &run)
{
	std::vector<const MigrationFiles *> selected = select_files(run);
	if (run.options.dry_run)
		return dry_run_apply(run, selected);
	run.report["results"] = Json::array();
	if (selected.empty()) {
		run.say(fmt::format("nothing to do: no migrations in \"{}\"", run.options.dir));
		return exit_ok;
	}
	Apply apply(run, selected);
	spell_versions(run);
	run.open_log(target_label(run));
	run.connect();
	prepare_sandbox(run, selected.front()->version, false);
	int code = Gate(run).pass([&] { return apply.attempt(); });
	run.tell_log();
	return code;
}

} // namespace surefoot::client

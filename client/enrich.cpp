#include "enrich.hpp"

#include <fmt/format.h>

#include "excerpt.hpp"
#include "run.hpp"
#include "script_file.hpp"
#include "version.hpp"

namespace surefoot::client {

namespace {

void add_excerpt(Run &run, Failure &failure)
{
	if (!failure.position || failure.position->line < 1 || !run.files || !failure.excerpt.empty())
		return;
	const MigrationFiles *files = run.files->find(failure.position->version);
	if (!files)
		return;
	std::filesystem::path path = files->up;
	if (failure.position->direction == "down" && files->down)
		path = *files->down;
	else if (failure.position->direction == "verify" && files->verify)
		path = *files->verify;
	try {
		std::string lines =
			render_excerpt(read_script(path), failure.position->line, failure.position->column);
		if (lines.empty())
			return;
		std::string place = fmt::format("{}:{}", path.string(), failure.position->line);
		if (failure.position->column > 0)
			place += fmt::format(":{}", failure.position->column);
		failure.excerpt = place + "\n" + lines;
	} catch (const Failure &) {
		// The error itself matters more than its picture.
	}
}

bool lacks_down(const Run &run, const std::string &version)
{
	const MigrationFiles *files =
		run.files && is_version(version) ? run.files->find(version) : nullptr;
	return files && !files->down;
}

// A script that does not parse has a place, but is no run yet: "line 2, column 8".
void add_place(Failure &failure)
{
	if (failure.position || failure.version.empty() || !failure.context.starts_with("line "))
		return;
	failure.position = parse_position("migration " + failure.version + " up, " + failure.context);
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

// Without EXECUTE on our own functions, nobody has been told who may do what.
void advise_permission(const Run &run, Failure &failure)
{
	const std::string &text = failure.message;
	if (failure.sqlstate != "42501" || failure.position || !failure.hint.empty() ||
		!run.connection ||
		(text.find(" migrate_") == text.npos && text.find("schema surefoot") == text.npos))
		return;
	failure.hint = fmt::format("As a superuser, run: CALL surefoot.allow('{}', 'apply'); or, to "
							   "look only, 'look'.",
							   run.connection->user());
}

bool changes(const std::string &command)
{
	return command == "apply" || command == "revert" || command == "resume";
}

} // namespace

void enrich(Run &run, Failure &failure)
{
	add_place(failure);
	add_excerpt(run, failure);
	advise_permission(run, failure);
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
	if (failure.sqlstate == "SF013" || failure.sqlstate == "SF014")
		failure.next_command =
			run.next("resume", version) + "   # or: " + run.next("revert", version);
	else if (failure.sqlstate == "SF008" && lacks_down(run, version)) {
		failure.hint =
			fmt::format("Write {}.down.sql, then run the command again.",
						(run.files->folder() / run.files->find(version)->stem()).string());
		failure.next_command = run.next("revert", version);
	} else if (failure.sqlstate == "SF002" || failure.sqlstate == "SF008")
		failure.next_command = run.next("status", version);
	else if (failure.sqlstate == "SF003")
		failure.next_command = run.next("status", "");
	else {
		std::string target = !run.options.target.empty() ? run.options.target : "";
		std::string again = run.next(run.options.command, target);
		if (!run.options.to.empty())
			again += " --to " + run.options.to;
		if (run.options.all)
			again += " --all";
		failure.next_command = again;
	}
}

} // namespace surefoot::client

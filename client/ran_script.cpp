#include "ran_script.hpp"

#include <fmt/format.h>

#include "run.hpp"
#include "script_file.hpp"

namespace surefoot::client {

namespace {

std::optional<RanScript> script_in_file(const Run &run, const ScriptPosition &position)
{
	const MigrationFiles *files = run.files ? run.files->find(position.version) : nullptr;
	if (!files)
		return std::nullopt;
	std::optional<std::filesystem::path> path = files->up;
	if (position.direction == "down")
		path = files->down;
	else if (position.direction == "verify")
		path = files->verify;
	if (!path)
		return std::nullopt;
	try {
		return RanScript{read_script(*path), path->string()};
	} catch (const Failure &) {
		// The error itself matters more than its picture.
		return std::nullopt;
	}
}

// What is planned or validated is what the files say, and nothing of it is kept.
bool runs_what_is_registered(const Run &run, const Failure &failure)
{
	const std::string &command = run.options.command;
	return (command == "apply" || command == "revert" || command == "resume") && !run.options.dry_run && !failure.of_files;
}

std::optional<RanScript> script_in_server(Run &run, const ScriptPosition &position)
{
	try {
		bool derived = false;
		std::optional<std::string> text = run.server->script_of(position.version, position.direction, derived);
		if (!text)
			return std::nullopt;
		return RanScript{*text,
						 fmt::format("{} {}, as it was {}", position.version, position.direction, derived ? "derived" : "registered"),
						 derived};
	} catch (const Failure &) {
		return std::nullopt;
	}
}

} // namespace

std::optional<RanScript> ran_script(Run &run, const Failure &failure)
{
	const ScriptPosition &position = *failure.position;
	std::optional<RanScript> file = script_in_file(run, position);
	if (!run.server || !run.connection || !run.connection->alive() || run.connection->in_transaction() ||
		!runs_what_is_registered(run, failure))
		return file;
	std::optional<RanScript> server = script_in_server(run, position);
	if (!server || (file && file->text == server->text))
		return file;
	return server;
}

} // namespace surefoot::client

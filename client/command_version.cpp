#include <fmt/format.h>

#include "commands.hpp"
#include "run.hpp"

namespace surefoot::client {

int command_version(Run &run)
{
	run.say("client     " SUREFOOT_VERSION);
	run.report["client"] = SUREFOOT_VERSION;
	run.report["library"] = nullptr;
	run.report["extension"] = nullptr;
	try {
		run.connect();
	} catch (const Failure &failure) {
		// Asking for the version is no reason to fail where there is no server.
		run.say(fmt::format("server     {}", failure.message));
		run.report["server_error"] = failure.message;
		return exit_ok;
	}
	const ServerInfo &info = run.server->info();
	const std::string library = run.server->library_version();
	run.say("library    " + library);
	run.say(fmt::format("extension  {} in database \"{}\"", info.extension_version, info.database));
	run.say("PostgreSQL " + info.server_version);
	run.report["library"] = library;
	run.report["extension"] = info.extension_version;
	run.report["postgresql"] = info.server_version;
	return exit_ok;
}

} // namespace surefoot::client

#include "mended_scripts.hpp"

#include <fmt/format.h>

#include "run.hpp"

namespace surefoot::client {

void register_mended(Run &run, const std::vector<std::string> &versions, const std::string &instead)
{
	std::vector<Script> scripts;
	for (const std::string &version : versions)
		if (const MigrationFiles *files = run.history_if_any().find(version))
			scripts.push_back(load_script(*files));
	if (scripts.empty())
		return;
	try {
		run.server->register_scripts(scripts);
	} catch (Failure &failure) {
		if (failure.sqlstate != "SF002") {
			if (scripts.size() == 1 && failure.version.empty())
				failure.version = scripts.front().version;
			throw;
		}
		if (scripts.size() == 1)
			run.log.warning(fmt::format("{}; {}", failure.message, instead));
		else
			// That one alone keeps what it has.
			for (const Script &script : scripts)
				register_mended(run, {script.version}, instead);
	}
}

void begin_with_files(Run &run, const Script &script, bool way_back)
{
	run.server->begin();
	try {
		run.server->register_scripts({script});
	} catch (const Failure &failure) {
		run.server->rollback();
		if (failure.sqlstate != "SF002" || !way_back)
			throw;
		run.log.warning(failure.message + "; " + registered_way_back);
		run.server->begin();
	}
}

} // namespace surefoot::client

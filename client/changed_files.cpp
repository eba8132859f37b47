#include "changed_files.hpp"

#include <fmt/format.h>

#include "run.hpp"

namespace surefoot::client {

namespace {

constexpr size_t most_bytes = 8 << 20;
constexpr size_t most_warnings = 5;

std::vector<std::string> differing(Run &run, const std::vector<Script> &scripts)
{
	try {
		return run.server->differing(scripts);
	} catch (const Failure &failure) {
		// Nobody has said that this role may read the scripts.
		if (failure.sqlstate != "42501")
			throw;
		return {};
	}
}

// The server compares parse trees when it is asked to register; who may not ask knows of the text alone.
bool is_changed(Run &run, const Script &script, bool &certain)
{
	certain = true;
	run.server->begin();
	try {
		run.server->register_scripts({script});
	} catch (const Failure &failure) {
		run.server->rollback();
		if (failure.code == "CONNECTION_LOST" || failure.code == "INTERRUPTED")
			throw;
		certain = failure.sqlstate == "SF002" || failure.sqlstate == "42601" ||
				  failure.sqlstate == "SF006";
		return true;
	}
	run.server->rollback();
	return false;
}

// Of those that differ in their text, the applied ones that are changed.
void add_changed(Run &run, const StatusMap &status, const std::vector<Script> &scripts,
				 const std::vector<std::string> &different, std::vector<ChangedFile> &changed)
{
	for (const std::string &version : different)
		for (const Script &script : scripts)
			if (bool certain; script.version == version && is_applied(status, version) &&
							  is_changed(run, script, certain))
				changed.push_back({version, certain});
}

} // namespace

std::vector<ChangedFile> changed_files(Run &run, const StatusMap &status)
{
	std::vector<ChangedFile> changed;
	if (run.sandbox)
		return changed;
	std::vector<Script> chunk;
	size_t bytes = 0;
	auto compare = [&] {
		if (chunk.empty())
			return;
		add_changed(run, status, chunk, differing(run, chunk), changed);
		chunk.clear();
		bytes = 0;
	};
	for (const MigrationFiles &files : run.history_if_any().migrations()) {
		if (!is_applied(status, files.version))
			continue;
		try {
			chunk.push_back(load_script(files));
		} catch (const Failure &) {
			// A file that cannot be read is not what was applied; apply says what is wrong with it.
			changed.push_back({files.version, true});
			continue;
		}
		bytes += chunk.back().up.size();
		if (bytes >= most_bytes)
			compare();
	}
	compare();
	return changed;
}

std::vector<StatusRow> status_and_changes(Run &run, const std::string &version,
										  std::vector<ChangedFile> &changed)
{
	std::vector<Script> scripts;
	size_t bytes = 0;
	bool together = !run.sandbox;
	for (const MigrationFiles &files : run.history_if_any().migrations()) {
		try {
			if (together)
				scripts.push_back(load_script(files));
		} catch (const Failure &) {
			together = false;
		}
		bytes += scripts.empty() ? 0 : scripts.back().up.size();
		together = together && bytes < most_bytes;
	}
	if (together && !scripts.empty()) {
		try {
			std::vector<std::string> different;
			std::vector<StatusRow> rows = run.server->status(version, scripts, different);
			add_changed(run, status_map(rows), scripts, different, changed);
			return rows;
		} catch (const Failure &failure) {
			if (failure.sqlstate != "42501")
				throw;
		}
	}
	std::vector<StatusRow> rows = run.server->status(version);
	changed = changed_files(run, status_map(rows));
	return rows;
}

void warn_of_changed_files(Run &run, const StatusMap &status)
{
	std::vector<ChangedFile> changed = changed_files(run, status);
	for (size_t i = 0; i < changed.size() && i < most_warnings; ++i)
		run.log.warning(
			fmt::format("the up file of {} {} since it was applied{}", changed[i].version,
						changed[i].certain ? "has changed" : "is not the same text",
						changed.size() > most_warnings && i + 1 == most_warnings
							? fmt::format("; so have {} more", changed.size() - most_warnings)
							: ""));
}

} // namespace surefoot::client

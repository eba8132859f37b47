#include "selection.hpp"

#include <fmt/format.h>

#include "run.hpp"

namespace surefoot::client {

StatusMap status_map(const std::vector<StatusRow> &rows)
{
	StatusMap map;
	for (const StatusRow &row : rows)
		map.emplace(version_key(row.version), row);
	return map;
}

bool is_applied(const StatusMap &status, const std::string &version)
{
	auto at = status.find(version);
	return at != status.end() && at->second.state == "applied";
}

std::vector<const MigrationFiles *> select_up(Run &run)
{
	const HistoryFiles &history = run.history();
	if (!run.options.target.empty())
		return {&history.require(run.options.target)};
	std::string limit;
	if (!run.options.to.empty())
		limit = history.require(run.options.to).version;
	std::vector<const MigrationFiles *> selected;
	for (const MigrationFiles &files : history.migrations())
		if (limit.empty() || compare_versions(files.version, limit) <= 0)
			selected.push_back(&files);
	return selected;
}

bool has_way_to_go(const StatusRow &row)
{
	return row.state != "registered" && row.state != "reverted";
}

void refuse_no_selection(const Run &run)
{
	if (run.options.target.empty() && run.options.to.empty() && !run.options.all)
		throw usage_failure("what shall be reverted?",
							"Give a version, --to VERSION or --all; what is applied tells: " +
								run.next("status", ""));
}

std::vector<std::string> select_down(Run &run, const StatusMap &status)
{
	std::vector<std::string> selected;
	if (!run.options.target.empty()) {
		VersionArgument wanted = parse_version_argument(run.options.target);
		auto at = status.find(wanted.version);
		return {at == status.end() ? wanted.version : at->second.version};
	}
	refuse_no_selection(run);
	std::string limit;
	if (!run.options.to.empty())
		limit = parse_version_argument(run.options.to).version;
	// What was applied out of order may stand on what has a higher number.
	for (const std::string &version : run.server->latest_first())
		if (limit.empty() || compare_versions(version, limit) > 0)
			selected.push_back(version);
	return selected;
}

std::string spelled_version(Run &run, const std::string &argument)
{
	const std::string version = parse_version_argument(argument).version;
	if (run.files)
		if (const MigrationFiles *files = run.files->find(version))
			return files->version;
	if (run.server)
		for (const StatusRow &row : run.server->status(version))
			return row.version;
	return version;
}

void spell_versions(Run &run)
{
	for (std::string *argument : {&run.options.target, &run.options.to})
		if (!argument->empty())
			*argument = spelled_version(run, *argument);
}

std::string open_log_of_target(Run &run)
{
	const std::string version = parse_version_argument(run.options.target).version;
	// Without a file only the database knows how it is spelled.
	if (!run.history_if_any().find(version))
		run.connect();
	spell_versions(run);
	run.open_log(run.options.target);
	if (!run.server)
		run.connect();
	return run.options.target;
}

std::string target_label(const Run &run)
{
	if (!run.options.target.empty())
		return parse_version_argument(run.options.target).version;
	if (!run.options.to.empty())
		return "to_" + parse_version_argument(run.options.to).version;
	return "all";
}

} // namespace surefoot::client

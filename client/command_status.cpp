#include <fmt/format.h>

#include "changed_files.hpp"
#include "commands.hpp"
#include "report.hpp"
#include "run.hpp"
#include "selection.hpp"
#include "table.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace {

Color state_color(const std::string &state)
{
	if (state == "applied")
		return Color::green;
	if (state == "failed" || state == "orphaned")
		return Color::red;
	if (state == "pending" || state == "registered" || state == "reverted")
		return Color::yellow;
	return Color::cyan;
}

bool counts_as_pending(const StatusRow &row)
{
	return row.state != "applied" && !row.file_gone;
}

// The folder and the database side by side; what is only in the folder is pending.
std::vector<StatusRow> merge(const HistoryFiles &files, const std::vector<StatusRow> &known)
{
	StatusMap map = status_map(known);
	for (auto &[key, row] : map) {
		if (files.migrations().empty() || files.find(key))
			continue;
		// What is applied or half done is no less so without its file.
		row.file_gone = row.state == "registered" || row.state == "reverted";
		if (row.next.empty() || row.file_gone)
			row.next = "its file is not in the folder";
	}
	for (const MigrationFiles &migration : files.migrations()) {
		StatusRow row;
		row.version = migration.version;
		row.name = migration.name;
		row.state = "pending";
		row.way_back = migration.down ? "down script" : "derived";
		row.next = "apply";
		map.emplace(version_key(migration.version), row);
	}
	std::vector<StatusRow> rows;
	for (auto &[key, row] : map)
		rows.push_back(std::move(row));
	return rows;
}

void show(Run &run, const std::vector<StatusRow> &rows, size_t pending)
{
	Table table(
		{"VERSION", "NAME", "STATE", "STEPS", "APPLIED AT", "BY", "TOOK", "WAY BACK", "NEXT"});
	for (const StatusRow &row : rows)
		table.add({{row.version},
				   {row.name},
				   {row.state, state_color(row.state)},
				   {row.steps},
				   {row.applied_at},
				   {row.applied_by},
				   {row.seconds ? human_duration(*row.seconds) : ""},
				   {row.way_back},
				   {row.next}});
	if (rows.empty())
		run.say(fmt::format("no migrations in \"{}\", none in the database", run.options.dir));
	else if (!run.options.json) {
		put(table.render(run.terminal.color_out));
		run.say(fmt::format("{} of {} pending", pending, rows.size()));
	}
}

} // namespace

int command_status(Run &run)
{
	const HistoryFiles &files = run.history_if_any();
	std::string only;
	if (!run.options.target.empty())
		only = parse_version_argument(run.options.target).version;
	run.connect();
	std::vector<ChangedFile> changes;
	std::vector<StatusRow> known = status_and_changes(run, only, changes);
	std::vector<StatusRow> rows = merge(files, known);
	for (const ChangedFile &changed : changes)
		for (StatusRow &row : rows)
			if (compare_versions(row.version, changed.version) == 0)
				row.next = changed.certain ? "its up file has changed since"
										   : "its up file is not the same text";
	if (!only.empty())
		std::erase_if(
			rows, [&](const StatusRow &row) { return compare_versions(row.version, only) != 0; });
	if (!only.empty() && rows.empty())
		throw file_failure(fmt::format("no migration {} in the folder or the database", only));
	auto pending = static_cast<size_t>(std::count_if(rows.begin(), rows.end(), counts_as_pending));
	show(run, rows, pending);
	run.report["migrations"] = to_json(rows);
	run.report["pending"] = pending;
	return run.options.exit_code && pending > 0 ? exit_pending : exit_ok;
}

} // namespace surefoot::client

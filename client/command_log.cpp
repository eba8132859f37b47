#include <fmt/format.h>

#include "commands.hpp"
#include "report.hpp"
#include "run.hpp"
#include "selection.hpp"
#include "table.hpp"
#include "text.hpp"
#include "version.hpp"

namespace surefoot::client {

namespace {

std::string who(const HistoryRow &row)
{
	std::string text = row.session_role;
	if (!row.role.empty() && row.role != row.session_role)
		text += " as " + row.role;
	if (!row.client_addr.empty())
		text += " from " + row.client_addr;
	return text;
}

std::string what(const HistoryRow &row)
{
	if (row.message.empty())
		return row.next;
	std::string text = row.sqlstate.empty() ? row.message : row.sqlstate + " " + row.message;
	return row.failed_step > 0 ? fmt::format("step {}: {}", row.failed_step, text) : text;
}

void show_runs(Run &run, const std::vector<HistoryRow> &rows)
{
	Table table(
		{"RUN", "VERSION", "DIRECTION", "STATE", "STARTED", "TOOK", "WHO", "WITH", "WAL", "WHAT"});
	for (const HistoryRow &row : rows)
		table.add({{std::to_string(row.run)},
				   {row.version},
				   {row.direction},
				   {row.state, row.message.empty() ? Color::plain : Color::red},
				   {row.started_at},
				   {row.seconds ? human_duration(*row.seconds) : ""},
				   {who(row)},
				   {row.application},
				   {run.options.verbose > 0 ? row.wal_lsn : ""},
				   {what(row)}});
	put(table.render(run.terminal.color_out));
}

void show_events(Run &run, const std::vector<EventRow> &events)
{
	for (const EventRow &event : events)
		run.say(
			fmt::format("  {} {}{}{}", event.at, event.level == "info" ? "" : event.level + ": ",
						event_line(event),
						event.seconds ? fmt::format(" ({})", human_duration(*event.seconds)) : ""));
}

} // namespace

int command_log(Run &run)
{
	if (!run.options.target.empty())
		parse_version_argument(run.options.target);
	run.connect();
	spell_versions(run);
	const std::string &version = run.options.target;
	// The newest last, where a terminal ends.
	std::vector<HistoryRow> rows = run.server->history(version, run.options.limit);
	std::reverse(rows.begin(), rows.end());
	if (rows.empty())
		run.say(version.empty() ? "nothing was run yet" : fmt::format("{} was never run", version));
	else if (!run.options.json)
		show_runs(run, rows);
	Json array = Json::array();
	for (const HistoryRow &row : rows) {
		Json one = to_json(row);
		if (!version.empty()) {
			std::vector<EventRow> events = run.server->events(row.run, 0);
			run.say(fmt::format("run {}:", row.run));
			show_events(run, events);
			one["events"] = to_json(events);
		}
		array.push_back(std::move(one));
	}
	run.report["runs"] = std::move(array);
	return exit_ok;
}

} // namespace surefoot::client

#include <fmt/format.h>

#include "commands.hpp"
#include "report.hpp"
#include "run.hpp"
#include "table.hpp"
#include "text.hpp"
#include "version.hpp"

namespace surefoot::client {

namespace {

void show_table(Run &run, const std::vector<ArchiveRow> &kept)
{
	if (kept.empty())
		run.say("nothing is kept");
	if (kept.empty() || run.options.json)
		return;
	Table table({"VERSION", "DIRECTION", "KEPT", "TABLE", "ROWS", "SIZE", "SINCE", "KEPT UNTIL"});
	for (const ArchiveRow &row : kept)
		table.add({{row.version},
				   {row.direction},
				   {row.kind == "rows" ? "changed rows" : row.kind == "column" ? "values" : row.kind == "hidden" ? "hidden column" : "all rows"},
				   {row.name},
				   {human_count(row.rows)},
				   {human_bytes(row.bytes)},
				   {row.kept_since},
				   {row.purge_after}});
	put(table.render(run.terminal.color_out));
}

} // namespace

int command_archive(Run &run)
{
	std::string version;
	if (!run.options.target.empty())
		version = parse_version_argument(run.options.target).version;
	run.connect();
	if (run.options.purge) {
		const std::int64_t purged = run.server->purge(version);
		run.report["purged"] = purged;
		run.say(fmt::format("purged {} {}", purged, purged == 1 ? "table's rows" : "tables' rows"));
	}
	if (run.options.restore) {
		if (version.empty())
			throw usage_failure("--restore needs a version", "Say of which migration: surefoot archive 0019 --restore");
		const std::int64_t restored = run.server->restore(version);
		run.report["restored"] = restored;
		run.say(fmt::format("restored {} {}", restored, restored == 1 ? "row" : "rows"));
	}
	const std::vector<ArchiveRow> kept = run.server->archive(version);
	if (!run.options.purge && !run.options.restore)
		show_table(run, kept);
	run.report["archive"] = to_json(kept);
	return exit_ok;
}

} // namespace surefoot::client

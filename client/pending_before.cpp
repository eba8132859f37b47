#include "pending_before.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "run.hpp"

namespace surefoot::client {

namespace {

constexpr size_t most_names = 3;

} // namespace

std::optional<Finding> pending_before(Run &run, const StatusMap &status, const std::string &version, const std::string &hint)
{
	Finding row{"warn", "order", "", "", "", hint};
	std::string names;
	size_t count = 0;
	for (const MigrationFiles &files : run.history_if_any().migrations()) {
		if (compare_versions(files.version, version) >= 0)
			break;
		// What is under way or failed has a row of its own.
		const auto at = status.find(files.version);
		if (at != status.end() && has_way_to_go(at->second))
			continue;
		if (row.object.empty())
			row.object = files.version;
		if (++count <= most_names)
			names += (names.empty() ? "" : ", ") + files.stem();
	}
	if (count == 0)
		return std::nullopt;
	if (count > most_names)
		names += fmt::format(" and {} more", count - most_names);
	row.message = names + (count == 1 ? " comes first and is not applied" : " come first and are not applied");
	return row;
}

void add_skipped(Run &run, const StatusMap &status, const std::string &version, std::vector<Finding> &rows)
{
	// Where a later one is applied, they have been left out before.
	for (const auto &[key, row] : status)
		if (row.state == "applied" && compare_versions(key, version) > 0)
			return;
	std::optional<Finding> skipped = pending_before(run, status, version, "Together: " + run.next("apply --to", version));
	if (!skipped)
		return;
	skipped->detail = fmt::format("Once {} is applied, what comes before it needs --out-of-order.", version);
	// Beside what the server says of the order.
	auto order = std::find_if(rows.begin(), rows.end(), [](const Finding &row) { return row.code == "order"; });
	rows.insert(order == rows.end() ? order : order + 1, *skipped);
}

} // namespace surefoot::client

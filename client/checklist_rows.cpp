#include "checklist_rows.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "failure.hpp"

namespace surefoot::client {

namespace {

// Those of extension/server/checklist and our own; test/tap/532_command_line.pl compares.
constexpr std::array<std::string_view, 30> known_rows{
	"check_command", "comes_back", "connection", "direct_index", "disk_space", "extension_version", "hazard",
	"idle_transactions", "invalid_indexes", "long_transactions", "migration", "missing", "no_statement", "not_kept", "order",
	"plain_index", "plan", "prepared_transactions", "replication_lag", "replication_slots", "server_role",
	"server_version", "table_locks", "table_size", "unfinished", "verify_script", "wal_archive", "way_back",
	"way_back_command", "worker_slots"};

} // namespace

void refuse_unknown_overrides(const std::vector<std::string> &names)
{
	for (const std::string &name : names) {
		if (std::find(known_rows.begin(), known_rows.end(), name) != known_rows.end())
			continue;
		throw usage_failure(fmt::format("--override {}: no checklist has a row \"{}\"", name, name),
							fmt::format("The rows are: {}.", fmt::join(known_rows, ", ")));
	}
}

bool stops_the_server(const std::string &code)
{
	return code == "unfinished" || code == "migration" || code == "worker_slots" || code == "plan" ||
		   code == "server_role";
}

} // namespace surefoot::client

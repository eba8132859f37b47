#include <fmt/format.h>

#include "server.hpp"

namespace surefoot::client {

std::vector<DriftRow> Server::drift(bool everything)
{
	Result result = connection_.query(
		fmt::format(
			"SELECT kind, identity, state, version, difference, to_recorded, to_live, changed_by, "
			"pg_catalog.to_char(changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), "
			"command FROM {}($1::pg_catalog.bool)",
			call("migrate_drift")),
		{everything ? "t" : "f"});
	std::vector<DriftRow> rows;
	for (int i = 0; i < result.rows(); ++i)
		rows.push_back({result.string(i, 0), result.string(i, 1), result.string(i, 2),
						result.string(i, 3), result.string(i, 4), result.string(i, 5),
						result.string(i, 6), result.string(i, 7), result.string(i, 8),
						result.string(i, 9)});
	return rows;
}

std::string Server::drift_script(const std::string &towards, bool everything)
{
	return connection_
		.query(fmt::format("SELECT {}($1::pg_catalog.text, $2::pg_catalog.bool)",
						   call("migrate_drift_script")),
			   {towards, everything ? "t" : "f"})
		.string(0, 0);
}

} // namespace surefoot::client

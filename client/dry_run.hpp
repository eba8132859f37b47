// What would run, as SQL that can be pasted into psql.
#pragma once

#include <string>
#include <vector>

#include "history_files.hpp"
#include "rows.hpp"
#include "server.hpp"

namespace surefoot::client {

struct Run;

// The plan of a migration whose files need not be registered: everything is rolled back. Without
// files, what the server has is planned.
// A role that may only look, a standby: nothing can be registered, not even to be rolled back.
bool may_not_write(const Failure &failure);

std::vector<PlanRow> plan_migration(Run &run, const std::string &version,
									const MigrationFiles *files, const std::string &direction);

// Between two steps: that a migration may stop there, and what to do about it then.
std::string boundary_line(const Run &run, const std::string &version, const std::string &direction);

// One migration of the plan, steps as comments; transactions with BEGIN and COMMIT, and between two the line of the boundary.
std::string plan_as_sql(const std::string &title, const std::vector<PlanRow> &rows,
						const std::string &boundary = "all-or-nothing ends here");

// "3 steps ..." for the header's line; facts of one statement ("lock ... on ..., 1,000,000 rows").
std::string statement_facts(const PlanRow &row);

constexpr const char *plan_header = "-- PLAN (nothing executed)";

} // namespace surefoot::client

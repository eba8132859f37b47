/* What should be looked at before a migration runs: rows of pass, warn and fail. */
#pragma once

#include <set>

#include "server/plan/planned.hpp"
#include "server/run/conclude.hpp"

namespace surefoot {

/* What the checks look at. */
struct Outlook {
	const history::Migration &migration;
	std::string direction;
	const Planned *planned = nullptr; /* nullptr when the plan itself failed */

	bool has_concurrent_step() const;
	/* The tables that are there and that others use, with the strongest lock on each. */
	std::map<Oid, LOCKMODE> tables() const;
};

using Findings = std::vector<Finding>;

/* Where we are, and whether this server can run a migration at all. */
void check_server(Findings &rows, const Outlook &outlook);
/* The migration's own state, and what stands in its way. */
void check_migration(Findings &rows, const Outlook &outlook);
/* Other sessions, indexes and replicas. */
void check_activity(Findings &rows, const Outlook &outlook);
/* What the plan says: hazards, sizes, indexes, disk space. */
void check_plan(Findings &rows, const Outlook &outlook);
void check_space(Findings &rows, const Outlook &outlook);
/* Tables that it needs and that nothing has made. */
void check_missing(Findings &rows, const Outlook &outlook);
/* Whether the verify script may keep others waiting. */
void check_verify_script(Findings &rows, const Outlook &outlook);
/* Scripts without a statement. */
void check_empty_scripts(Findings &rows, const Outlook &outlook);
/* The way back, and the command for it. */
void check_way_back(Findings &rows, const Outlook &outlook);

/* Tables whose rows a revert removes for good. */
void check_kept_by_revert(Findings &rows, const Outlook &outlook);
/* The row way_back of a migration with a down script: whether that leaves out what will be kept. */
Finding way_back_by_script(const Outlook &outlook);

/* 8192 bytes as 8192 bytes, 8 kB, 8 MB ... */
std::string pretty_size(int64 bytes);

} // namespace surefoot

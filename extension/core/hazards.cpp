#include "core/hazards.hpp"

namespace surefoot::core {

const char *lock_name(Lock lock)
{
	constexpr const char *names[] = {"",
									 "ACCESS SHARE",
									 "ROW SHARE",
									 "ROW EXCLUSIVE",
									 "SHARE UPDATE EXCLUSIVE",
									 "SHARE",
									 "SHARE ROW EXCLUSIVE",
									 "EXCLUSIVE",
									 "ACCESS EXCLUSIVE"};
	return names[static_cast<int>(lock)];
}

std::vector<std::string> hazards_of(const Cost &cost)
{
	std::vector<std::string> result;
	/* A small table is done with before anybody notices. */
	if (cost.large) {
		if (cost.rewrites)
			result.emplace_back("rewrite");
		/* Under a weaker lock it costs time, and nobody waits. */
		if (cost.scans && cost.lock >= Lock::share)
			result.emplace_back("full-scan");
		const bool takes_time = cost.rewrites || cost.scans || cost.builds_index;
		/* Locks are held until the commit: what earlier operations have taken lasts as long as this one. */
		const Lock own = takes_time ? cost.lock : Lock::none;
		const bool prolongs = (takes_time || cost.changes_rows) && cost.held >= Lock::share && cost.held > own;
		const Lock felt = prolongs ? cost.held : own;
		if (prolongs)
			result.emplace_back("prolongs-locks");
		if (felt == Lock::access_exclusive)
			result.emplace_back("blocks-reads");
		if (felt >= Lock::share)
			result.emplace_back("blocks-writes");
	}
	if (cost.lock == Lock::access_exclusive)
		result.emplace_back("access-exclusive");
	return result;
}

} // namespace surefoot::core

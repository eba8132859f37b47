/* What the history recorded against the live catalog; see core/drift.hpp. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

struct DriftRow {
	std::string kind, identity, state, version, difference;
	std::string to_recorded, to_live;				 /* SQL, with comments for what it cannot do */
	std::string changed_by, changed_at, command; /* when surefoot.watch() is on */
};

/* everything: objects of which the history knows nothing count as unexpected wherever they are. */
std::vector<DriftRow> drift(bool everything);

/* One script for all of it. towards: "recorded" or "live". */
std::string drift_script(const std::string &towards, bool everything);

} // namespace surefoot

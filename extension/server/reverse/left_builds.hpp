/* Indexes of a run whose builds were killed: no effect has recorded them, and the way back has to know them all the same. */
#pragma once

#include "core/object.hpp"
#include "server/guard.hpp"

#include <set>

namespace surefoot {

/*
 * What the builds of run that were begun and never came to an end have left, as changes. A build removes what is in its way before it counts as begun:
 * an invalid index of its name, on its table, that nobody is building now is its own. What the run has passed over is not.
 */
std::vector<core::Change> left_by_builds(int64 run);

/* Makes that a part of the effect of run. */
void record_left_builds(int64 run);

/* The indexes that run builds concurrently, as definitions call them; they go in the same way. */
std::set<std::string> built_concurrently(int64 run);

} // namespace surefoot

/* The difference of the whole schema, and whether it is what was recorded. */
#pragma once

#include "server/trial/rehearsal.hpp"

namespace surefoot {

/* The change of that object, or nullptr. */
const core::Change *find(const std::vector<core::Change> &changes, const core::Object &object);

/* Both absent, or equal. */
bool same_side(const std::optional<core::Object> &a, const std::optional<core::Object> &b);

/*
 * What differs, but for what the manner of the rehearsal has done. An index that a dead build has left counts as not there, as it does for
 * the recorder.
 */
std::vector<core::Change> whole_difference(const core::Objects &before, const core::Objects &now, const Rehearsal &rehearsal);

/* What one of the two has and the other has not, or otherwise; what the whole schema does not hold is left to the recorder. */
std::vector<core::Change> disagreement(const std::vector<core::Change> &recorded, const std::vector<core::Change> &whole,
									   const core::Objects &before, const core::Objects &now);

} // namespace surefoot

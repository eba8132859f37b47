/* What becomes of an object that two have changed: a migration, which is walked back now, and somebody else in between. */
#pragma once

#include "core/object.hpp"

namespace surefoot::core {

/* A migration has changed an object from change.before to change.after; start is what it was when the way back began. */

/* Somebody else has changed it since the migration. The order of columns alone does not count. */
bool changed_by_others(const Change &change, const Object *start);

/*
 * Whether now is what the way back should leave: what the migration did is undone, and what others did is still there. True as
 * well when it cannot be told, because both have changed the same thing.
 */
bool is_back(const Change &change, const Object *start, const Object *now);

/* What the way back should leave: change.before, with what others have made of it since, which now shows. */
Object before_with_others(const Change &change, const Object *now);

/* Whether all that the migration has changed of it is in now as it left it, whatever others have added. */
bool is_in_force(const Change &change, const Object &now);

/*
 * What others have that a derived way back has taken along: by a CASCADE, as a partition of what it dropped, or as an index, a CHECK ... of a table that
 * stays. Nobody has said that it may. What they have added to a table or view that the migration made, and that goes as a whole, is none of that, nor is
 * what has another name now.
 */
std::vector<Change> taken_along(const std::vector<Change> &effect, const std::vector<Change> &way_back);

/* Of such: whether it was about columns that are gone, and about none that stays, so that nothing is lost with it that still has a meaning. */
bool hung_on_gone_alone(const Object &object, const std::vector<Change> &way_back);

/*
 * What a way back has done beside taking effect back: its changes of objects that the effect does not know. Parts of what goes as a whole, as
 * the effect has it come, go with it.
 */
std::vector<Change> done_beside(const std::vector<Change> &effect, const std::vector<Change> &way_back);

} // namespace surefoot::core

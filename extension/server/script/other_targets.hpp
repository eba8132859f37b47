/* What statements name that are about neither relations nor any one object: roles, extensions, publications. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/*
 * The objects that statement is going to change and of which no hook of the server tells, or tells too late. members gets
 * those that an extension takes in or lets go.
 */
void find_other_targets(Node *statement, const std::function<void(const ObjectAddress &)> &found,
						const std::function<void(const ObjectAddress &)> &members);

} // namespace surefoot

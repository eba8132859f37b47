/* What statements name that are about neither relations nor any one object: roles, extensions, publications. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/*
 * The objects that statement is going to change and of which no hook of the server tells, or tells too late. reported gets those that
 * belong to another object by then, whose own definition is found at the end alone.
 */
void find_other_targets(Node *statement, const std::function<void(const ObjectAddress &)> &found,
						const std::function<void(const ObjectAddress &)> &reported);

} // namespace surefoot

/*
 * What a way back must leave alone: objects that the migration did not make, because they were there already, and objects that it
 * had not come to make when it failed.
 */
#pragma once

#include "server/script/script.hpp"

namespace surefoot {

/* Objects as (kind, identity). */
using Avoid = std::vector<std::pair<std::string, std::string>>;

/*
 * statement as it may run: the whole text, less what would remove an object of avoid, or nothing at all.
 * missing_is_done: what it would remove and is not there counts as removed (the way back from a migration that failed half way).
 */
std::optional<std::string> without_avoided(const Statement &statement, const Avoid &avoid, bool missing_is_done);

} // namespace surefoot

/* The order of ways back: what was applied later goes first, where it has to do with what goes. */
#pragma once

#include "server/history/history.hpp"

namespace surefoot {

/* The migrations that were applied after migration and change the same objects or depend on them, the latest first. */
std::vector<std::string> to_revert_before(const history::Migration &migration);

/* "migration 0018 cannot be reverted before 0021, 0020" */
std::string cannot_be_reverted_before(const history::Migration &migration, const std::vector<std::string> &later);

inline constexpr char order_reason[] = "What was applied later changes the same objects, or depends on them.";

} // namespace surefoot

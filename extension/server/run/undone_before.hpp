/* What of a way back may have been done already, when it begins or goes on. */
#pragma once

#include "server/history/history.hpp"

namespace surefoot {

/*
 * How many statements of migration's down script, from the first on, may find that what they remove is gone: all, when the migration
 * has stopped half way; those that the way back before this one has done, when that has stopped; none otherwise, as what is not there then has
 * never been, and is an error. run: this way back; nothing when it has not begun.
 */
size_t undone_before(const history::Migration &migration, std::optional<int64> run);

} // namespace surefoot

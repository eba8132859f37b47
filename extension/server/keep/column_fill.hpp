/* Values for the rows that have none in a column that was just given back. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/*
 * As the current user, who has to own the table (AccessExclusiveLock): rows with no value in column get that of expression, as ADD COLUMN
 * ... DEFAULT gives it to them; triggers do not run. How many.
 */
int64 fill_column(const std::string &column, const std::string &expression);

} // namespace surefoot

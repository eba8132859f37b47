/*
 * What a revert has kept, the rows of the tables and the values of the columns that the migration had made, given back after the migration was
 * applied again. Nobody does it unasked: the tables may have been filled anew.
 */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* As the current user, who has to own the tables: adds the rows to those that are there. The kept entries are forgotten. How many rows. */
int64 give_back(const std::string &version);

/* What to say of it when version was applied again; empty when nothing is kept. */
std::string offer(const std::string &version);

} // namespace surefoot

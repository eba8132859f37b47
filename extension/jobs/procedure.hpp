/* What procedures that commit have in common. */
#pragma once

#include "server/pg.hpp"

#include <functional>

namespace surefoot {

/* Raises SF010 in a transaction block, for the reason why, and SF003 on a standby. procedure: as it is called. */
void check_call(FunctionCallInfo fcinfo, const char *procedure, const char *why);

/* Runs body, in which commit() may be called. */
void with_spi(const std::function<void()> &body);

/* Ends the transaction and begins a new one without a snapshot. */
void commit();

} // namespace surefoot

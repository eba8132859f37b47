/* What the SQL functions do: the transitions of a migration between its states that a caller asks for. */
#pragma once

#include "server/history/history.hpp"

namespace surefoot {

std::string register_migration(const std::string &version, const std::string &name, const std::string &up,
							   const std::optional<std::string> &down, const std::optional<std::string> &verify);
std::string apply(const std::string &version);
std::string revert(const std::string &version, const std::vector<std::string> &accept);
std::string resume(const std::string &version);
std::string cancel(const std::string &version);

/* The SQL that would run, with its steps; nothing is executed and nothing written. */
std::string dry_run(const std::string &version, const std::string &direction);

} // namespace surefoot

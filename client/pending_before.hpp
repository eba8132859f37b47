// Migrations that come first and are not applied: whoever names a later one may have forgotten them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rows.hpp"
#include "selection.hpp"

namespace surefoot::client {

// A warning for the checklist of version, when the folder has such.
std::optional<Finding> pending_before(Run &run, const StatusMap &status, const std::string &version, const std::string &hint);

// Adds the same to the checklist of what is about to be applied without them.
void add_skipped(Run &run, const StatusMap &status, const std::string &version, std::vector<Finding> &rows);

} // namespace surefoot::client

// A history there and back again, in the sandbox, with real commits.
#pragma once

#include <vector>

#include "history_files.hpp"

namespace surefoot::client {

struct Run;

// Each migration: applied, compared, walked back, compared with what was before, applied again. Shows a table at the end, and throws
// when one is inexact that has not said so.
int rehearse_history(Run &run, const std::vector<const MigrationFiles *> &selected);

} // namespace surefoot::client

// Fills the sandbox with the history that a command stands on.
#pragma once

#include <string>

namespace surefoot::client {

struct Run;

// Applies the migrations before the version (with inclusive: up to it). Without a sandbox, nothing.
void prepare_sandbox(Run &run, const std::string &version, bool inclusive);

} // namespace surefoot::client

// The rows that a checklist can have: what --override may name, and which of them it is no use to name.
#pragma once

#include <string>
#include <vector>

namespace surefoot::client {

// Throws a usage failure for a name that no checklist has: a slip is told before anything is run.
void refuse_unknown_overrides(const std::vector<std::string> &names);

// What stops the server as well, whoever overrides the row.
bool stops_the_server(const std::string &code);

} // namespace surefoot::client

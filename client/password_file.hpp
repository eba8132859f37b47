// A password kept in a file, for containers.
#pragma once

#include <string>

namespace surefoot::client {

// The first line of the file. Refuses what it cannot read and what everybody can read; the variable
// is for messages.
std::string read_password_file(const std::string &path, const std::string &variable);

} // namespace surefoot::client

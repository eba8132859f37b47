// Passwords in SQL and connection strings, covered before a line is shown or stored.
#pragma once

#include <string>
#include <string_view>

namespace surefoot::client {

// Covers what follows the word PASSWORD (in any quoting), password= in connection strings, and the
// password of a URL. Everything else is left as it is.
std::string mask_secrets(std::string_view text);

} // namespace surefoot::client

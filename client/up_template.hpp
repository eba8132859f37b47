// The up file that surefoot new makes.
#pragma once

#include <string>
#include <string_view>

namespace surefoot::client {

std::string up_template(const std::string &stem, const std::string &version);

// Nobody has written anything into it yet, but comments perhaps: to apply that would use up its number.
bool is_untouched_template(std::string_view script);

} // namespace surefoot::client

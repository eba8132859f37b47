// The name and number of a new migration.
#pragma once

#include <string>
#include <string_view>

namespace surefoot::client {

// "Add Status!" -> add_status
std::string file_name_of(std::string_view title);

// The number after the last one, in its width, at least four digits; now is a UTC time with other
// characters between the digits.
std::string next_version(const std::string &last, bool timestamp, std::string_view now);

} // namespace surefoot::client

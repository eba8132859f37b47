// Values as the calls of the server take and give them.
#pragma once

#include <string>
#include <utility>

#include "core/secret_text.hpp"
#include "server.hpp"

namespace surefoot::client {

// What quotes scripts. It is covered before anybody cuts it or makes one line of it.
inline std::string covered(const Result &result, int row, int column)
{
	return core::mask_secret_text(result.text(row, column));
}

inline Param optional_text(const std::string &text)
{
	return text.empty() ? Param() : Param(text);
}

// Versions and up scripts, as two arrays of the same length.
std::pair<std::string, std::string> versions_and_ups(const std::vector<Script> &scripts);

} // namespace surefoot::client

// Reads one script: UTF-8 without byte-order mark and without NUL, or a clear refusal.
#pragma once

#include <filesystem>
#include <string>

namespace surefoot::client {

std::string read_script(const std::filesystem::path &path);

// The same for text that is there already; the path is for messages.
std::string clean_script(std::string text, const std::string &path);

} // namespace surefoot::client

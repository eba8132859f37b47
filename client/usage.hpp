// What is wrong with a command line, in sentences.
#pragma once

#include <string>
#include <vector>

#include "failure.hpp"

namespace surefoot::client {

Failure unknown_command(const std::string &word, const std::vector<std::string> &commands);
Failure no_command(const std::vector<std::string> &commands);

// What CLI11 says of an error of that kind.
std::string sentence_of(const std::string &kind, std::string text, const std::string &command);

} // namespace surefoot::client

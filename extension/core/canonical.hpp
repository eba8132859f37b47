/*
 * Expressions and queries in the words that the server gives them, once it has read them again. What it deparses from the tree that it
 * made of the user's words is not always what it makes of its own; a definition must not change by being restored from a dump.
 */
#pragma once

#include <string>
#include <string_view>

namespace surefoot::core {

std::string canonical(std::string_view text);

} // namespace surefoot::core

// The lines of a script around an error, with a caret.
#pragma once

#include <string>
#include <string_view>

namespace surefoot::client {

// Up to two lines before and after; an empty text when the line is not in the script. Columns are
// characters, counted from 1; 0 leaves the caret out.
std::string render_excerpt(std::string_view script, int line, int column, bool color = false);

} // namespace surefoot::client

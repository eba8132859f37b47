/* Rows of a set-returning function, given as text and taken for what the function's columns are. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

using TextRow = std::vector<std::optional<std::string>>;

void return_typed_rows(FunctionCallInfo fcinfo, const std::vector<TextRow> &rows);

/* The text of a text[]. */
std::string array_text(const std::vector<std::string> &elements);

/* NULL for an empty text. */
inline std::optional<std::string> or_null(const std::string &text)
{
	return text.empty() ? std::nullopt : std::optional(text);
}

} // namespace surefoot

/* Statements made at run time, whose parameters are columns of texts, one text[] each. They run as the current user. */
#pragma once

#include "server/keep/changed_rows.hpp"

namespace surefoot {

/* The rows that it returns, if it does. */
std::vector<Cells> run_with_texts(const std::string &sql, const std::vector<Cells> &parameters);

/* For a pinned search_path, "unnest($1, $2) AS alias(c0, c4)" for the columns 0 and 4. */
std::string unnested(const std::vector<size_t> &columns, const std::string &alias);

} // namespace surefoot

/* The names that the server would give to indexes and constraints without one, chosen before they are made. */
#pragma once

#include "server/plan/created.hpp"

namespace surefoot {

/* parts: "" for an expression that has no name of its own. label: idx, key or pkey. */
std::string choose_index_name(const Created &created, const std::string &schema,
							  const std::string &table, const std::vector<std::string> &columns,
							  const char *label, bool constraint);

/* The names of the columns that statement's index will have. */
std::vector<std::string> index_column_names(const IndexStmt *statement);

/* Makes names different by counting, as the server does; an empty one is an expression's. */
std::vector<std::string> distinct_names(std::vector<std::string> names);

/* A relation of that name is there, or will be. */
bool is_name_taken(const Created &created, const std::string &schema, const std::string &name);

} // namespace surefoot

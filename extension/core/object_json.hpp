/*
 * Definitions as JSON, for the history tables.
 *
 * Bytes outside ASCII pass as they are, in whatever encoding the database has; the fields are an array of pairs, so that their order
 * survives jsonb. Reading throws std::invalid_argument.
 */
#pragma once

#include "core/object.hpp"

namespace surefoot::core {

std::string to_json(const Object &object);
std::string to_json(const Objects &objects);
std::string to_json(const std::vector<Change> &changes);

Objects objects_from_json(std::string_view json);
std::vector<Change> changes_from_json(std::string_view json);

} // namespace surefoot::core

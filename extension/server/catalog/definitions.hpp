/* The definitions of database objects, read from the catalogs. */
#pragma once

#include "core/object.hpp"
#include "server/catalog/roots.hpp"

namespace surefoot::catalog {

/* Columns whose names begin so are as good as dropped: see server/hidden_column.hpp. */
inline constexpr std::string_view hidden_prefix = "surefoot_hidden_";

/*
 * Each root with all that hangs on it; a root that is not there yields nothing. The cost follows the roots, not the schema.
 * What this transaction has done is seen up to the last CommandCounterIncrement. The caller holds the locks that it needs.
 */
core::Objects read_definitions(const std::vector<ObjectAddress> &roots);

/* Everything in a schema, or in all of them: without the system's, temporary objects, schema surefoot and members of extensions. */
core::Objects read_schema(std::optional<Oid> schema);

/* The fingerprint of the same, without building it in memory. */
std::string schema_fingerprint(std::optional<Oid> schema, core::Kind kind);

} // namespace surefoot::catalog

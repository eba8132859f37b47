/*
 * The rarer kinds of objects, by one table instead of a file each: operators, text search, foreign servers, publications ...
 *
 * Each column of the catalog row becomes a field of that name; an OID becomes the identity of what it points to, by the server's own
 * list of references between catalogs.
 */
#pragma once

#include "server/catalog/reading.hpp"

namespace surefoot::catalog {

/* Reads one object, if its class is one of these and it is there. */
void read_other(Reading &reading, const ObjectAddress &root);

/* Reads all that wanted(class, oid, schema) takes; schema is InvalidOid for kinds that live in none. */
using Wanted = std::function<bool(Oid class_id, Oid oid, Oid schema)>;
void read_all_others(Reading &reading, const Wanted &wanted);

} // namespace surefoot::catalog

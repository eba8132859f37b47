/* What depends on an object, by the catalog. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

struct Dependent {
	ObjectAddress root;	  /* the top-level object */
	ObjectAddress object; /* what of it depends: a constraint, a rule, itself */
};

/*
 * The top-level objects whose definitions mention object: those that pg_depend says depend on it itself, on its row or array
 * type or, if it is a schema, on anything in it. column: on that column of it alone.
 */
std::vector<Dependent> dependents_of(const ObjectAddress &object, const char *column = nullptr);

/*
 * The table that one of the server's triggers is on which enforce keys, maybe one of another table. Of those that go it matters
 * when they stood otherwise than new ones do; else there is none.
 */
Oid table_of_check(Oid trigger, bool goes);

} // namespace surefoot

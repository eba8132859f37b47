/* Trying a statement to see what it would make: on empty tables, in a subtransaction that is rolled back, in silence. */
#pragma once

#include "core/object.hpp"
#include "server/script/script.hpp"

namespace surefoot {

/* The definitions that hang on one top-level object, as they are and as they would be. */
struct Trial {
	core::Objects there;   /* now */
	core::Objects without; /* when the object that was taken away is gone; the same as there, if none was */
	core::Objects made;	   /* after the statement */
};

/* Tries sql, whose parse tree (or one of the same tables) is node, without the object at there. */
Trial try_without(const ObjectAddress &there, Node *node, const std::string &sql);

/* Tries it with everything as it is; roots are what it changes. */
Trial try_in_place(const std::vector<ObjectAddress> &roots, Node *node, const std::string &sql);

/* sql without its CONCURRENTLY, which no transaction allows: the catalog ends the same. */
std::string without_concurrently(const std::string &sql);

/* sql, a CREATE TABLE ... AS of that parse tree, without running its query: the definition is the same. */
std::string without_data(Node *node, const std::string &sql);

/* Messages of a trial are nobody's business. Lasts until the subtransaction that it is called in is rolled back. */
void be_silent();

} // namespace surefoot

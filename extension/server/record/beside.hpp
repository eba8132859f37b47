/* What changes beside the objects that a statement names, and nobody is told. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* Those that name this one as their commutator or negator forget it when it is dropped, and nothing reports that. */
std::vector<Oid> tied_operators(Oid id);

/*
 * While a partition is detached, what foreign keys that refer to it have for it looks for a moment like keys of their own. Their tables
 * are read before.
 */
bool detaches(Node *statement);

/* Of a table that becomes logged or unlogged, or moves, its own sequences do so too, and nobody is told. */
std::vector<ObjectAddress> sequences_that_follow(Node *statement);

} // namespace surefoot

/*
 * Tables that look empty for a while, so that a statement can be tried without scanning or rewriting anything.
 *
 * Only in a subtransaction that is rolled back: it takes the old storage back with it. It needs the AccessExclusiveLock of the
 * table, sought like every other and held until that rollback.
 */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

class EmptyStorage {
public:
	/* Empties what statement is about, and what a query in it reads or writes; small tables stay as they are. */
	void prepare(Node *statement);
	bool is_emptied(Oid relation) const { return done_.contains(relation); }

private:
	void empty(Oid relation);
	std::map<Oid, bool> done_; /* small ones, which were left as they are, included */
};

} // namespace surefoot

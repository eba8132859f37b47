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
	/* Tables of at most so many pages keep their rows. */
	explicit EmptyStorage(int64 pages) : pages_(pages) {}
	/*
	 * Empties what statement is about, and what a query in it reads or writes; small tables stay as they are. Whether any of them
	 * is empty now.
	 */
	bool prepare(Node *statement);
	/* That one keeps its rows as well. */
	void spare(Oid relation) { done_.emplace(relation, false); }
	bool is_prepared(Oid relation) const { return done_.contains(relation); }
	bool is_emptied(Oid relation) const
	{
		const auto found = done_.find(relation);
		return found != done_.end() && found->second;
	}

	/* Of a table; whether it is empty now. small: even if it is. */
	bool empty(Oid relation, bool small = false);

private:
	std::map<Oid, bool> done_; /* whether it was emptied, or left as it is */
	int64 pages_;
};

} // namespace surefoot

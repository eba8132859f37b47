/*
 * What a statement does beside what definitions show: the locks that it takes, the tables that it rewrites or reads from end to
 * end, the rows that it writes, its WAL and its time. Seen from within its own backend, so that others do not disturb the picture.
 */
#pragma once

#include "server/plan/facts.hpp"

namespace surefoot {

struct WrittenRows {
	std::string table;
	int64 inserted = 0, updated = 0, deleted = 0;

	int64 all() const { return inserted + updated + deleted; }
};

struct Observation {
	/* On tables and views that others can see; the strongest that is new, without ACCESS SHARE. By name. */
	std::map<std::string, LOCKMODE> locks;
	std::vector<std::string> rewritten, scanned;
	std::vector<WrittenRows> written;
	int64 wal_bytes = 0, microseconds = 0;
};

/* Looks before and after each statement of one transaction. */
class Observer {
public:
	Observer();
	/* A statement is next. named: tables that it may drop, whose names nobody knows afterwards. */
	void prepare(const std::vector<LockedTable> &named);
	/* All is ready for it: what was locked since it was next is locked for it, what was written is not of its doing. */
	void begin();
	/* It has run. */
	Observation end();

private:
	struct Seen {
		LOCKMASK modes = 0;
		Oid file = InvalidOid;
		int64 scans = 0, read = 0, inserted = 0, updated = 0, deleted = 0;
		bool is_new = true; /* not seen before the statement ran */
	};
	/* The user's relations that this transaction has any lock on. */
	std::map<Oid, Seen> look();
	const std::string &name_of(Oid relation);

	std::map<Oid, Seen> before_;
	std::map<Oid, LOCKMASK> locked_;
	std::map<Oid, Seen> counted_; /* what this session had counted, and not reported, when each was last seen */
	std::map<Oid, std::string> names_; /* empty: not one to be told of */
	uint64 wal_ = 0;
	TimestampTz started_ = 0;
};

/* Adds what one more statement did. */
void add(Observation &sum, const Observation &more);

} // namespace surefoot

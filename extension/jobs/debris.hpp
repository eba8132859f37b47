/* What statements that commit on their own leave when they are killed half way, and what is left to do of them then. */
#pragma once

#include "jobs/job.hpp"

namespace surefoot {

/* The index that a concurrent build makes, as it is found. */
struct IndexState {
	bool exists = false, valid = false;
	bool on_table = false; /* on the table that the build is for */
	int builder = 0;       /* pid of who is building it now */
	Oid table = InvalidOid; /* the table that the build is for */
};

/* In a transaction of its own, as are all of these. */
IndexState read_index_state(const Operation &operation);

/* schema.index, quoted, as it stands in a statement. */
std::string index_text(const Operation &operation);

/* The invalid copies that REINDEX CONCURRENTLY has left of the indexes that sql names; none for another statement. */
std::vector<std::string> reindex_debris(const std::string &sql);

/*
 * What to run of sql: itself; the second half of a DETACH PARTITION CONCURRENTLY; or nothing, when it was interrupted after it had
 * done its work.
 */
std::optional<std::string> what_is_left(const std::string &sql, bool interrupted);

} // namespace surefoot

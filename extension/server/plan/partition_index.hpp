/* Indexes on partitioned tables: which partitions get one by themselves, before the parent's statement attaches it. */
#pragma once

#include "server/pg.hpp"

#include <vector>

namespace surefoot {

/*
 * The partitions of table, of all levels, that are worth a concurrent build of what wanted describes: not the small ones, which the
 * parent's own statement may build, as long as they come to no more than surefoot.direct_index_pages together, and none that has
 * such an index already, which that statement attaches. Of wanted counts what says how the index is, and isconstraint and primary.
 */
std::vector<Oid> partitions_to_index(Oid table, const IndexStmt *wanted);

/* What partitions_to_index asks for the index of a UNIQUE or PRIMARY KEY constraint. */
const IndexStmt *index_of(const Constraint *constraint);

} // namespace surefoot

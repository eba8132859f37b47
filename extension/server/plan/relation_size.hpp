/* How large tables are: asked without waiting for anybody. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

struct RelationSize {
	int64 pages = 0; /* of the heap, of all partitions together */
	int64 bytes = 0; /* with indexes and TOAST */
	int64 rows = -1; /* the planner's estimate; -1: there is none */
};

/* Of a table, materialized view or index, or of a partitioned one with all that it consists of. */
RelationSize relation_size(Oid id);

/*
 * Pages of one table, without its partitions. Exact where the caller has it locked; when somebody else has it locked
 * exclusively, it is what the catalog says.
 */
int64 table_pages(Oid id);

/* The same with its partitions. */
int64 all_pages(Oid id);

/* The partitions that hold rows, of all levels; empty when it has none. Foreign ones are left out. */
std::vector<Oid> leaf_partitions(Oid id);

} // namespace surefoot

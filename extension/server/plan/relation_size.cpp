#include "server/plan/relation_size.hpp"

#include <algorithm>

extern "C" {
#include "catalog/pg_inherits.h"
#include "optimizer/plancat.h"
#include "storage/bufmgr.h"
#include "utils/fmgrprotos.h"
}

namespace surefoot {

namespace {

struct Plain {
	int64 pages, bytes, rows;
};

bool has_storage(char kind)
{
	return kind == RELKIND_RELATION || kind == RELKIND_MATVIEW || kind == RELKIND_INDEX ||
		   kind == RELKIND_SEQUENCE || kind == RELKIND_TOASTVALUE;
}

/* Of a table that was never analyzed: what the planner makes of its size and of the width of its columns. */
int64 guess_rows(Relation relation)
{
	BlockNumber pages;
	double rows, visible;
	estimate_rel_size(relation, nullptr, &pages, &rows, &visible);
	return static_cast<int64>(rows);
}

Plain measure(Oid id, bool with_all)
{
	Plain result = {0, 0, -1};
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(id));
	if (!HeapTupleIsValid(tuple))
		return result;
	const Form_pg_class form = (Form_pg_class)GETSTRUCT(tuple);
	const bool stored = has_storage(form->relkind);
	result.pages = form->relpages;
	result.rows = form->reltuples < 0 ? -1 : static_cast<int64>(form->reltuples);
	ReleaseSysCache(tuple);
	if (!stored)
		return result;
	result.bytes = result.pages * BLCKSZ;
	if (!ConditionalLockRelationOid(id, AccessShareLock))
		return result;
	Relation relation = try_relation_open(id, NoLock);
	if (relation != nullptr) {
		const int64 pages = RelationGetNumberOfBlocks(relation);
		/* The estimate is of the last ANALYZE; tables grow evenly, the planner assumes the same. */
		if (result.rows > 0 && result.pages > 0)
			result.rows =
				static_cast<int64>(static_cast<double>(result.rows) /
								   static_cast<double>(result.pages) * static_cast<double>(pages));
		else if (result.rows < 0 && (relation->rd_rel->relkind == RELKIND_RELATION || relation->rd_rel->relkind == RELKIND_MATVIEW))
			result.rows = pages > 0 ? guess_rows(relation) : 0;
		result.pages = pages;
		result.bytes = pages * BLCKSZ;
		if (with_all)
			result.bytes =
				DatumGetInt64(DirectFunctionCall1(pg_total_relation_size, ObjectIdGetDatum(id)));
		relation_close(relation, NoLock);
	}
	UnlockRelationOid(id, AccessShareLock);
	return result;
}

} // namespace

std::vector<Oid> leaf_partitions(Oid id)
{
	std::vector<Oid> result;
	if (pg_call([id] { return get_rel_relkind(id); }) != RELKIND_PARTITIONED_TABLE)
		return result;
	List *all = pg_call([id] { return find_all_inheritors(id, NoLock, nullptr); });
	for (int i = 0; i < list_length(all); i++) {
		const Oid child = list_nth_oid(all, i);
		if (pg_call([child] { return get_rel_relkind(child); }) == RELKIND_RELATION)
			result.push_back(child);
	}
	return result;
}

int64 table_pages(Oid id)
{
	return pg_call([id] { return measure(id, false); }).pages;
}

int64 all_pages(Oid id)
{
	int64 pages = 0;
	for (const Oid leaf : leaf_partitions(id))
		pages += table_pages(leaf);
	return pages > 0 ? pages : table_pages(id);
}

RelationSize relation_size(Oid id)
{
	std::vector<Oid> parts = leaf_partitions(id);
	if (parts.empty())
		parts.push_back(id);
	RelationSize total;
	for (const Oid part : parts) {
		const Plain one = pg_call([part] { return measure(part, true); });
		total.pages += one.pages;
		total.bytes += one.bytes;
		if (one.rows >= 0)
			total.rows = std::max<int64>(total.rows, 0) + one.rows;
	}
	return total;
}

} // namespace surefoot

#include "server/keep/kept_mark.hpp"

#include "server/keep/kept_storage.hpp"
#include "server/record/recorder.hpp"
#include "server/spi.hpp"

extern "C" {
#include "catalog/heap.h"
#include "catalog/pg_am.h"
#include "commands/comment.h"
}

namespace surefoot {

namespace {

constexpr char mark[] = "kept_rows";
constexpr char comment[] = "Surefoot keeps rows or values that only a revert brings back: SELECT * FROM migrate_archive(). Empty; DROP EXTENSION needs CASCADE while it is there.";

/* By the server's own function, as no trigger on DDL has to see it. */
void create_mark(Oid owner)
{
	const Oid schema = get_namespace_oid("surefoot_archive", false);
	TupleDesc no_columns = CreateTemplateTupleDesc(0);
	const Oid table = heap_create_with_catalog(mark, schema, InvalidOid, InvalidOid, InvalidOid, InvalidOid, owner, HEAP_TABLE_AM_OID, no_columns, NIL,
											   RELKIND_RELATION, RELPERSISTENCE_PERMANENT, false, false, ONCOMMIT_NOOP, (Datum)0, false, false, true,
											   InvalidOid, nullptr);
	CommandCounterIncrement();
	CreateComments(table, RelationRelationId, 0, comment);
	CommandCounterIncrement();
}

} // namespace

void mark_kept()
{
	/* Whoever takes it away at this moment is waited for. */
	if (const Oid table = archive_table(mark); OidIsValid(table)) {
		const bool there = pg_call([table] {
			LockRelationOid(table, AccessShareLock);
			return SearchSysCacheExists1(RELOID, ObjectIdGetDatum(table));
		});
		if (there)
			return;
	}
	const Recorder::Pause unrecorded;
	const Oid owner = extension().owner;
	pg_call([owner] { create_mark(owner); });
}

void unmark_kept()
{
	/* What a migration has kept that is reverted is where it was. */
	static Query query("SELECT FROM surefoot.archive a JOIN surefoot.migration m ON m.version = a.version WHERE a.purged_at IS NULL "
					   "AND a.kind = ANY ('{rows,column,values,table,hidden}') AND NOT (a.direction = 'up' AND m.state = 'reverted') LIMIT 1",
					   {});
	const Oid table = archive_table(mark);
	if (!OidIsValid(table) || !pg_call([table] { return ConditionalLockRelationOid(table, AccessExclusiveLock); }))
		return;
	const Internal internal;
	if (query.run().empty())
		drop_archive_table(mark);
}

} // namespace surefoot

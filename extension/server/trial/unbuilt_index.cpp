#include "server/trial/unbuilt_index.hpp"

#include "server/compat.hpp"
#include "server/plan/relation_size.hpp"
#include "server/settings.hpp"

extern "C" {
#include "catalog/pg_inherits.h"
#include "parser/parse_utilcmd.h"
#include "utils/snapmgr.h"
}

namespace surefoot {

namespace {

/* Neither valid nor ready is the state after the first phase of a concurrent build: nobody reads the index, nobody writes to it. */
void mark(Oid index, bool usable)
{
	HeapTuple row = SearchSysCacheCopy1(INDEXRELID, ObjectIdGetDatum(index));
	if (!HeapTupleIsValid(row))
		return;
	Relation catalog = table_open(IndexRelationId, RowExclusiveLock);
	Form_pg_index form = (Form_pg_index)GETSTRUCT(row);
	form->indisvalid = usable;
	form->indisready = usable;
	CatalogTupleUpdate(catalog, &row->t_self, row);
	heap_freetuple(row);
	table_close(catalog, RowExclusiveLock);
}

} // namespace

Oid large_table_of(const IndexStmt *statement)
{
	const RangeVar *name = statement->relation;
	const Oid id = pg_call([name] {
		const Oid found = RangeVarGetRelid(name, NoLock, true);
		const char kind = OidIsValid(found) ? get_rel_relkind(found) : '\0';
		const bool has_rows = kind == RELKIND_RELATION || kind == RELKIND_MATVIEW || kind == RELKIND_PARTITIONED_TABLE;
		return has_rows && !IsCatalogRelationOid(found) ? found : InvalidOid;
	});
	return OidIsValid(id) && all_pages(id) > settings::direct_index_pages ? id : InvalidOid;
}

Oid define_unbuilt_index(const IndexStmt *statement, const std::string &sql)
{
	const char *text = sql.c_str();
	return pg_call([statement, text] {
		IndexStmt *index = (IndexStmt *)copyObjectImpl(statement);
		index->concurrent = false;
		/* As the statement itself looks its table up: locked, and only for its owner. */
		const Oid table = RangeVarGetRelidExtended(index->relation, ShareLock, 0, RangeVarCallbackOwnsRelation, nullptr);
		if (get_rel_relkind(table) == RELKIND_PARTITIONED_TABLE)
			(void)find_all_inheritors(table, ShareLock, nullptr);
		PushActiveSnapshot(GetTransactionSnapshot());
		index = transformIndexStmt(table, index, text);
		const ObjectAddress made = compat::define_index_without_build(table, index);
		PopActiveSnapshot();
		CommandCounterIncrement();
		return made.objectId;
	});
}

void hide_from_planner(const std::vector<Oid> &indexes, bool hide)
{
	for (const Oid index : indexes)
		pg_call([index, hide] {
			/* One that a statement since has dropped. */
			if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(index)))
				return;
			List *all = find_all_inheritors(index, NoLock, nullptr);
			for (int i = 0; i < list_length(all); i++)
				mark(list_nth_oid(all, i), !hide);
			CommandCounterIncrement();
		});
}

std::string set_index_aside(Oid index)
{
	return pg_call([index] {
		const char *name = psprintf("surefoot_aside_%u", index);
		RenameRelationInternal(index, name, true, true);
		CommandCounterIncrement();
		ObjectAddress address;
		ObjectAddressSet(address, RelationRelationId, index);
		return (const char *)getObjectIdentity(&address, false);
	});
}

bool drop_indexes_lightly(const DropStmt *statement, const std::function<void(Oid)> &found)
{
	if (statement->removeType != OBJECT_INDEX)
		return false;
	std::vector<Oid> indexes;
	for (int i = 0; i < list_length(statement->objects); i++) {
		List *names = (List *)list_nth(statement->objects, i);
		const Oid id = pg_call([names] {
			const Oid index = RangeVarGetRelid(makeRangeVarFromNameList(names), NoLock, true);
			return OidIsValid(index) && get_rel_relkind(index) == RELKIND_INDEX && compat::owns_relation(index) ? index : InvalidOid;
		});
		if (!OidIsValid(id))
			return false;
		indexes.push_back(id);
	}
	for (Oid index : indexes)
		found(index);
	const Oid *first = indexes.data();
	const size_t count = indexes.size();
	pg_call([statement, first, count] {
		ObjectAddresses *all = new_object_addresses();
		for (size_t i = 0; i < count; i++) {
			ObjectAddress address;
			ObjectAddressSet(address, RelationRelationId, first[i]);
			add_exact_object_address(&address, all);
		}
		performMultipleDeletions(all, statement->behavior, PERFORM_DELETION_CONCURRENT_LOCK);
		CommandCounterIncrement();
	});
	return true;
}

} // namespace surefoot

#include "server/keep/kept_storage.hpp"

#include "server/compat.hpp"
#include "server/internal.hpp"
#include "server/keep/kept_enums.hpp"
#include "server/keep/row_writer.hpp"
#include "server/record/recorder.hpp"

extern "C" {
#include "access/multixact.h"
#include "access/tableam.h"
#include "access/tupconvert.h"
#include "catalog/dependency.h"
#include "catalog/heap.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "commands/cluster.h"
#include "commands/comment.h"
#include "commands/tablecmds.h"
#include "storage/predicate.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
}

namespace surefoot {

namespace {

/* Plain functions, used inside guarded calls only. */

void rename_toast(Oid toast, const char *name)
{
	if (!OidIsValid(toast))
		return;
	Relation relation = table_open(toast, AccessExclusiveLock);
	const Oid index = linitial_oid(RelationGetIndexList(relation));
	table_close(relation, NoLock);
	RenameRelationInternal(toast, name, true, false);
	RenameRelationInternal(index, psprintf("%s_index", name), true, true);
	CommandCounterIncrement();
}

void belong(Oid toast, Oid table)
{
	if (!OidIsValid(toast))
		return;
	ObjectAddress part, whole;
	ObjectAddressSet(part, RelationRelationId, toast);
	ObjectAddressSet(whole, RelationRelationId, table);
	if (deleteDependencyRecordsFor(RelationRelationId, toast, false) != 1)
		elog(ERROR, "table %u, which holds large values, does not belong to one table", toast);
	recordDependencyOn(&part, &whole, DEPENDENCY_INTERNAL);
}

} // namespace

void swap_files(Oid first, Oid second)
{
	Relation a = table_open(first, NoLock), b = table_open(second, NoLock);
	CheckTableNotInUse(a, "move the rows of");
	CheckTableNotInUse(b, "move the rows of");
	Relation classes = table_open(RelationRelationId, RowExclusiveLock);
	HeapTuple row_a = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(first)), row_b = SearchSysCacheCopy1(RELOID, ObjectIdGetDatum(second));
	if (!HeapTupleIsValid(row_a) || !HeapTupleIsValid(row_b))
		elog(ERROR, "cache lookup failed for relation %u or %u", first, second);
	const Form_pg_class form_a = (Form_pg_class)GETSTRUCT(row_a), form_b = (Form_pg_class)GETSTRUCT(row_b);
	if (form_a->relfilenode == 0 || form_b->relfilenode == 0 || form_a->relpersistence != form_b->relpersistence || form_a->relam != form_b->relam)
		elog(ERROR, "relations %u and %u cannot change their files", first, second);
	std::swap(form_a->relfilenode, form_b->relfilenode);
	std::swap(form_a->reltablespace, form_b->reltablespace);
	std::swap(form_a->reltoastrelid, form_b->reltoastrelid);
	std::swap(form_a->relpages, form_b->relpages);
	std::swap(form_a->reltuples, form_b->reltuples);
	std::swap(form_a->relallvisible, form_b->relallvisible);
	std::swap(form_a->relfrozenxid, form_b->relfrozenxid);
	std::swap(form_a->relminmxid, form_b->relminmxid);
	compat::swap_all_frozen(form_a, form_b);
	const Oid toast_a = form_a->reltoastrelid, toast_b = form_b->reltoastrelid;
	/* Whether a file is new in this transaction, and may skip the WAL, is known by the relation that has it. */
	const bool a_is_new = compat::is_stored_anew(a), b_is_new = compat::is_stored_anew(b);
	compat::has_new_file(a, b_is_new);
	compat::has_new_file(b, a_is_new);
	CatalogTupleUpdate(classes, &row_a->t_self, row_a);
	CatalogTupleUpdate(classes, &row_b->t_self, row_b);
	table_close(classes, RowExclusiveLock);
	RelationCloseSmgr(a);
	RelationCloseSmgr(b);
	table_close(a, NoLock);
	table_close(b, NoLock);
	belong(toast_a, first);
	belong(toast_b, second);
	CommandCounterIncrement();
	/* By the names that the server gives them: the number of one that is gone may be given to another table. */
	rename_toast(toast_a, psprintf("pg_toast_%u_kept", first));
	rename_toast(toast_b, psprintf("pg_toast_%u", second));
	rename_toast(toast_a, psprintf("pg_toast_%u", first));
}

namespace {

/* What rows have that are older than a column is the catalog's to say, and not in them. */
void copy_missing_values(Oid from, Oid to)
{
	Relation source = table_open(from, NoLock);
	const int columns = RelationGetNumberOfAttributes(source);
	table_close(source, NoLock);
	Relation attributes = table_open(AttributeRelationId, RowExclusiveLock);
	for (AttrNumber number = 1; number <= columns; number++) {
		HeapTuple was = SearchSysCache2(ATTNUM, ObjectIdGetDatum(from), Int16GetDatum(number));
		if (!HeapTupleIsValid(was))
			elog(ERROR, "column %d of relation %u is not there", number, from);
		if (((Form_pg_attribute)GETSTRUCT(was))->atthasmissing) {
			bool is_null;
			Datum values[Natts_pg_attribute] = {};
			bool nulls[Natts_pg_attribute] = {}, replaced[Natts_pg_attribute] = {};
			values[Anum_pg_attribute_atthasmissing - 1] = BoolGetDatum(true);
			values[Anum_pg_attribute_attmissingval - 1] = SysCacheGetAttr(ATTNUM, was, Anum_pg_attribute_attmissingval, &is_null);
			replaced[Anum_pg_attribute_atthasmissing - 1] = replaced[Anum_pg_attribute_attmissingval - 1] = true;
			HeapTuple row = SearchSysCacheCopy2(ATTNUM, ObjectIdGetDatum(to), Int16GetDatum(number));
			row = heap_modify_tuple(row, RelationGetDescr(attributes), values, nulls, replaced);
			CatalogTupleUpdate(attributes, &row->t_self, row);
		}
		ReleaseSysCache(was);
	}
	table_close(attributes, RowExclusiveLock);
	CommandCounterIncrement();
}

/* Whether rows of a, in the archive, are rows of b as they are. */
bool have_same_rows(Relation a, Relation b)
{
	const TupleDesc first = RelationGetDescr(a), second = RelationGetDescr(b);
	if (first->natts != second->natts || a->rd_rel->relpersistence != b->rd_rel->relpersistence || a->rd_rel->relam != b->rd_rel->relam)
		return false;
	for (int i = 0; i < first->natts; i++) {
		const Form_pg_attribute x = TupleDescAttr(first, i), y = TupleDescAttr(second, i);
		if (x->attisdropped || y->attisdropped || x->atthasmissing || y->atthasmissing || !is_stored_alike(a, x, y) ||
			x->atttypmod != y->atttypmod || x->attcollation != y->attcollation || strcmp(NameStr(x->attname), NameStr(y->attname)) != 0)
			return false;
	}
	return true;
}

} // namespace

/* What the archive says of the table that the rows are of. */
static char *of_table(Oid table)
{
	return psprintf("of relation %u", table);
}

bool is_stored_alike(Relation archive, Form_pg_attribute kept, Form_pg_attribute now)
{
	return kept->atttypid == now->atttypid || (kept->atttypid == OIDOID && has_same_numbers(RelationGetRelid(archive), kept->attnum, now->atttypid));
}

bool is_of_table(Oid archive, Oid table)
{
	const char *of = GetComment(archive, RelationRelationId, 0);
	return of != nullptr && strcmp(of, of_table(table)) == 0;
}

/* Of each column of the archive, the one of table that gets its values: by number in the table that the rows are of, which others may have renamed columns of, else by name; -1: none. */
static int *matching_columns(Relation archive, Relation table)
{
	const TupleDesc from = RelationGetDescr(archive), to = RelationGetDescr(table);
	const bool is_same = is_of_table(RelationGetRelid(archive), RelationGetRelid(table));
	int *matching = (int *)palloc(sizeof(int) * from->natts);
	Bitmapset *taken = nullptr;
	for (int k = 0; k < from->natts; k++) {
		const bool by_number = is_same && k < to->natts && !TupleDescAttr(from, k)->attisdropped && !TupleDescAttr(to, k)->attisdropped;
		matching[k] = by_number ? k : -1;
		if (by_number)
			taken = bms_add_member(taken, k);
	}
	for (int k = 0; k < from->natts; k++)
		for (int i = 0; i < to->natts && matching[k] < 0 && !TupleDescAttr(from, k)->attisdropped; i++)
			if (!TupleDescAttr(to, i)->attisdropped && !bms_is_member(i, taken) &&
				strcmp(NameStr(TupleDescAttr(from, k)->attname), NameStr(TupleDescAttr(to, i)->attname)) == 0)
				matching[k] = i;
	return matching;
}

/*
 * Those that were dropped since are left out, with a warning, and those that were added are in given no more. enums: by number, of those that are.
 */
static AttrMap *map_columns(Relation archive, Relation table, Bitmapset **given, EnumNumbers **enums)
{
	const TupleDesc from = RelationGetDescr(archive), to = RelationGetDescr(table);
	const int *matching = matching_columns(archive, table);
	AttrMap *map = make_attrmap(to->natts);
	for (int k = 0; k < from->natts; k++) {
		const Form_pg_attribute kept = TupleDescAttr(from, k);
		const int i = matching[k];
		if (kept->attisdropped)
			continue;
		if (i < 0) {
			ereport(WARNING, (errmsg("the values of column \"%s\" of table \"%s\" do not come back: it has no such column any more",
									 NameStr(kept->attname), RelationGetRelationName(table))));
			continue;
		}
		const Form_pg_attribute column = TupleDescAttr(to, i);
		if (kept->atttypid == OIDOID)
			enums[i] = enum_numbers(RelationGetRelid(archive), kept->attnum, column->atttypid);
		if (enums[i] == nullptr && (kept->atttypid != column->atttypid || kept->atttypmod != column->atttypmod))
			ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
							errmsg("column \"%s\" has another type than the values that were kept of it", NameStr(column->attname)),
							errdetail("They are of type %s.", format_type_with_typemod(kept->atttypid, kept->atttypmod))));
		map->attnums[i] = k + 1;
		*given = bms_add_member(*given, i + 1);
	}
	return map;
}

int64 copy_rows(Relation from, Relation to)
{
	int64 count = 0;
	Bitmapset *given = nullptr;
	EnumNumbers **enums = (EnumNumbers **)palloc0(sizeof(EnumNumbers *) * RelationGetNumberOfAttributes(to));
	AttrMap *map = map_columns(from, to, &given, enums);
	const RowWriter writer = RowWriter::open(to);
	ExprState *const *defaults = writer.defaults_beside(given);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	TupleTableSlot *row = writer.new_slot(from), *copy = writer.new_slot(to);
	TableScanDesc scan = table_beginscan(from, snapshot, 0, nullptr);
	while (table_scan_getnextslot(scan, ForwardScanDirection, row)) {
		CHECK_FOR_INTERRUPTS();
		execute_attr_map_slot(map, row, copy);
		MemoryContext caller = MemoryContextSwitchTo(GetPerTupleMemoryContext(writer.estate));
		writer.set_defaults(defaults, copy);
		for (int i = 0; i < RelationGetNumberOfAttributes(to); i++) {
			if (copy->tts_isnull[i])
				continue;
			/* A value that is stored apart belongs to the table that goes. */
			if (TupleDescAttr(RelationGetDescr(to), i)->attlen == -1)
				copy->tts_values[i] = PointerGetDatum(PG_DETOAST_DATUM(copy->tts_values[i]));
			if (enums[i] != nullptr)
				copy->tts_values[i] = ObjectIdGetDatum(renumbered(enums[i], DatumGetObjectId(copy->tts_values[i])));
		}
		MemoryContextSwitchTo(caller);
		writer.insert(copy);
		ExecClearTuple(copy);
		count++;
	}
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	writer.close();
	return count;
}

void move_storage_away(Oid table, const std::string &archive, bool stays)
{
	const Recorder::Pause pause;
	const Oid owner = extension().owner;
	const char *name = archive.c_str();
	pg_call([=] {
		const Oid schema = get_namespace_oid("surefoot_archive", false);
		const Oid copy = compat::new_heap_like(table);
		ATExecChangeOwner(copy, owner, false, AccessExclusiveLock);
		CommandCounterIncrement();
		Relation relation = table_open(copy, AccessExclusiveLock);
		ObjectAddresses *moved = new_object_addresses();
		AlterTableNamespaceInternal(relation, RelationGetNamespace(relation), schema, moved);
		free_object_addresses(moved);
		table_close(relation, NoLock);
		CommandCounterIncrement();
		RenameRelationInternal(copy, name, true, false);
		CommandCounterIncrement();
		CreateComments(copy, RelationRelationId, 0, of_table(table));
		copy_missing_values(table, copy);
		store_enums_as_numbers(copy);
		if (stays) {
			Relation emptied = table_open(table, NoLock);
			CheckTableForSerializableConflictIn(emptied);
			table_close(emptied, NoLock);
		}
		swap_files(table, copy);
		/* Also in new files: those of before may be there again when the transaction is rolled back. */
		if (stays)
			compat::reindex(table);
	});
}

Oid archive_table(const std::string &archive)
{
	const char *name = archive.c_str();
	return pg_call([name] {
		const Oid schema = get_namespace_oid("surefoot_archive", true);
		return OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
	});
}

void move_storage_back(Oid table, const std::string &archive)
{
	const Oid copy = archive_table(archive);
	if (!OidIsValid(copy))
		throw Error("42704", "the rows that were kept in surefoot_archive." + archive + " are gone");
	const bool by_files = pg_call([=] {
		LockRelationOid(copy, AccessExclusiveLock);
		Relation from = table_open(copy, NoLock), to = table_open(table, NoLock);
		const bool same = have_same_rows(from, to) && RelationGetNumberOfBlocks(to) == 0 && RelationGetIndexList(to) == NIL;
		if (!same)
			copy_rows(from, to);
		table_close(from, NoLock);
		table_close(to, NoLock);
		return same;
	});
	if (by_files) {
		const Internal internal;
		pg_call([=] { swap_files(table, copy); });
	}
	drop_archive_table(archive);
}

void drop_archive_table(const std::string &archive)
{
	const Oid copy = archive_table(archive);
	if (!OidIsValid(copy))
		return;
	const Recorder::Pause pause;
	const Internal internal;
	pg_call([copy] {
		LockRelationOid(copy, AccessExclusiveLock);
		ObjectAddress address;
		ObjectAddressSet(address, RelationRelationId, copy);
		performDeletion(&address, DROP_RESTRICT, PERFORM_DELETION_INTERNAL);
	});
}

} // namespace surefoot

#include "server/keep/refill.hpp"

#include "core/sql_text.hpp"
#include "server/compat.hpp"
#include "server/internal.hpp"
#include "server/keep/kept_storage.hpp"
#include "server/keep/restore.hpp"
#include "server/keep/row_writer.hpp"
#include "server/keep/whole_table.hpp"
#include "server/record/recorder.hpp"

extern "C" {
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "commands/tablecmds.h"
#include "commands/trigger.h"
#include "utils/lsyscache.h"
}

namespace surefoot {

namespace {

/* More are not counted, while everybody waits. */
constexpr int64 most_rows = 100000;

/* Plain functions, used inside guarded calls only. */

int64 count_rows(Oid table)
{
	Relation relation = table_open(table, NoLock);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = table_beginscan(relation, snapshot, 0, nullptr);
	int64 count = 0;
	while (count <= most_rows && heap_getnext(scan, ForwardScanDirection)) {
		CHECK_FOR_INTERRUPTS();
		count++;
	}
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(relation, NoLock);
	return count;
}

/* Whether rows of the archive's are rows of the table as they are; columns that came since have a value in rows that are older than they, or NULL. */
bool fit(Relation archive, Relation table)
{
	const TupleDesc then = RelationGetDescr(archive), now = RelationGetDescr(table);
	/*
	 * What a partition may have is looked at row by row. The place for large values comes with the rows: a table that has needed one before it lost a
	 * column may do without now, and one that needs it may not lose it.
	 */
	if (then->natts > now->natts || table->rd_rel->relispartition || archive->rd_rel->relpersistence != table->rd_rel->relpersistence ||
		archive->rd_rel->relam != table->rd_rel->relam ||
		(OidIsValid(table->rd_rel->reltoastrelid) && !OidIsValid(archive->rd_rel->reltoastrelid)))
		return false;
	/* In another table of the name a dropped column may have had another type, and rows that are older than a column another value. */
	const bool is_same = is_of_table(RelationGetRelid(archive), RelationGetRelid(table));
	for (int i = 0; i < now->natts; i++) {
		const Form_pg_attribute y = TupleDescAttr(now, i);
		if (i >= then->natts) {
			if (!y->attisdropped && !y->atthasmissing && (y->attnotnull || y->atthasdef || y->attgenerated != '\0' || y->attidentity != '\0' || get_typtype(y->atttypid) == TYPTYPE_DOMAIN))
				return false;
			continue;
		}
		const Form_pg_attribute x = TupleDescAttr(then, i);
		if (x->attisdropped != y->attisdropped || ((x->attisdropped || x->atthasmissing) && !is_same) || x->attlen != y->attlen ||
			x->attbyval != y->attbyval || x->attalign != y->attalign)
			return false;
		if (!x->attisdropped && (!is_stored_alike(archive, x, y) || x->atttypmod != y->atttypmod || x->attcollation != y->attcollation ||
			x->atthasmissing != y->atthasmissing || y->attgenerated != '\0' || strcmp(NameStr(x->attname), NameStr(y->attname)) != 0))
			return false;
	}
	return true;
}

/* As adding them would: others may have done that while there were no rows. */
void check_constraints(Relation table)
{
	const TupleConstr *constraints = RelationGetDescr(table)->constr;
	if (constraints == nullptr || (constraints->num_check == 0 && !constraints->has_not_null))
		return;
	const RowWriter writer = RowWriter::open(table);
	TupleTableSlot *row = writer.new_slot(table);
	Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
	TableScanDesc scan = table_beginscan(table, snapshot, 0, nullptr);
	while (table_scan_getnextslot(scan, ForwardScanDirection, row)) {
		CHECK_FOR_INTERRUPTS();
		ExecConstraints(writer.target, row, writer.estate);
		ResetPerTupleExprContext(writer.estate);
	}
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	writer.close();
}

/* Uniqueness that is checked by triggers, which do not run. */
bool has_deferrable_keys(Relation table)
{
	List *indexes = RelationGetIndexList(table);
	for (int i = 0; i < list_length(indexes); i++) {
		HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(list_nth_oid(indexes, i)));
		const bool later = HeapTupleIsValid(tuple) && !((Form_pg_index)GETSTRUCT(tuple))->indimmediate;
		if (HeapTupleIsValid(tuple))
			ReleaseSysCache(tuple);
		if (later)
			return true;
	}
	return false;
}

/* What the rows refer to has to be there; nobody refers to what is only added. As ADD FOREIGN KEY does, lock being its lock, so that it stays there. */
void check_foreign_keys(Oid id, LOCKMODE lock)
{
	Relation table = table_open(id, NoLock);
	List *keys = (List *)copyObjectImpl(RelationGetFKeyList(table));
	for (int i = 0; i < list_length(keys); i++) {
		const Oid key = ((ForeignKeyCacheInfo *)list_nth(keys, i))->conoid;
		HeapTuple tuple = SearchSysCache1(CONSTROID, ObjectIdGetDatum(key));
		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "cache lookup failed for constraint %u", key);
		const Form_pg_constraint row = (Form_pg_constraint)GETSTRUCT(tuple);
		if (row->convalidated && !OidIsValid(row->conparentid) && compat::is_enforced(row)) {
			Relation referred = table_open(row->confrelid, lock);
			Trigger trigger = {};
			trigger.tgname = pstrdup(NameStr(row->conname));
			trigger.tgenabled = TRIGGER_FIRES_ON_ORIGIN;
			trigger.tgisinternal = true;
			trigger.tgconstrrelid = row->confrelid;
			trigger.tgconstrindid = row->conindid;
			trigger.tgconstraint = key;
			if (!RI_Initial_Check(&trigger, table, referred))
				ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
								errmsg("foreign key \"%s\" of table \"%s\" cannot be checked", NameStr(row->conname), RelationGetRelationName(table)),
								errhint("It takes SELECT on both tables, past row security.")));
			table_close(referred, NoLock);
		}
		ReleaseSysCache(tuple);
	}
	table_close(table, NoLock);
}

/* How many rows were there. */
int64 refill(Oid table, Oid archive, bool has_rows)
{
	Relation from = table_open(archive, NoLock), to = table_open(table, NoLock);
	const bool by_files = fit(from, to);
	int64 rows = 0;
	if (!by_files)
		(void)copy_rows(from, to);
	table_close(from, NoLock);
	table_close(to, NoLock);
	if (by_files) {
		swap_files(table, archive);
		compat::reindex(table, REINDEX_REL_CHECK_CONSTRAINTS);
		CommandCounterIncrement();
	}
	from = table_open(archive, NoLock);
	to = table_open(table, NoLock);
	if (by_files)
		check_constraints(to);
	/* The few that came since are where the others were. */
	if (by_files && has_rows)
		rows = copy_rows(from, to);
	const bool again = (has_rows || !by_files) && has_deferrable_keys(to);
	table_close(from, NoLock);
	table_close(to, NoLock);
	if (again) {
		compat::reindex(table, REINDEX_REL_CHECK_CONSTRAINTS);
		CommandCounterIncrement();
	}
	return rows;
}

} // namespace

bool fits_files(const Emptied &emptied)
{
	const Oid archive = archive_table(emptied.archive);
	return OidIsValid(archive) && pg_call([archive, table = emptied.table] {
			   Relation from = table_open(archive, NoLock), to = table_open(table, NoLock);
			   const bool fits = fit(from, to);
			   table_close(from, NoLock);
			   table_close(to, NoLock);
			   return fits;
		   });
}

std::map<std::string, int64> refill_tables(const std::string &version, const std::vector<Emptied> &tables, bool accept)
{
	const Recorder::Pause pause;
	std::map<std::string, int64> left;
	for (const Emptied &emptied : tables) {
		const Oid archive = archive_table(emptied.archive);
		if (!OidIsValid(archive))
			throw Error("42704", "the rows that were kept in surefoot_archive." + emptied.archive + " are gone");
		const int64 rows = pg_call([archive, table = emptied.table] {
			LockRelationOid(archive, AccessExclusiveLock);
			return count_rows(table);
		});
		if (rows > 0 && !accept)
			throw Error(sqlstate::rows_changed, "rows were written to table " + emptied.name + " since migration " + version + " has truncated it",
						"There " + std::string(rows == 1 ? "is 1 row" : rows > most_rows ? "are more than " + std::to_string(most_rows) + " rows" : "are " + std::to_string(rows) + " rows") + " in it.",
						"Nothing was changed. To add the rows that were removed to these: SELECT " + function_prefix() + "migrate_revert('" + version +
							"', accept => '{conflicts}');");
		const int64 copied = pg_call([archive, table = emptied.table, rows] { return refill(table, archive, rows > 0); });
		if (rows > 0)
			left[emptied.name] = std::max(rows, copied);
	}
	/* A trial waits for nobody who writes there. */
	const LOCKMODE lock = Accepting::is_trial() ? AccessShareLock : ShareRowExclusiveLock;
	for (const Emptied &emptied : tables)
		pg_call([table = emptied.table, lock] { check_foreign_keys(table, lock); });
	for (const Emptied &emptied : tables)
		drop_archive_table(emptied.archive);
	return left;
}

namespace {

struct OwnSequence {
	Oid id;
	const char *quoted;
};

/* The current user's, of which nobody else takes a number any more. */
OwnSequence own_sequence(const std::string &name, LOCKMODE lock)
{
	const char *text = name.c_str();
	return pg_call([text, lock] {
		const Oid id = RangeVarGetRelidExtended(makeRangeVarFromNameList(compat::qualified_names(text)), lock, 0,
												RangeVarCallbackOwnsRelation, nullptr);
		if (get_rel_relkind(id) != RELKIND_SEQUENCE)
			ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("%s is no sequence", text)));
		return OwnSequence{id, quote_qualified_identifier(get_namespace_name(get_rel_namespace(id)), get_rel_name(id))};
	});
}

void put(const std::string &quoted, int64 last, bool taken)
{
	(void)run_own("ALTER SEQUENCE " + quoted + " RESTART WITH " + std::to_string(last));
	if (taken)
		(void)run_own("SELECT pg_catalog.setval(" + core::literal(quoted) + ", " + std::to_string(last) + ", true)");
}

bool is_further_than(const std::string &quoted, int64 last)
{
	const std::string place = std::to_string(last);
	return run_own("SELECT CASE WHEN NOT s.is_called AND s.last_value = p.seqstart THEN false WHEN p.seqincrement > 0 THEN s.last_value > " + place +
				   " ELSE s.last_value < " + place + " END FROM " + quoted + " s, pg_catalog.pg_sequence p WHERE p.seqrelid = " + core::literal(quoted) + "::pg_catalog.regclass")
			   .at(0) == "t";
}

} // namespace

void restart_sequence(const std::string &name, int64 last, bool taken)
{
	const std::string quoted = own_sequence(name, AccessExclusiveLock).quoted;
	const Recorder::Pause pause;
	if (!is_further_than(quoted, last))
		put(quoted, last, taken);
}

void restart_sequence(const std::string &name, const SequencePlace &was, const SequencePlace &left)
{
	const OwnSequence sequence = own_sequence(name, ShareRowExclusiveLock);
	const std::string quoted = sequence.quoted;
	const Recorder::Pause pause;
	if (place_of_sequence(sequence.id) == left || !is_further_than(quoted, was.last))
		put(quoted, was.last, was.called);
}

} // namespace surefoot

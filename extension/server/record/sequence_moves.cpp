#include "server/record/sequence_moves.hpp"

#include "server/compat.hpp"
#include "server/script/targets.hpp"
#include "server/spi.hpp"

extern "C" {
#include "access/relation.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_sequence.h"
#include "commands/sequence.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/bufpage.h"
#include "storage/lmgr.h"
#include "storage/lock.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
}

namespace surefoot {

std::optional<SequencePlace> place_of_sequence(Oid sequence)
{
	SequencePlace place;
	const bool found = pg_call([sequence, &place] {
		Relation relation = try_relation_open(sequence, AccessShareLock);
		const bool is_one = relation != nullptr && relation->rd_rel->relkind == RELKIND_SEQUENCE;
		if (is_one) {
			Buffer buffer = ReadBuffer(relation, 0);
			LockBuffer(buffer, BUFFER_LOCK_SHARE);
			Page page = BufferGetPage(buffer);
			/* The one tuple has no nulls, and stands at its start. */
			const HeapTupleHeader row = (HeapTupleHeader)PageGetItem(page, PageGetItemId(page, FirstOffsetNumber));
			const FormData_pg_sequence_data *data = (const FormData_pg_sequence_data *)((char *)row + row->t_hoff);
			place.last = data->last_value;
			place.called = data->is_called;
			UnlockReleaseBuffer(buffer);
		}
		if (relation != nullptr)
			relation_close(relation, NoLock);
		return is_one;
	});
	return found ? std::optional(place) : std::nullopt;
}

bool is_held(Oid sequence)
{
	return pg_call([sequence] {
		Relation relation = RelationIdGetRelation(sequence);
		const bool held = RelationIsValid(relation) && CheckRelationLockedByMe(relation, ShareRowExclusiveLock, true);
		if (RelationIsValid(relation))
			RelationClose(relation);
		return held;
	});
}

SequencePlace start_of_sequence(Oid sequence)
{
	SequencePlace place;
	pg_call([sequence, &place] {
		HeapTuple row = SearchSysCache1(SEQRELID, ObjectIdGetDatum(sequence));
		if (!HeapTupleIsValid(row))
			elog(ERROR, "cache lookup failed for sequence %u", sequence);
		place.last = ((Form_pg_sequence)GETSTRUCT(row))->seqstart;
		ReleaseSysCache(row);
	});
	return place;
}

std::vector<Oid> sequences_in_use()
{
	/* The server takes this lock for whoever takes or sets a number, and keeps it to the end of the transaction whatever is rolled back before. */
	List *found = pg_call([] {
		List *ids = NIL;
		const LockData *locks = GetLockStatusData();
		for (int i = 0; i < locks->nelements; i++) {
			const LockInstanceData &lock = locks->locks[i];
			const Oid id = lock.locktag.locktag_field2;
			if (lock.pid == MyProcPid && lock.locktag.locktag_type == LOCKTAG_RELATION && lock.locktag.locktag_field1 == MyDatabaseId &&
				(lock.holdMask & LOCKBIT_ON(RowExclusiveLock)) && get_rel_relkind(id) == RELKIND_SEQUENCE)
				ids = list_append_unique_oid(ids, id);
		}
		return ids;
	});
	std::vector<Oid> ids;
	for (int i = 0; i < list_length(found); i++)
		ids.push_back(list_nth_oid(found, i));
	return ids;
}

std::vector<Oid> sequences_of_column(Oid table, const char *column, bool identity_only)
{
	static Query query("SELECT s.oid FROM pg_depend d JOIN pg_class s ON s.oid = d.objid WHERE d.classid = 'pg_class'::regclass "
					   "AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND d.refobjsubid = $2 AND s.relkind = 'S' "
					   "AND (d.deptype = 'i' OR d.deptype = 'a' AND NOT $3) ORDER BY s.oid",
					   {OIDOID, INT4OID, BOOLOID});
	std::vector<Oid> sequences;
	const int number = OidIsValid(table) ? pg_call([=] { return get_attnum(table, column); }) : InvalidAttrNumber;
	if (number == InvalidAttrNumber)
		return sequences;
	const Internal internal;
	const Rows rows = query.run({Value::datum(ObjectIdGetDatum(table)), number, identity_only});
	for (size_t i = 0; i < rows.size(); i++)
		sequences.push_back(static_cast<Oid>(rows.number(i, 0)));
	return sequences;
}

namespace {

bool has_restart(const List *options)
{
	for (int i = 0; i < list_length(options); i++)
		if (IsA(list_nth(options, i), DefElem) && strcmp(((DefElem *)list_nth(options, i))->defname, "restart") == 0)
			return true;
	return false;
}

bool restarts_identity(const AlterTableCmd *command)
{
	return command->subtype == AT_SetIdentity && command->def != nullptr && IsA(command->def, List) && has_restart((List *)command->def);
}

Oid relation_named(const RangeVar *name)
{
	return pg_call([name] { return RangeVarGetRelid(name, NoLock, true); });
}

} // namespace

bool restarts_sequence(Node *statement)
{
	if (IsA(statement, AlterSeqStmt))
		return has_restart(((AlterSeqStmt *)statement)->options);
	if (!IsA(statement, AlterTableStmt))
		return false;
	const List *commands = ((AlterTableStmt *)statement)->cmds;
	for (int i = 0; i < list_length(commands); i++)
		if (restarts_identity((AlterTableCmd *)list_nth(commands, i)))
			return true;
	return false;
}

std::vector<Oid> restarted_sequences(Node *statement)
{
	std::vector<Oid> sequences;
	const auto add = [&sequences](const std::vector<Oid> &more) { sequences.insert(sequences.end(), more.begin(), more.end()); };
	if (IsA(statement, TruncateStmt) && ((TruncateStmt *)statement)->restart_seqs)
		for (const Oid table : truncated_tables((TruncateStmt *)statement)) {
			const List *own = pg_call([table] { return getOwnedSequences(table); });
			for (int i = 0; i < list_length(own); i++)
				sequences.push_back(list_nth_oid(own, i));
		}
	if (!restarts_sequence(statement))
		return sequences;
	if (IsA(statement, AlterSeqStmt))
		return {relation_named(((AlterSeqStmt *)statement)->sequence)};
	const AlterTableStmt *alter = (AlterTableStmt *)statement;
	const Oid table = relation_named(alter->relation);
	for (int i = 0; i < list_length(alter->cmds); i++)
		if (const AlterTableCmd *command = (AlterTableCmd *)list_nth(alter->cmds, i); restarts_identity(command))
			add(sequences_of_column(table, command->name, true));
	return sequences;
}

namespace {

bool is_move(const FuncCall *call)
{
	const List *names = call->funcname;
	if (list_length(names) > 1 && strcmp(strVal(linitial(names)), "pg_catalog") != 0)
		return false;
	return strcmp(strVal(llast(names)), "setval") == 0 || strcmp(strVal(llast(names)), "nextval") == 0;
}

bool is_or_has_move(Node *node, void *context)
{
	return node != nullptr && ((IsA(node, FuncCall) && is_move((FuncCall *)node)) || compat::walk_raw_tree(node, is_or_has_move, context));
}

} // namespace

bool calls_for_sequence(Node *statement)
{
	return IsA(statement, SelectStmt) && pg_call([statement] { return is_or_has_move(statement, nullptr); });
}

} // namespace surefoot

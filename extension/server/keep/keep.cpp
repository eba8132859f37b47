#include "server/keep/keep.hpp"

#include "core/kinds.hpp"
#include "core/sql_text.hpp"
#include "server/catalog/definitions.hpp"
#include "server/catalog/roots.hpp"
#include "server/compat.hpp"
#include "server/keep/kept_storage.hpp"
#include "server/keep/whole_table.hpp"
#include "server/keep/why_not_kept.hpp"
#include "server/plan/relation_size.hpp"
#include "server/record/recorder.hpp"
#include "server/settings.hpp"
#include "server/spi.hpp"

extern "C" {
#include "utils/lsyscache.h"
}

namespace surefoot {

void pin_output()
{
	static const char *const pinned[][2] = {{"datestyle", "ISO, YMD"}, {"intervalstyle", "iso_8601"}, {"timezone", "UTC"},
											{"extra_float_digits", "3"}, {"bytea_output", "hex"}, {"row_security", "off"}};
	for (const auto &[name, value] : pinned)
		(void)set_config_option(name, value, PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

bool is_untouched(Oid id, const Recorder &recorder)
{
	const bool same_file = pg_call([id] {
		Relation relation = RelationIdGetRelation(id);
		const bool same = RelationIsValid(relation) && !compat::is_stored_anew(relation);
		if (RelationIsValid(relation))
			RelationClose(relation);
		return same;
	});
	if (!same_file)
		return false;
	const core::Objects now = catalog::read_definitions({catalog::root_of(RelationRelationId, id)});
	for (const core::Object &object : now) {
		if (object.kind != "table" && object.kind != "column" && object.kind != "sequence")
			continue;
		const core::Object *was = recorder.before().find(object.kind, object.identity);
		if (was == nullptr || was->address != object.address)
			return false;
		for (const char *field : {"columns", "type", "owned by", "identity of"})
			if (core::value_of(*was, field) != core::value_of(object, field))
				return false;
	}
	return !now.empty();
}

bool has_changed_rows(Oid id)
{
	return pg_call([id] {
		Relation relation = table_open(id, NoLock);
		TableScanDesc scan = table_beginscan(relation, SnapshotAny, 0, nullptr);
		bool changed = false;
		while (HeapTuple tuple = changed ? nullptr : heap_getnext(scan, ForwardScanDirection)) {
			const HeapTupleHeader header = tuple->t_data;
			changed = TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetRawXmin(header)) ||
					  (!(header->t_infomask & HEAP_XMAX_INVALID) && !HEAP_XMAX_IS_LOCKED_ONLY(header->t_infomask) &&
					   TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetUpdateXid(header)));
		}
		table_endscan(scan);
		table_close(relation, NoLock);
		return changed;
	});
}

namespace {

/* Copies the rows as texts; the statement that brings them back, or nothing when they would not come back to the last bit. */
std::optional<std::string> keep_texts(const Speaker &speaker, const WholeTable &table)
{
	if (table.columns.find(catalog::hidden_prefix) != table.columns.npos)
		return std::nullopt;
	/* An alias that no column has: it would be taken for that. */
	std::string row = "surefoot_row";
	while (table.columns.find(row) != table.columns.npos)
		row += '_';
	/* By the server's own functions: a cast to text or from it may be a user's. */
	const std::string text = "textin(record_out(" + row + "))";
	const std::vector<std::string> look =
		run_own("SELECT count(*), coalesce(bool_and(record_in(record_out(" + row + "), " + core::literal(table.name) +
				"::regtype::oid, -1) OPERATOR(pg_catalog.*=) " + row + "), true) FROM ONLY " + table.name + " AS " + row);
	if (look.at(1) != "t")
		return std::nullopt;
	(void)run_own("INSERT INTO surefoot.archive_row (archive, data) SELECT " +
				  store_entry(speaker, table, "table", static_cast<int64>(std::stoll(look.at(0)))) + ", " + text + " FROM ONLY " + table.name +
				  " AS " + row);
	return "INSERT INTO " + table.name + " (" + table.columns + ")" + (table.has_identity ? " OVERRIDING SYSTEM VALUE" : "") +
		   " SELECT (kept.r).* FROM (SELECT data::" + table.name + " AS r FROM surefoot.kept_rows(" + core::literal(speaker.version) + ", " +
		   core::literal(table.name) + ") OFFSET 0) kept";
}

void note_not_kept(Recorder &recorder, Oid id, const std::string &why)
{
	if (!why.empty())
		recorder.not_kept[{"table", table_name(id)}] = why;
}

/* Small enough, and wanted; those that are read back otherwise than they were are not kept all the same. */
bool fits_as_texts(const WholeTable &table)
{
	return settings::keep_rows && table.bytes <= int64(settings::keep_size) * 1024;
}

/* Of a table that can be kept; fits: as texts. */
std::string why_not_these(const WholeTable &table, bool fits)
{
	if (fits)
		return written_before;
	if (settings::keep_tables && !table.storable && settings::keep_rows)
		return "it has " + other_types + ", and more than surefoot.keep_size";
	if (settings::keep_tables)
		return table.storable ? "" : "it has " + other_types + ", and surefoot.keep_rows is off";
	return settings::keep_rows ? "surefoot.keep_tables is off, and it has more than surefoot.keep_size" : "surefoot.keep_tables is off";
}

void keep(const Speaker &speaker, Recorder &recorder, Oid id)
{
	const Oid role = GetUserId();
	const int64 pages = table_pages(id);
	List *sequences = pg_call([id] { return getOwnedSequences(id); });
	/* Nothing to offer when it is applied again. On the way up what is kept says besides that the table had no rows. */
	if (speaker.direction == "down" && pages == 0 && sequences == NIL)
		return;
	if (!is_untouched(id, recorder)) {
		note_not_kept(recorder, id, written_before);
		return;
	}
	for (int i = 0; i < list_length(sequences); i++)
		recorder.see(catalog::root_of(RelationRelationId, list_nth_oid(sequences, i)));
	Internal internal;
	pg_call([] { pin_output(); });
	const std::optional<WholeTable> table = whole_table(id, role);
	/* By its storage whatever its size; one without any has no rows. */
	const bool by_storage = settings::keep_tables && pages > 0 && table && table->storable;
	const bool by_texts = settings::keep_rows ? table && fits_as_texts(*table) : pages == 0 && speaker.direction == "up";
	if (!table || !(by_storage || (by_texts && !has_changed_rows(id)))) {
		note_not_kept(recorder, id, !table ? why_not_whole(id, role) : why_not_these(*table, by_texts));
		return;
	}
	std::map<std::pair<std::string, std::string>, std::string> kept;
	for (const std::string &sequence : own_sequences(id)) {
		if (recorder.before().find("sequence", sequence) == nullptr)
			return;
		kept[{"sequence", sequence}] = "SELECT pg_catalog.setval(" + core::literal(sequence) + ", " + first_place(recorder, sequence) + ")";
	}
	if (by_storage) {
		const std::string entry = store_entry(speaker, *table, "storage", count_rows(id, *table, pages));
		move_storage_away(id, "table_" + entry);
		kept[{"table", table->name}] =
			"SELECT surefoot.restore_table(" + core::literal(speaker.version) + ", " + core::literal(table->name) + ")";
		if (pages > settings::direct_index_pages)
			recorder.kept_large.insert(table->name);
	} else if (const std::optional<std::string> statement = keep_texts(speaker, *table))
		kept[{"table", table->name}] = *statement;
	else
		return;
	recorder.kept.merge(kept);
}

} // namespace

std::string why_not_dropped(Oid id)
{
	const Oid role = GetUserId(), owner = extension().owner;
	if (!pg_call([owner] { return superuser_arg(owner); }))
		return "the owner of the extension is no superuser";
	const Internal internal;
	const std::optional<WholeTable> table = whole_table(id, role);
	if (!table)
		return why_not_whole(id, role);
	return (settings::keep_tables && table->storable) || fits_as_texts(*table) ? "" : why_not_these(*table, false);
}

void keep_dropped(const Speaker &speaker, Recorder &recorder, Node *statement)
{
	if (!(settings::keep_rows || settings::keep_tables) || !IsA(statement, DropStmt) || ((DropStmt *)statement)->removeType != OBJECT_TABLE)
		return;
	/* Others' rows are read past row security, and by nobody else's rights. */
	const Oid owner = extension().owner;
	if (!pg_call([owner] { return superuser_arg(owner); }))
		return;
	const DropStmt *drop = (DropStmt *)statement;
	for (int i = 0; i < list_length(drop->objects); i++) {
		List *name = (List *)list_nth(drop->objects, i);
		const Oid id = pg_call([name] {
			const Oid found = RangeVarGetRelid(makeRangeVarFromNameList(name), NoLock, true);
			/* Who may not drop it hears so from the DROP. */
			if (!OidIsValid(found) || get_rel_relkind(found) != RELKIND_RELATION || !compat::owns_relation(found))
				return InvalidOid;
			Relation relation = RelationIdGetRelation(found);
			const bool locked = RelationIsValid(relation) && CheckRelationLockedByMe(relation, AccessExclusiveLock, true);
			if (RelationIsValid(relation))
				RelationClose(relation);
			return locked ? found : InvalidOid;
		});
		if (!OidIsValid(id))
			continue;
		try {
			in_subtransaction([&] { keep(speaker, recorder, id); });
		} catch (Error &error) {
			warn(speaker, "the rows of a table that is dropped cannot be kept: " + error.message);
			/* That rows cannot be kept is no reason not to drop the table: its way back is without them. */
			if (ends_step(error))
				throw;
		}
	}
}

} // namespace surefoot

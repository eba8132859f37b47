#include "server/keep/keep.hpp"

#include "core/sql_text.hpp"
#include "server/catalog/roots.hpp"
#include "server/compat.hpp"
#include "server/keep/kept_storage.hpp"
#include "server/keep/keyed_table.hpp"
#include "server/keep/whole_table.hpp"
#include "server/keep/why_not_kept.hpp"
#include "server/plan/relation_size.hpp"
#include "server/record/recorder.hpp"
#include "server/script/targets.hpp"
#include "server/settings.hpp"
#include "server/spi.hpp"

namespace surefoot {

bool has_truncate_triggers(Oid id)
{
	static Query query("SELECT FROM pg_trigger t WHERE t.tgrelid = $1 AND NOT t.tgisinternal AND t.tgtype & 32 <> 0", {OIDOID});
	return !query.run({Value::datum(ObjectIdGetDatum(id))}).empty();
}

namespace {

/* A plain table of the current user's, locked by the statement against everybody. */
bool is_own_and_locked(Oid id)
{
	return pg_call([id] {
		if (get_rel_relkind(id) != RELKIND_RELATION || !compat::owns_relation(id))
			return false;
		Relation relation = RelationIdGetRelation(id);
		const bool locked = RelationIsValid(relation) && CheckRelationLockedByMe(relation, AccessExclusiveLock, true);
		if (RelationIsValid(relation))
			RelationClose(relation);
		return locked;
	});
}

/* With its name, as one table decides for all that the statement reaches. */
void note_not_kept(Recorder &recorder, Oid id, const std::string &why)
{
	recorder.truncations_not_kept = "table " + table_name(id) + ": " + why;
}

/* Nothing is changed unless all of them can be kept. */
void keep(const Speaker &speaker, Recorder &recorder, const std::vector<Oid> &ids, bool restarts)
{
	const Oid role = GetUserId();
	for (const Oid id : ids) {
		if (!is_untouched(id, recorder) || recorder.written().contains(id)) {
			note_not_kept(recorder, id, written_before);
			return;
		}
		List *sequences = pg_call([id] { return getOwnedSequences(id); });
		for (int i = 0; i < list_length(sequences); i++)
			recorder.see(catalog::root_of(RelationRelationId, list_nth_oid(sequences, i)));
	}
	const Internal internal;
	pg_call([] { pin_output(); });
	std::vector<WholeTable> tables;
	std::vector<std::string> sequences;
	for (const Oid id : ids) {
		std::optional<WholeTable> table = has_truncate_triggers(id) ? std::nullopt : whole_table(id, role);
		if (!table || !table->storable) {
			note_not_kept(recorder, id, has_truncate_triggers(id) ? "it has a trigger on TRUNCATE" : table ? "it has " + other_types : why_not_whole(id, role));
			return;
		}
		tables.push_back(std::move(*table));
		for (const std::string &sequence : restarts ? own_sequences(id) : std::vector<std::string>()) {
			if (recorder.before().find("sequence", sequence) == nullptr)
				return;
			sequences.push_back("SELECT surefoot.restart_sequence(" + core::literal(sequence) + ", " + first_place(recorder, sequence) + ")");
		}
	}
	Recorder::Truncation truncation;
	std::string names;
	int64 all_pages = 0;
	for (size_t i = 0; i < ids.size(); i++) {
		const int64 pages = table_pages(ids[i]);
		truncation.tables[ids[i]].name = tables[i].name;
		all_pages += pages;
		if (pages == 0)
			continue;
		const std::string archive = "table_" + store_entry(speaker, tables[i], "truncated", count_rows(ids[i], tables[i], pages));
		move_storage_away(ids[i], archive, true);
		truncation.tables[ids[i]].archive = archive;
		names += ", " + core::literal(tables[i].name);
	}
	truncation.is_large = all_pages > settings::direct_index_pages;
	if (!names.empty())
		truncation.refills.push_back("SELECT surefoot.restore_table(" + core::literal(speaker.version) + names + ")");
	truncation.refills.insert(truncation.refills.end(), sequences.begin(), sequences.end());
	recorder.truncations.push_back(std::move(truncation));
}

bool has_no_rows(Oid id)
{
	return pg_call([id] {
		Relation relation = try_relation_open(id, NoLock);
		if (relation == nullptr)
			return false;
		const bool none = RelationGetNumberOfBlocks(relation) == 0;
		relation_close(relation, NoLock);
		return none;
	});
}

} // namespace

void keep_truncated(const Speaker &speaker, Recorder &recorder, Node *statement)
{
	if (!IsA(statement, TruncateStmt))
		return;
	if (!settings::keep_tables) {
		recorder.truncations_not_kept = "surefoot.keep_tables is off";
		return;
	}
	/* Others' rows are read past row security, and by nobody else's rights. */
	const Oid owner = extension().owner;
	if (!pg_call([owner] { return superuser_arg(owner); }))
		return;
	std::vector<Oid> tables = truncated_tables((TruncateStmt *)statement);
	/* What the migration has made itself needs no keeping. */
	std::erase_if(tables, [&recorder](Oid id) { return !recorder.emptied().contains(id); });
	if (tables.empty() || !std::all_of(tables.begin(), tables.end(), is_own_and_locked))
		return;
	try {
		in_subtransaction([&] { keep(speaker, recorder, tables, ((TruncateStmt *)statement)->restart_seqs); });
	} catch (Error &error) {
		warn(speaker, "the rows of a table that is truncated cannot be kept: " + error.message);
		/* That rows cannot be kept is no reason not to remove them: the way back is without them. */
		if (ends_step(error))
			throw;
	}
}

void settle_truncations(Recorder &recorder, bool more_steps)
{
	std::set<Oid> kept;
	std::erase_if(recorder.truncations, [&](const Recorder::Truncation &truncation) {
		const bool sure = !more_steps && std::all_of(truncation.tables.begin(), truncation.tables.end(), [&](const auto &table) {
			return !recorder.written().contains(table.first) && has_no_rows(table.first);
		});
		for (const auto &[table, kept_as] : truncation.tables)
			if (sure)
				kept.insert(table);
		return !sure;
	});
	recorder.truncations_kept = !more_steps;
	for (const Oid table : recorder.emptied())
		if (!kept.contains(table)) {
			recorder.wrote(table);
			recorder.truncations_kept = false;
		}
}

void remember_new_files(const Recorder &recorder)
{
	for (const Recorder::Truncation &truncation : recorder.truncations)
		for (const auto &[table, kept_as] : truncation.tables)
			if (!is_stored_anew(table))
				pg_call([id = table] {
					Relation relation = try_relation_open(id, NoLock);
					if (relation == nullptr)
						return;
					compat::has_new_file(relation, true);
					relation_close(relation, NoLock);
				});
}

} // namespace surefoot

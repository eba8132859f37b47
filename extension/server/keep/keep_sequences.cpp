#include "server/keep/keep.hpp"

#include "core/kinds.hpp"
#include "core/sql_text.hpp"
#include "server/catalog/definitions.hpp"
#include "server/catalog/roots.hpp"
#include "server/compat.hpp"
#include "server/keep/why_not_kept.hpp"
#include "server/record/recorder.hpp"
#include "server/settings.hpp"
#include "server/spi.hpp"

extern "C" {
#include "utils/lsyscache.h"
}

namespace surefoot {

namespace {

/* The sequences that the statement takes away, by name or with a column. */
std::vector<Oid> dropped_sequences(Node *statement)
{
	std::vector<Oid> sequences;
	if (IsA(statement, DropStmt) && ((DropStmt *)statement)->removeType == OBJECT_SEQUENCE) {
		const List *objects = ((DropStmt *)statement)->objects;
		for (int i = 0; i < list_length(objects); i++) {
			const List *name = (List *)list_nth(objects, i);
			sequences.push_back(pg_call([name] { return RangeVarGetRelid(makeRangeVarFromNameList((List *)name), NoLock, true); }));
		}
	} else if (IsA(statement, AlterTableStmt) && ((AlterTableStmt *)statement)->objtype == OBJECT_TABLE) {
		const AlterTableStmt *alter = (AlterTableStmt *)statement;
		const Oid table = pg_call([name = alter->relation] { return RangeVarGetRelid(name, NoLock, true); });
		for (int i = 0; OidIsValid(table) && i < list_length(alter->cmds); i++) {
			const AlterTableCmd *command = (AlterTableCmd *)list_nth(alter->cmds, i);
			if (command->subtype != AT_DropColumn && command->subtype != AT_DropIdentity)
				continue;
			const std::vector<Oid> own = sequences_of_column(table, command->name, command->subtype == AT_DropIdentity);
			sequences.insert(sequences.end(), own.begin(), own.end());
		}
	}
	return sequences;
}

bool has_same_range(const core::Object &a, const core::Object &b)
{
	constexpr const char *fields[] = {"type", "increment", "minimum", "maximum", "start", "cycle"};
	return std::all_of(std::begin(fields), std::end(fields), [&](const char *field) { return core::value_of(a, field) == core::value_of(b, field); });
}

/* Its name, when it has the one, and the range, with which the migration has found it: only then is its position one that it can have when it comes back. */
std::optional<std::string> identity_of_untouched(Oid sequence, const Recorder &recorder)
{
	const std::string address = catalog::address_text({RelationRelationId, sequence, 0});
	for (const core::Object &object : catalog::read_definitions({catalog::root_of(RelationRelationId, sequence)}))
		if (object.kind == "sequence" && object.address == address)
			if (const core::Object *was = recorder.before().find("sequence", object.identity); was && was->address == address && has_same_range(*was, object))
				return object.identity;
	return std::nullopt;
}

std::string arguments_of(const SequencePlace &place)
{
	return std::to_string(place.last) + (place.called ? ", true" : ", false");
}

std::string put_back(const std::string &name, const std::string &arguments)
{
	return "SELECT surefoot.restart_sequence(" + core::literal(name) + ", " + arguments + ")";
}

core::Loss displaced(const std::string &name)
{
	return {core::WayBack::without_rows, "sequence", name, "its position is changed, and stays"};
}

std::string first_place(Recorder &recorder, Oid sequence, const std::string &name)
{
	std::optional<SequencePlace> place = recorder.first_place(sequence);
	if (!place) {
		recorder.displaced.push_back(displaced(name));
		place = place_of_sequence(sequence);
	}
	return arguments_of(place.value());
}

void keep(Recorder &recorder, Oid sequence)
{
	const Oid role = GetUserId();
	/* As the statement will: nobody takes a number from here on. Who may not drop it hears so from the server. */
	if (!pg_call([sequence] {
			if (!OidIsValid(sequence) || get_rel_relkind(sequence) != RELKIND_SEQUENCE || !compat::owns_relation(sequence))
				return false;
			LockRelationOid(sequence, AccessExclusiveLock);
			return SearchSysCacheExists1(RELOID, ObjectIdGetDatum(sequence));
		}))
		return;
	recorder.see(catalog::root_of(RelationRelationId, sequence));
	const std::optional<std::string> name = identity_of_untouched(sequence, recorder);
	if (!name)
		return;
	if (!may_restart_sequences(role))
		return;
	recorder.kept[{"sequence", *name}] = put_back(*name, first_place(recorder, sequence, *name));
}

/* As it is called when the way back is taken. */
std::string name_before(Oid sequence, const Recorder &recorder)
{
	const std::string address = catalog::address_text({RelationRelationId, sequence, 0});
	for (const core::Object &object : recorder.before())
		if (object.kind == "sequence" && object.address == address)
			return object.identity;
	return table_name(sequence);
}

/* By what brings its table's rows back, from where RESTART IDENTITY has left it. */
bool is_put_back_by_truncation(const Recorder &recorder, Oid sequence, const std::string &name)
{
	const std::string start = "SELECT surefoot.restart_sequence(" + core::literal(name) + ", ";
	return place_of_sequence(sequence) == start_of_sequence(sequence) &&
		   std::any_of(recorder.truncations.begin(), recorder.truncations.end(), [&start](const Recorder::Truncation &truncation) {
			   return std::any_of(truncation.refills.begin(), truncation.refills.end(), [&start](const std::string &sql) { return sql.starts_with(start); });
		   });
}

} // namespace

std::string first_place(Recorder &recorder, const std::string &sequence)
{
	const char *name = sequence.c_str();
	return first_place(recorder, pg_call([name] { return RangeVarGetRelid(makeRangeVarFromNameList(compat::qualified_names(name)), NoLock, false); }), sequence);
}

void settle_sequences(Recorder &recorder, bool keeps)
{
	/* Rows that stay may have numbers that would be taken once more. */
	const bool has_rows_back = recorder.written().empty() || recorder.rows_kept;
	if (!keeps || !has_rows_back || !(settings::keep_rows || settings::keep_tables) || !may_restart_sequences(GetUserId()))
		return;
	for (const Recorder::Moved &moved : recorder.moved_sequences()) {
		if (!moved.was || !pg_call([&moved] { return compat::owns_relation(moved.sequence); }))
			continue;
		recorder.placed.insert(moved.sequence);
		const std::string name = name_before(moved.sequence, recorder);
		if (!is_put_back_by_truncation(recorder, moved.sequence, name))
			recorder.placements.push_back(put_back(name, arguments_of(*moved.was) + ", " + arguments_of(place_of_sequence(moved.sequence).value())));
	}
}

std::vector<core::Loss> displaced_sequences(const Recorder &recorder)
{
	std::vector<core::Loss> losses = recorder.displaced;
	for (const Recorder::Moved &moved : recorder.moved_sequences())
		if (!recorder.placed.contains(moved.sequence))
			losses.push_back(displaced(name_before(moved.sequence, recorder)));
	if (recorder.prevented_mover())
		losses.push_back({core::WayBack::without_rows, "", "", "the position of a sequence is changed, and stays"});
	return losses;
}

bool may_restart_sequences(Oid role)
{
	static Query query("SELECT has_function_privilege($1, 'surefoot.restart_sequence(text, bigint, boolean)'::regprocedure, 'EXECUTE') "
					   "AND has_function_privilege($1, 'surefoot.restart_sequence(text, bigint, boolean, bigint, boolean)'::regprocedure, 'EXECUTE') "
					   "AND has_schema_privilege($1, 'surefoot', 'USAGE')",
					   {OIDOID});
	const Internal internal;
	return query.run({Value::datum(ObjectIdGetDatum(role))}).flag(0, 0);
}

void keep_sequences(Recorder &recorder, Node *statement)
{
	if (!(settings::keep_rows || settings::keep_tables))
		return;
	for (const Oid sequence : dropped_sequences(statement)) {
		const auto kept = recorder.kept;
		try {
			in_subtransaction([&] { keep(recorder, sequence); });
		} catch (Error &error) {
			recorder.kept = kept;
			/* That its position cannot be read is no reason not to drop it: it starts anew then. */
			if (ends_step(error))
				throw;
		}
	}
}

} // namespace surefoot

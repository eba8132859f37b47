#include "server/keep/keep.hpp"

#include "core/kinds.hpp"
#include "core/sql_text.hpp"
#include "server/catalog/definitions.hpp"
#include "server/catalog/roots.hpp"
#include "server/compat.hpp"
#include "server/keep/whole_table.hpp"
#include "server/record/recorder.hpp"
#include "server/settings.hpp"
#include "server/spi.hpp"

extern "C" {
#include "utils/lsyscache.h"
}

namespace surefoot {

namespace {

/* Those of a column, of its own or by its identity. */
void add_sequences_of(Oid table, const char *column, bool identity_only, std::vector<Oid> &sequences)
{
	static Query query("SELECT s.oid FROM pg_depend d JOIN pg_class s ON s.oid = d.objid WHERE d.classid = 'pg_class'::regclass "
					   "AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 AND d.refobjsubid = $2 AND s.relkind = 'S' "
					   "AND (d.deptype = 'i' OR d.deptype = 'a' AND NOT $3) ORDER BY s.oid",
					   {OIDOID, INT4OID, BOOLOID});
	const int number = pg_call([=] { return get_attnum(table, column); });
	if (number == InvalidAttrNumber)
		return;
	const Internal internal;
	const Rows rows = query.run({Value::datum(ObjectIdGetDatum(table)), number, identity_only});
	for (size_t i = 0; i < rows.size(); i++)
		sequences.push_back(static_cast<Oid>(rows.number(i, 0)));
}

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
			if (command->subtype == AT_DropColumn || command->subtype == AT_DropIdentity)
				add_sequences_of(table, command->name, command->subtype == AT_DropIdentity, sequences);
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
	const Internal internal;
	const std::vector<std::string> place = run_own("SELECT last_value, is_called FROM " + *name);
	recorder.kept[{"sequence", *name}] =
		"SELECT surefoot.restart_sequence(" + core::literal(*name) + ", " + place.at(0) + (place.at(1) == "t" ? ", true)" : ", false)");
}

} // namespace

bool may_restart_sequences(Oid role)
{
	static Query query("SELECT has_function_privilege($1, 'surefoot.restart_sequence(text, bigint, boolean)'::regprocedure, 'EXECUTE') "
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

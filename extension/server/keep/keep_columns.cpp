#include "server/keep/keep.hpp"

#include "core/kinds.hpp"
#include "core/sql_text.hpp"
#include "server/catalog/definitions.hpp"
#include "server/catalog/roots.hpp"
#include "server/compat.hpp"
#include "server/keep/keyed_table.hpp"
#include "server/keep/why_not_kept.hpp"
#include "server/plan/relation_size.hpp"
#include "server/record/recorder.hpp"
#include "server/settings.hpp"
#include "server/spi.hpp"

namespace surefoot {

namespace {

void note_not_kept(Recorder &recorder, Oid id, const std::set<std::string> &names, const std::string &why)
{
	const std::string table = table_name(id);
	for (const std::string &name : names) {
		const char *plain = name.c_str();
		if (!why.empty())
			recorder.not_kept[{"column", table + "." + pg_call([plain] { return quote_identifier(plain); })}] = "of its table: " + why;
	}
}

/* Keys that go as well find no row any more. */
void keep(const Speaker &speaker, Recorder &recorder, Oid id, const std::set<std::string> &names)
{
	const Oid role = GetUserId();
	const int64 largest = int64(settings::keep_size) * 1024;
	const int64 bytes = table_pages(id) * BLCKSZ;
	if (bytes > largest || !is_untouched(id, recorder)) {
		note_not_kept(recorder, id, names, why_not_changed(id, role, bytes, true));
		return;
	}
	Internal internal;
	pg_call([] { pin_output(); });
	std::optional<KeyedTable> table = keyed_table(id, role);
	if (!table || has_changed_rows(id)) {
		note_not_kept(recorder, id, names, why_not_changed(id, role, bytes, true));
		return;
	}
	for (const KeyedColumn &column : table->columns)
		if (column.in_key && names.contains(column.name))
			return;
	const std::vector<KeyedColumn> columns = table->columns;
	for (const KeyedColumn &column : columns) {
		if (!names.contains(column.name) || column.always || !column.fits)
			continue;
		const char *plain = column.name.c_str();
		const std::string identity = table->name + "." + std::string(pg_call([plain] { return quote_identifier(plain); }));
		table->columns.clear();
		std::vector<AttrNumber> numbers;
		std::vector<size_t> key;
		for (const KeyedColumn &other : columns)
			if (other.in_key || other.number == column.number) {
				if (other.in_key)
					key.push_back(numbers.size());
				numbers.push_back(other.number);
				table->columns.push_back(other);
			}
		const std::optional<std::map<Cells, ChangedRow>> rows = all_rows(id, numbers, key, 2 * largest);
		if (!rows || recorder.before().find("column", identity) == nullptr)
			continue;
		store_rows(speaker, *table, "column", identity, *rows);
		recorder.kept[{"column", identity}] =
			"SELECT surefoot.restore_column(" + core::literal(speaker.version) + ", " + core::literal(identity) + ")";
		recorder.kept_columns[identity] = id;
	}
}

} // namespace

void keep_columns(const Speaker &speaker, Recorder &recorder, Node *statement)
{
	if (!settings::keep_rows || !IsA(statement, AlterTableStmt) || ((AlterTableStmt *)statement)->objtype != OBJECT_TABLE)
		return;
	const AlterTableStmt *alter = (AlterTableStmt *)statement;
	std::set<std::string> names;
	for (int i = 0; i < list_length(alter->cmds); i++)
		if (const AlterTableCmd *command = (AlterTableCmd *)list_nth(alter->cmds, i); command->subtype == AT_DropColumn)
			names.insert(command->name);
	if (names.empty())
		return;
	const RangeVar *name = alter->relation;
	const Oid id = pg_call([name] {
		const Oid found = RangeVarGetRelid(name, NoLock, true);
		/* Who may not alter it hears so from the ALTER. */
		if (!OidIsValid(found) || get_rel_relkind(found) != RELKIND_RELATION || !compat::owns_relation(found))
			return InvalidOid;
		Relation relation = RelationIdGetRelation(found);
		const bool locked = RelationIsValid(relation) && CheckRelationLockedByMe(relation, AccessExclusiveLock, true);
		if (RelationIsValid(relation))
			RelationClose(relation);
		return locked ? found : InvalidOid;
	});
	if (!OidIsValid(id))
		return;
	const auto kept = recorder.kept;
	const auto columns = recorder.kept_columns;
	try {
		in_subtransaction([&] { keep(speaker, recorder, id, names); });
	} catch (Error &error) {
		recorder.kept = kept;
		recorder.kept_columns = columns;
		/* That values cannot be kept is no reason not to drop the column: its way back is without them. */
		if (ends_step(error))
			throw;
	}
}

void forget_unsure_columns(Recorder &recorder, bool more_steps)
{
	std::erase_if(recorder.kept_columns, [&](const auto &column) {
		const Oid table = column.second;
		const bool sure = !more_steps && !recorder.written().contains(table) && !is_stored_anew(table);
		if (!sure)
			recorder.kept.erase({"column", column.first});
		return !sure;
	});
}

} // namespace surefoot

#include "server/keep/keep.hpp"

#include "core/inverse.hpp"
#include "core/sql_text.hpp"
#include "server/compat.hpp"
#include "server/plan/relation_size.hpp"
#include "server/record/recorder.hpp"
#include "server/settings.hpp"
#include "server/spi.hpp"
#include "server/text_query.hpp"

extern "C" {
#include "parser/parse_type.h"
#include "utils/builtins.h"
}

namespace surefoot {

namespace {

/* As definitions have it; empty when it is gone. */
std::string type_of(Oid table, AttrNumber number)
{
	return pg_call([table, number]() -> const char * {
		HeapTuple tuple = SearchSysCache2(ATTNUM, ObjectIdGetDatum(table), Int16GetDatum(number));
		if (!HeapTupleIsValid(tuple))
			return "";
		const Form_pg_attribute row = (Form_pg_attribute)GETSTRUCT(tuple);
		const char *type = row->attisdropped ? "" : format_type_with_typemod(row->atttypid, row->atttypmod);
		ReleaseSysCache(tuple);
		return type;
	});
}

struct Numbers {
	std::vector<AttrNumber> all;
	std::vector<size_t> key;
};

/* Of the key and one more column. */
Numbers numbers_of(const KeyedTable &table)
{
	Numbers result;
	for (const KeyedColumn &column : table.columns) {
		if (column.in_key)
			result.key.push_back(result.all.size());
		result.all.push_back(column.number);
	}
	return result;
}

bool has_time_zone(const std::string &type)
{
	return type.find("with time zone") != type.npos;
}

void note(Recorder &recorder, Oid id, const std::set<std::string> &names)
{
	const Oid role = GetUserId();
	const int64 largest = int64(settings::keep_size) * 1024;
	if (table_pages(id) * BLCKSZ > largest || !is_untouched(id, recorder))
		return;
	const Internal internal;
	pg_call([] { pin_output(); });
	const std::optional<KeyedTable> table = keyed_table(id, role);
	if (!table || has_changed_rows(id))
		return;
	for (const KeyedColumn &column : table->columns)
		if (column.in_key && names.contains(column.name))
			return;
	for (const KeyedColumn &column : table->columns) {
		if (!names.contains(column.name) || !column.fits || !column.of_server || is_in_foreign_key(id, column.number))
			continue;
		const char *plain = column.name.c_str();
		const std::string identity = table->name + "." + std::string(pg_call([plain] { return quote_identifier(plain); }));
		if (recorder.before().find("column", identity) == nullptr)
			continue;
		Recorder::Retyped retyped{*table, column.number, column.name, type_of(id, column.number), {}};
		std::erase_if(retyped.table.columns, [&column](const KeyedColumn &other) { return !other.in_key && other.number != column.number; });
		const Numbers numbers = numbers_of(retyped.table);
		std::optional<std::map<Cells, ChangedRow>> rows = all_rows(id, numbers.all, numbers.key, 2 * largest);
		if (!rows)
			continue;
		retyped.rows = std::move(*rows);
		recorder.retyped[identity] = std::move(retyped);
	}
}

/* Leaves the rows whose values a change of the type back would not bring back. */
void leave_lossy(const Recorder::Retyped &column, const std::string &type, std::map<Cells, ChangedRow> &rows)
{
	const size_t at = static_cast<size_t>(std::find_if(column.table.columns.begin(), column.table.columns.end(), [&](const KeyedColumn &other) {
		return other.number == column.number; }) - column.table.columns.begin());
	std::erase_if(rows, [at](const auto &row) { return (*row.second.before)[at] == (*row.second.after)[at]; });
	/* What these mean depends on where somebody is. */
	if (rows.empty() || has_time_zone(type) != has_time_zone(column.type))
		return;
	std::vector<Cells> texts(1);
	for (const auto &[key, row] : rows)
		texts[0].push_back((*row.after)[at]);
	std::vector<Cells> back;
	try {
		in_subtransaction([&] {
			back = run_with_texts("SELECT CASE WHEN back.v IS NOT NULL THEN concat(back.v) END FROM unnest($1) WITH ORDINALITY AS kept(c0, n), LATERAL (SELECT kept.c0::" +
									  type + "::" + column.type + " OFFSET 0) AS back(v) ORDER BY kept.n", texts);
		});
	} catch (Error &error) {
		/* Then none comes back by itself. */
		if (ends_step(error))
			throw;
		return;
	}
	size_t n = 0;
	std::erase_if(rows, [&](const auto &row) { return back[n++][0] == (*row.second.before)[at]; });
}

/* Whether the values come back, by what is kept now or by themselves. */
bool settle(const Speaker &speaker, Recorder &recorder, const std::string &identity, const Recorder::Retyped &column, Oid role)
{
	const Oid id = column.table.id;
	const std::string type = type_of(id, column.number);
	if (recorder.written().contains(id) || type.empty() || type == column.type)
		return false;
	const Internal internal;
	pg_call([] { pin_output(); });
	const std::optional<KeyedTable> now = keyed_table(id, role);
	if (!now || is_in_foreign_key(id, column.number))
		return false;
	const Numbers numbers = numbers_of(column.table);
	for (const KeyedColumn &key : column.table.columns)
		if (std::none_of(now->columns.begin(), now->columns.end(), [&](const KeyedColumn &other) {
				return other.number == key.number && other.fits && other.of_server && other.in_key == key.in_key && (!key.in_key || other.type == key.type);
			}))
			return false;
	std::optional<std::map<Cells, ChangedRow>> rows = all_rows(id, numbers.all, numbers.key, 2 * int64(settings::keep_size) * 1024);
	if (!rows || rows->size() != column.rows.size())
		return false;
	std::map<Cells, ChangedRow> pairs;
	for (auto &[key, row] : *rows) {
		const auto was = column.rows.find(key);
		if (was == column.rows.end())
			return false;
		const auto any = [](const ChangedRow &one) { return one.before ? one.before : one.after; };
		pairs[key] = {any(was->second), any(row)};
	}
	leave_lossy(column, type, pairs);
	if (!pairs.empty())
		store_rows(speaker, column.table, "values", identity, pairs);
	recorder.kept[{"values", identity}] =
		pairs.empty() ? "" : "SELECT surefoot.restore_column(" + core::literal(speaker.version) + ", " + core::literal(identity) + ")";
	return true;
}

} // namespace

void keep_types(Recorder &recorder, Node *statement)
{
	if (!settings::keep_rows || !IsA(statement, AlterTableStmt) || ((AlterTableStmt *)statement)->objtype != OBJECT_TABLE)
		return;
	const AlterTableStmt *alter = (AlterTableStmt *)statement;
	std::set<std::string> names;
	for (int i = 0; i < list_length(alter->cmds); i++)
		if (const AlterTableCmd *command = (AlterTableCmd *)list_nth(alter->cmds, i); command->subtype == AT_AlterColumnType)
			names.insert(command->name);
	if (names.empty())
		return;
	const Oid id = pg_call([name = alter->relation] {
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
	const auto retyped = recorder.retyped;
	try {
		in_subtransaction([&] { note(recorder, id, names); });
	} catch (Error &error) {
		recorder.retyped = retyped;
		/* That values cannot be kept is no reason not to change the type: its way back is without them. */
		if (ends_step(error))
			throw;
	}
}

void settle_types(const Speaker &speaker, Recorder &recorder, bool more_steps)
{
	const Oid role = GetUserId();
	const Recorder::Pause unrecorded;
	std::erase_if(recorder.retyped, [&](const auto &column) {
		if (more_steps)
			return true;
		try {
			return !in_subtransaction([&] { return settle(speaker, recorder, column.first, column.second, role); });
		} catch (Error &error) {
			recorder.kept.erase({"values", column.first});
			if (ends_step(error))
				throw;
			return true;
		}
	});
	recorder.recasts_kept = !more_steps;
	for (const auto &[table, names] : recorder.recast())
		for (const std::string &name : names)
			if (std::none_of(recorder.retyped.begin(), recorder.retyped.end(), [id = table, &name](const auto &column) {
					return column.second.table.id == id && column.second.name == name;
				})) {
				recorder.recasts_kept = false;
				recorder.wrote(table);
			}
}

} // namespace surefoot

#include "server/reverse/column_place.hpp"

#include "core/kinds.hpp"
#include "core/sql_text.hpp"
#include "server/catalog/roots.hpp"
#include "server/keep/dropped_column.hpp"
#include "server/keep/hidden_column.hpp"
#include "server/keep/keep.hpp"
#include "server/keep/whole_table.hpp"
#include "server/plan/relation_size.hpp"
#include "server/record/recorder.hpp"
#include "server/run/gate.hpp"
#include "server/settings.hpp"
#include "server/spi.hpp"

extern "C" {
#include "executor/executor.h"
#include "utils/lsyscache.h"
}

namespace surefoot {

namespace {

/*
 * A column that is NOT NULL is filled, row by row, which a publication of updates does not allow without a replica identity; to ADD COLUMN ... DEFAULT
 * that is all the same.
 */
bool can_be_filled(Oid table)
{
	try {
		in_subtransaction([table] {
			pg_call([table] {
				Relation relation = table_open(table, AccessShareLock);
				CheckCmdReplicaIdentity(relation, CMD_UPDATE);
				table_close(relation, AccessShareLock);
			});
		});
	} catch (Error &) {
		return false;
	}
	return true;
}

/* Of a table that goes itself: its name now, by which it will be made again, and which need not be that of when it lost columns. */
void note_last_name(const core::Object &table)
{
	static Query note("UPDATE surefoot.dropped_column SET table_name = $1 WHERE relation = $2 AND system_identifier = $3::numeric AND database_oid = $4",
					  {TEXTOID, OIDOID, TEXTOID, OIDOID});
	const Oid id = catalog::address_of(table.address).objectId;
	if (pg_call([id] { return SearchSysCacheExists1(RELOID, ObjectIdGetDatum(id)); }))
		return;
	const Internal internal;
	(void)note.run({table.identity, Value::datum(ObjectIdGetDatum(id)), std::to_string(GetSystemIdentifier()), Value::datum(ObjectIdGetDatum(MyDatabaseId))});
}

std::string restore_statement(const std::string &version, const std::string &column)
{
	return "SELECT surefoot.restore_place(" + core::literal(version) + ", " + core::literal(column) + ")";
}

} // namespace

bool has_place(Oid table, const char *column)
{
	bool not_null = false, full = false;
	const bool restorable = pg_call([&] {
		Relation relation = relation_open(table, AccessShareLock);
		HeapTuple row = is_plain_table(relation) ? SearchSysCacheAttName(table, column) : nullptr;
		const FormData_pg_attribute *attribute = HeapTupleIsValid(row) ? (Form_pg_attribute)GETSTRUCT(row) : nullptr;
		const bool can = attribute != nullptr && is_restorable(attribute);
		not_null = can && attribute->attnotnull;
		full = relation->rd_rel->relreplident == REPLICA_IDENTITY_FULL;
		if (HeapTupleIsValid(row))
			ReleaseSysCache(row);
		relation_close(relation, AccessShareLock);
		return can;
	});
	if (!restorable || !not_null || full)
		return restorable;
	/* Its replica identity may go with the column. */
	static Query query("SELECT FROM pg_publication WHERE pubupdate LIMIT 1", {});
	const Internal internal;
	return query.run({}).empty();
}

void note_places(const Speaker &speaker, Recorder &recorder, bool hides)
{
	static Query insert("INSERT INTO surefoot.dropped_column (run, version, name, relation, number, type, definition, missing, "
						"system_identifier, database_oid, hidden) "
						"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::numeric, $10, $11)",
						{INT8OID, TEXTOID, TEXTOID, OIDOID, INT4OID, OIDOID, TEXTOID, TEXTOID, TEXTOID, OIDOID, TEXTOID});
	if (!settings::restore_places && !hides)
		return;
	for (const core::Object &object : recorder.before()) {
		if (object.kind == "table")
			note_last_name(object);
		if (object.kind != "column" || object.field("generated") || object.field("identity"))
			continue;
		const ObjectAddress address = catalog::address_of(object.address);
		if (address.classId != RelationRelationId || address.objectSubId <= 0)
			continue;
		const std::string definition = core::value_of(object, "type"), collation = core::value_of(object, "collation");
		const char *text = definition.c_str();
		Internal internal;
		const Dropped dropped = pg_call([&address, text] {
			pin_output();
			return dropped_at(address, text);
		});
		const bool can_come = OidIsValid(dropped.type) && !(object.field("not null") && !can_be_filled(address.objectId));
		const bool can_hide = hides && can_come && !dropped.has_no_values;
		if (hides && !can_hide && dropped.is_dropped)
			warn(speaker, "column " + object.identity + " is dropped and not hidden: only columns of the server's own types, of ordinary "
						  "tables that were not stored anew and have a replica identity if they are published, can be");
		/* All rows would have to be filled, while ADD COLUMN ... DEFAULT takes a moment. */
		const bool is_long = dropped.has_no_values && object.field("not null") && table_pages(address.objectId) > settings::direct_index_pages;
		if (!can_come || (!can_hide && (is_long || !settings::restore_places)))
			continue;
		const std::optional<std::string> hidden =
			can_hide ? std::optional(hide_column(speaker, address, object.identity, dropped)) : std::nullopt;
		(void)insert.run({speaker.run, speaker.version, object.identity, Value::datum(ObjectIdGetDatum(address.objectId)),
						  static_cast<int>(address.objectSubId), Value::datum(ObjectIdGetDatum(dropped.type)),
						  definition + (collation.empty() ? "" : " COLLATE " + collation),
						  dropped.missing ? Value(dropped.missing) : Value(std::nullopt), std::to_string(GetSystemIdentifier()),
						  Value::datum(ObjectIdGetDatum(MyDatabaseId)), hidden});
		recorder.places[object.identity] = restore_statement(speaker.version, object.identity);
		if (dropped.has_no_values)
			recorder.empty_places.insert(object.identity);
		/* Values and all. */
		if (hidden)
			recorder.kept[{"column", object.identity}] = recorder.places[object.identity];
	}
}

std::vector<NotedPlace> noted_places(int64 run)
{
	static Query query("SELECT version, name, hidden IS NOT NULL FROM surefoot.dropped_column WHERE run = $1 ORDER BY name", {INT8OID});
	const Internal internal;
	const Rows rows = query.run({run});
	std::vector<NotedPlace> places;
	for (size_t i = 0; i < rows.size(); i++)
		places.push_back({rows.text(i, 1), restore_statement(rows.text(i, 0), rows.text(i, 1)), rows.flag(i, 2)});
	return places;
}

void restore_place(const std::string &version, const std::string &column)
{
	static Query entry("SELECT relation, number, type, definition, system_identifier = $3::numeric AND database_oid = $4, missing, hidden, run "
					   "FROM surefoot.dropped_column WHERE version = $1 AND name = $2 ORDER BY run DESC LIMIT 1",
					   {TEXTOID, TEXTOID, TEXTOID, OIDOID});
	/* It is no dropped column any more, whichever migration calls it one: what is dropped again is written down again, or has no place. */
	static Query forget("DELETE FROM surefoot.dropped_column WHERE (relation = $1 AND number = $2) OR (run = $3 AND name = $4)",
						{OIDOID, INT4OID, INT8OID, TEXTOID});
	check_isolation();
	const PinnedPath path;
	const Named named = lock_table_of(column);
	Rows found;
	{
		Internal internal;
		found = entry.run({version, column, std::to_string(GetSystemIdentifier()), Value::datum(ObjectIdGetDatum(MyDatabaseId))});
	}
	if (found.empty())
		throw Error("42704", "migration " + version + " has written down no place of column " + column);
	const Oid type = static_cast<Oid>(found.number(0, 2));
	const AttrNumber number = static_cast<AttrNumber>(found.number(0, 1));
	const auto written_off = [&] {
		Internal internal;
		(void)forget.run({Value::datum(ObjectIdGetDatum(named.table)), static_cast<int>(number), found.number(0, 7), column});
	};
	if (!found.is_null(0, 6) && show_column(found.number(0, 7), named, column, found.text(0, 6), type)) {
		written_off();
		return;
	}
	const std::string definition = found.text(0, 3);
	const std::string type_text = definition.substr(0, definition.find(" COLLATE "));
	const char *type_words = type_text.c_str();
	const bool can = found.flag(0, 4) && static_cast<Oid>(found.number(0, 0)) == named.table && pg_call([&] {
		Relation table = table_open(named.table, NoLock);
		HeapTuple row = SearchSysCache2(ATTNUM, ObjectIdGetDatum(named.table), Int16GetDatum(number));
		const bool fitting = is_plain_table(table) && HeapTupleIsValid(row) && fits(row, type, type_words);
		if (HeapTupleIsValid(row))
			ReleaseSysCache(row);
		table_close(table, NoLock);
		return fitting;
	});
	if (!can) {
		pg_call([&column] {
			ereport(NOTICE, (errmsg("column %s comes back as the last one, and empty", column.c_str()),
							 errdetail("Its table is not the one, or not as, it was dropped from: restored from a dump, say.")));
		});
		(void)run_own("ALTER TABLE " + core::without_last_part(column) + " ADD COLUMN " + core::last_part(column) + " " + definition);
		return;
	}
	const std::optional<std::string> missing_text = found.maybe(0, 5);
	const char *missing = missing_text ? missing_text->c_str() : nullptr;
	pg_call([&] {
		if (get_attnum(named.table, named.column) != InvalidAttrNumber)
			ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN), errmsg("column %s is there already", column.c_str())));
		pin_output();
		revive(named.table, number, named.column, type, missing);
	});
	written_off();
}

void keep_places(const std::string &table)
{
	static Query entries("SELECT d.run, d.name, d.number, d.definition, d.table_name IS NULL FROM surefoot.dropped_column d WHERE coalesce(d.table_name = $1, starts_with(d.name, $1 || '.')) "
						 "AND d.system_identifier = $2::numeric AND d.database_oid = $3 AND d.hidden IS NULL "
						 "AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = d.relation)",
						 {TEXTOID, TEXTOID, OIDOID});
	static Query move("UPDATE surefoot.dropped_column SET relation = $3, missing = NULL WHERE run = $1 AND name = $2", {INT8OID, TEXTOID, OIDOID});
	const PinnedPath path;
	const Oid id = lock_new_table(table);
	const Internal internal;
	const Rows found = entries.run({table, std::to_string(GetSystemIdentifier()), Value::datum(ObjectIdGetDatum(MyDatabaseId))});
	for (size_t i = 0; i < found.size(); i++) {
		const std::string definition = found.text(i, 3), type_text = definition.substr(0, definition.find(" COLLATE "));
		const char *words = type_text.c_str();
		ObjectAddress address;
		ObjectAddressSubSet(address, RelationRelationId, id, static_cast<int32>(found.number(i, 2)));
		/* It was of that type when this transaction has dropped it. */
		const bool is_of_table = !found.flag(i, 4) || core::without_last_part(found.text(i, 1)) == table;
		if (is_of_table && OidIsValid(pg_call([&] { return dropped_at(address, words, true); }).type))
			(void)move.run({found.number(i, 0), found.text(i, 1), Value::datum(ObjectIdGetDatum(id))});
	}
}

} // namespace surefoot

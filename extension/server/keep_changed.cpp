#include "server/keep.hpp"

#include "core/kinds.hpp"
#include "core/sql_text.hpp"
#include "server/catalog/definitions.hpp"
#include "server/catalog/roots.hpp"
#include "server/changed_rows.hpp"
#include "server/compat.hpp"
#include "server/kept_texts.hpp"
#include "server/recorder.hpp"
#include "server/settings.hpp"
#include "server/spi.hpp"

namespace surefoot {

namespace {

struct Column {
	AttrNumber number;
	std::string name, type; /* the type by its name in pg_catalog */
	bool in_key;
};

struct Table {
	Oid id;
	std::string name, owner;
	int64 bytes;
	std::vector<Column> columns;
};

/* A table whose changed rows can be found, and put back to the last bit: see docs/reversal.md. */
std::optional<Table> suitable(Oid id, Oid role)
{
	static Query query(
		"SELECT format('%I.%I', n.nspname, c.relname), pg_get_userbyid(c.relowner), pg_table_size(c.oid) "
		"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
		"WHERE c.oid = $1 AND c.relkind = 'r' AND c.relpersistence = 'p' AND NOT c.relispartition AND c.reloftype = 0 "
		"AND c.relam = (SELECT m.oid FROM pg_am m WHERE m.amname = 'heap') "
		"AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid OR i.inhparent = c.oid) "
		"AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') "
		/* Uniqueness that is checked later is checked by triggers, which are silent while rows are put back. */
		"AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND NOT i.indimmediate) "
		"AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled IN ('A', 'R')) "
		"AND NOT EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_enabled IN ('A', 'R')) "
		/* Whoever brings them back has to be able to ask for them. */
		"AND has_function_privilege($2, 'surefoot.restore_rows(text, text[])'::regprocedure, 'EXECUTE') "
		"AND has_schema_privilege($2, 'surefoot', 'USAGE') AND pg_has_role($2, c.relowner, 'USAGE')",
		{OIDOID, OIDOID});
	/* Of the key the texts are equal when the values are. */
	static Query columns(
		"SELECT a.attnum, a.attname, t.typname, a.attnum = ANY (k.indkey::int2[]), a.attgenerated <> '', "
		"coalesce(e.oid, t.oid) = ANY "
		"  ('{bool,int2,int4,int8,float4,float8,numeric,text,varchar,bpchar,name,bytea,date,time,timetz,timestamp,timestamptz,"
		"interval,uuid,json,jsonb,inet,cidr,macaddr,macaddr8,bit,varbit,point,lseg,box,path,polygon,line,circle,tsvector,tsquery,"
		"int4range,int8range,numrange,tsrange,tstzrange,daterange,pg_lsn}'::regtype[]) "
		"FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
		"LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' "
		"JOIN (SELECT i.indkey FROM pg_index i WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indpred IS NULL "
		"  AND i.indexprs IS NULL AND i.indnkeyatts = i.indnatts AND NOT EXISTS (SELECT FROM pg_attribute k "
		"    LEFT JOIN pg_collation l ON l.oid = k.attcollation WHERE k.attrelid = $1 AND k.attnum = ANY (i.indkey::int2[]) AND "
		"    NOT (k.attnotnull AND k.attgenerated = '' AND coalesce(l.collisdeterministic, true) "
		"    AND k.atttypid = ANY ('{int2,int4,int8,text,varchar,uuid,name,bytea,date,timestamp,timestamptz}'::regtype[]))) "
		"  ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1) k ON true "
		"WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
		{OIDOID});
	const Rows rows = query.run({Value::datum(ObjectIdGetDatum(id)), Value::datum(ObjectIdGetDatum(role))});
	if (rows.empty())
		return std::nullopt;
	Table table{id, rows.text(0, 0), rows.text(0, 1), rows.number(0, 2), {}};
	const Rows found = columns.run({Value::datum(ObjectIdGetDatum(id))});
	for (size_t i = 0; i < found.size(); i++) {
		if (found.flag(i, 4))
			continue;
		if (!found.flag(i, 5))
			return std::nullopt;
		table.columns.push_back({static_cast<AttrNumber>(found.number(i, 0)), found.text(i, 1), found.text(i, 2), found.flag(i, 3)});
	}
	return table.columns.empty() ? std::nullopt : std::optional(std::move(table));
}

bool is_stored_anew(Oid id)
{
	return pg_call([id] {
		Relation relation = RelationIdGetRelation(id);
		const bool anew = !RelationIsValid(relation) || compat::is_stored_anew(relation);
		if (RelationIsValid(relation))
			RelationClose(relation);
		return anew;
	});
}

/* Leaves the columns that were there before, called and typed as now; false when that is not so of one of them. */
bool leave_old_columns(Table &table, const Recorder &recorder)
{
	const auto address = [&table](AttrNumber column) {
		return catalog::address_text({RelationRelationId, table.id, column});
	};
	const core::Object *was = nullptr;
	for (const core::Object &object : recorder.before())
		if (object.address == address(0))
			was = &object;
	/* What no statement was about but queries is as it was. */
	if (was == nullptr)
		return true;
	if (was->identity != table.name)
		return false;
	const core::Objects now = catalog::read_definitions({catalog::root_of(RelationRelationId, table.id)});
	std::set<std::string> old;
	for (const core::Object &object : recorder.before()) {
		if (object.kind != "column" || object.root != was->root)
			continue;
		const core::Object *there = now.find(object.kind, object.identity);
		if (there == nullptr || there->address != object.address)
			return false;
		for (const char *field : {"type", "generated", "collation"})
			if (core::value_of(object, field) != core::value_of(*there, field))
				return false;
		old.insert(object.address);
	}
	bool key_is_old = true;
	std::erase_if(table.columns, [&](const Column &column) {
		const bool is_new = !old.contains(address(column.number));
		key_is_old = key_is_old && !(is_new && column.in_key);
		return is_new;
	});
	return key_is_old && !table.columns.empty();
}

void store(const Speaker &speaker, const Table &table, const std::map<Cells, ChangedRow> &rows)
{
	static Query insert("INSERT INTO surefoot.archive (run, version, direction, kind, name, owner, rows, bytes, purge_after, columns, types, key) "
						"VALUES ($1, $2, $3, 'rows', $4, $5, $6, $7, clock_timestamp() + make_interval(secs => $8), $9, $10, $11) RETURNING id",
						{INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, INT8OID, INT4OID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID});
	static Query insert_rows("INSERT INTO surefoot.archive_row (archive, data, after) SELECT $1, u.b, u.a FROM unnest($2, $3) AS u(b, a)",
							 {INT8OID, TEXTARRAYOID, TEXTARRAYOID});
	std::vector<std::string> names, types, key;
	for (const Column &column : table.columns) {
		names.push_back(column.name);
		types.push_back(column.type);
		if (column.in_key)
			key.push_back(column.name);
	}
	std::vector<std::optional<std::string>> before, after;
	int64 bytes = 0;
	for (const auto &[name, row] : rows) {
		before.push_back(row.before ? std::optional(kept_text(*row.before)) : std::nullopt);
		after.push_back(row.after ? std::optional(kept_text(*row.after)) : std::nullopt);
		bytes += static_cast<int64>((before.back() ? before.back()->size() : 0) + (after.back() ? after.back()->size() : 0));
	}
	const Rows id = insert.run({speaker.run, speaker.version, speaker.direction, table.name, table.owner, static_cast<int64>(rows.size()),
								bytes, settings::keep_for, Value::array(names), Value::array(types), Value::array(key)});
	(void)insert_rows.run({id.number(0, 0), Value::array(before), Value::array(after)});
}

/* Whether all that was written to the table can be put back; names gets its name when something has changed. */
bool keep_table(const Speaker &speaker, Recorder &recorder, Oid id, Oid role, TransactionId step, std::vector<std::string> &names)
{
	const int64 largest = int64(settings::keep_size) * 1024;
	if (const std::optional<int64> size = recorder.size_before(id); !size || *size > largest || is_stored_anew(id))
		return false;
	std::optional<Table> table;
	std::optional<std::map<Cells, ChangedRow>> rows;
	{
		Internal internal;
		pg_call([] { pin_output(); });
		table = suitable(id, role);
		if (!table || !leave_old_columns(*table, recorder))
			return false;
		std::vector<AttrNumber> numbers;
		std::vector<size_t> key;
		for (const Column &column : table->columns) {
			if (column.in_key)
				key.push_back(numbers.size());
			numbers.push_back(column.number);
		}
		rows = changed_rows(id, numbers, key, step, 2 * largest);
		if (!rows)
			return false;
		if (!rows->empty())
			store(speaker, *table, *rows);
	}
	if (!rows->empty())
		names.push_back(table->name);
	return true;
}

} // namespace

void keep_changed(const Speaker &speaker, Recorder &recorder)
{
	if (!settings::keep_rows || recorder.wrote_beyond())
		return;
	/* Of tables that the step has made itself, at most. */
	if (recorder.written().empty()) {
		recorder.rows_kept = true;
		return;
	}
	const Oid role = GetUserId();
	const TransactionId step = pg_call([] { return GetCurrentTransactionId(); });
	const Recorder::Pause unrecorded;
	try {
		in_subtransaction([&] {
			std::vector<std::string> names;
			for (const Oid id : recorder.written())
				if (!keep_table(speaker, recorder, id, role, step, names))
					throw Error("0A000", "rows that were changed cannot all be kept");
			std::sort(names.begin(), names.end());
			std::string arguments;
			for (const std::string &name : names)
				arguments += ", " + core::literal(name);
			if (!names.empty())
				recorder.restore = "SELECT surefoot.restore_rows(" + core::literal(speaker.version) + arguments + ")";
			recorder.restored = std::move(names);
			recorder.rows_kept = true;
		});
	} catch (Error &error) {
		recorder.restore.clear();
		/* That rows cannot be kept is no reason not to change them: the way back is without them. */
		if (error.is("55P03") || error.is("40P01") || error.is("57014") || error.is("57P01"))
			throw;
	}
}

} // namespace surefoot

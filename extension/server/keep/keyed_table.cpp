#include "server/keep/keyed_table.hpp"

#include "server/compat.hpp"
#include "server/keep/kept_mark.hpp"
#include "server/keep/kept_owner.hpp"
#include "server/keep/kept_texts.hpp"
#include "server/keep/kept_types.hpp"
#include "server/settings.hpp"
#include "server/spi.hpp"

namespace surefoot {

std::optional<KeyedTable> keyed_table(Oid id, Oid role, bool with_all)
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
		/* Values that follow from the row may be others by then, and nobody would look at them. */
		"AND NOT ($3 AND EXISTS (" GENERATED_BY_USERS ")) "
		/* Whoever brings them back has to be able to ask for them. */
		"AND has_function_privilege($2, 'surefoot.restore_rows(text, text[])'::regprocedure, 'EXECUTE') "
		"AND has_schema_privilege($2, 'surefoot', 'USAGE') AND pg_has_role($2, c.relowner, 'USAGE')",
		{OIDOID, OIDOID, BOOLOID});
	/*
	 * Of the key the texts are equal when the values are. Foreign keys are checked by the server's own operators, which are those of enums
	 * but not those of base types of users.
	 */
	static Query columns(
		"SELECT a.attnum, a.attname, CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN t.typname ELSE format('%I.%I', n.nspname, t.typname) END, coalesce(a.attnum = ANY (k.indkey::int2[]), false), a.attgenerated <> '', "
		KEPT_OF_SERVER " OR coalesce(e.typtype, t.typtype) = 'e' OR " KEPT_AS_TEXT
		"  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.contype = 'f' AND (c.conrelid = $1 AND a.attnum = ANY (c.conkey) OR "
		"    c.confrelid = $1 AND a.attnum = ANY (c.confkey))), a.attidentity = 'a', t.typnamespace = 'pg_catalog'::regnamespace, coalesce(k.indexrelid, 0) "
		"FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace n ON n.oid = t.typnamespace "
		"LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' "
		"LEFT JOIN (SELECT i.indkey, i.indexrelid FROM pg_index i WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indpred IS NULL "
		"  AND i.indexprs IS NULL AND i.indnkeyatts = i.indnatts AND NOT EXISTS (SELECT FROM pg_attribute k "
		"    LEFT JOIN pg_collation l ON l.oid = k.attcollation WHERE k.attrelid = $1 AND k.attnum = ANY (i.indkey::int2[]) AND "
		"    NOT (k.attnotnull AND k.attgenerated = '' AND coalesce(l.collisdeterministic, true) "
		"    AND k.atttypid = ANY ('{int2,int4,int8,text,varchar,uuid,name,bytea,date,timestamp,timestamptz}'::regtype[]))) "
		"  ORDER BY i.indisprimary DESC, i.indexrelid LIMIT 1) k ON true "
		"WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped AND ($2 OR NOT starts_with(a.attname, 'surefoot_hidden_')) ORDER BY a.attnum",
		{OIDOID, BOOLOID});
	const Rows rows = query.run({Value::datum(ObjectIdGetDatum(id)), Value::datum(ObjectIdGetDatum(role)), with_all});
	if (rows.empty())
		return std::nullopt;
	KeyedTable table{id, rows.text(0, 0), rows.text(0, 1), rows.number(0, 2), {}, InvalidOid};
	const Rows found = columns.run({Value::datum(ObjectIdGetDatum(id)), with_all});
	for (size_t i = 0; i < found.size(); i++) {
		if (found.flag(i, 4))
			continue;
		table.columns.push_back({static_cast<AttrNumber>(found.number(i, 0)), found.text(i, 1), found.text(i, 2), found.flag(i, 3), found.flag(i, 6),
								 found.flag(i, 5), found.flag(i, 7)});
		if (found.flag(i, 3))
			table.index = static_cast<Oid>(found.number(i, 8));
	}
	return table.columns.empty() || !(OidIsValid(table.index) || with_all) ? std::nullopt : std::optional(std::move(table));
}

std::string type_of_kept(const std::string &type)
{
	const char *text = type.c_str();
	return type.find('.') != type.npos ? type : "pg_catalog." + std::string(pg_call([text] { return quote_identifier(text); }));
}

bool is_in_foreign_key(Oid table, AttrNumber number)
{
	static Query query("SELECT FROM pg_constraint c WHERE c.contype = 'f' AND ((c.conrelid = $1 AND $2 = ANY (c.conkey)) OR "
					   "(c.confrelid = $1 AND $2 = ANY (c.confkey)))",
					   {OIDOID, INT4OID});
	return !query.run({Value::datum(ObjectIdGetDatum(table)), Value::datum(Int32GetDatum(number))}).empty();
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

void store_rows(const Speaker &speaker, const KeyedTable &table, const char *kind, const std::string &kept_name, const std::map<Cells, ChangedRow> &rows)
{
	static Query insert("INSERT INTO surefoot.archive (run, version, direction, kind, name, owner, rows, bytes, purge_after, columns, types, key, owner_oid, system_identifier) "
						"VALUES ($1, $2, $3, $12, $4, $5, $6, $7, clock_timestamp() + make_interval(secs => $8), $9, $10, $11, "
						"(SELECT r.oid FROM pg_roles r WHERE r.rolname = $5), $13::numeric) RETURNING id",
						{INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, INT8OID, INT4OID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTOID, TEXTOID});
	static Query insert_rows("INSERT INTO surefoot.archive_row (archive, data, after) SELECT $1, u.b, u.a FROM unnest($2, $3) AS u(b, a)",
							 {INT8OID, TEXTARRAYOID, TEXTARRAYOID});
	std::vector<std::string> names, types, key;
	for (const KeyedColumn &column : table.columns) {
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
	const Rows id = insert.run({speaker.run, speaker.version, speaker.direction, kept_name, table.owner, static_cast<int64>(rows.size()),
								bytes, settings::keep_for, Value::array(names), Value::array(types), Value::array(key), kind, system_identifier()});
	(void)insert_rows.run({id.number(0, 0), Value::array(before), Value::array(after)});
	mark_kept();
}

} // namespace surefoot

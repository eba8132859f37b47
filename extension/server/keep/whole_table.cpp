#include "server/keep/whole_table.hpp"

#include "server/keep/kept_mark.hpp"
#include "server/keep/kept_owner.hpp"
#include "server/keep/kept_types.hpp"
#include "server/settings.hpp"
#include "server/spi.hpp"

namespace surefoot {

std::vector<std::string> run_own(const std::string &sql)
{
	const char *text = sql.c_str();
	std::vector<std::string> cells;
	const int columns = pg_call([text] {
		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		const int code = SPI_execute(text, false, 0);
		if (code < 0)
			elog(ERROR, "could not execute \"%s\": %s", text, SPI_result_code_string(code));
		return SPI_tuptable != nullptr && SPI_processed > 0 ? SPI_tuptable->tupdesc->natts : 0;
	});
	const SPITupleTable *table = SPI_tuptable;
	for (int column = 1; column <= columns; column++) {
		const char *value = pg_call([table, column] { return SPI_getvalue(table->vals[0], table->tupdesc, column); });
		cells.emplace_back(value ? value : "");
	}
	pg_call([] { SPI_finish(); });
	return cells;
}

std::optional<WholeTable> whole_table(Oid id, Oid role)
{
	static Query query(
		"SELECT format('%I.%I', n.nspname, c.relname), pg_get_userbyid(c.relowner), pg_table_size(c.oid), "
		"(SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a "
		" WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), "
		"EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attidentity <> ''), "
		"NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
		"  LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' "
		"  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND NOT (" KEPT_OF_SERVER " OR t.typtype = 'e' AND NOT a.atthasmissing)) "
		"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
		"WHERE c.oid = $1 AND c.relkind = 'r' AND c.relpersistence = 'p' AND NOT c.relispartition AND c.reloftype = 0 "
		"AND c.relam = (SELECT m.oid FROM pg_am m WHERE m.amname = 'heap') "
		"AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid OR i.inhparent = c.oid) "
		"AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') "
		"AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
		"  LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' "
		"  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND (a.attgenerated <> '' OR NOT (" KEPT_OF_SERVER " OR " KEPT_AS_TEXT "))) "
		/* Whoever brings them back has to be able to ask for them. */
		"AND has_function_privilege($2, 'surefoot.kept_rows(text, text)'::regprocedure, 'EXECUTE') "
		"AND has_schema_privilege($2, 'surefoot', 'USAGE')",
		{OIDOID, OIDOID});
	const Rows rows = query.run({Value::datum(ObjectIdGetDatum(id)), Value::datum(ObjectIdGetDatum(role))});
	if (rows.empty() || rows.is_null(0, 3))
		return std::nullopt;
	return WholeTable{rows.text(0, 0), rows.text(0, 1), rows.text(0, 3), rows.number(0, 2), rows.flag(0, 4), rows.flag(0, 5)};
}

std::vector<std::string> own_sequences(Oid id)
{
	static Query query("SELECT s.oid, format('%I.%I', n.nspname, s.relname) FROM pg_depend d JOIN pg_class s ON s.oid = d.objid "
					   "JOIN pg_namespace n ON n.oid = s.relnamespace "
					   "WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = $1 "
					   "AND d.deptype = ANY ('{a,i}') AND s.relkind = 'S' ORDER BY s.oid",
					   {OIDOID});
	const Rows rows = query.run({Value::datum(ObjectIdGetDatum(id))});
	std::vector<std::string> names;
	for (size_t i = 0; i < rows.size(); i++) {
		/* As the DROP will: nobody takes a number from here on. */
		const Oid sequence = static_cast<Oid>(rows.number(i, 0));
		pg_call([sequence] { LockRelationOid(sequence, AccessExclusiveLock); });
		names.push_back(rows.text(i, 1));
	}
	return names;
}

std::string store_entry(const Speaker &speaker, const WholeTable &table, const char *kind, int64 count)
{
	static Query insert("INSERT INTO surefoot.archive (run, version, direction, kind, name, owner, rows, bytes, purge_after, owner_oid, system_identifier) "
						"VALUES ($1, $2, $3, $9, $4, $5, $6, $7, clock_timestamp() + make_interval(secs => $8), "
						"(SELECT r.oid FROM pg_roles r WHERE r.rolname = $5), $10::numeric) RETURNING id",
						{INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, INT8OID, INT4OID, TEXTOID, TEXTOID});
	/* By its storage a table holds the extension itself. */
	if (strcmp(kind, "table") == 0)
		mark_kept();
	return insert.run({speaker.run, speaker.version, speaker.direction, table.name, table.owner, count, table.bytes, settings::keep_for, kind, system_identifier()})
		.text(0, 0);
}

int64 count_rows(Oid id, const WholeTable &table, int64 pages)
{
	if (pages <= settings::direct_index_pages)
		return std::stoll(run_own("SELECT count(*) FROM ONLY " + table.name).at(0));
	static Query query("SELECT CASE WHEN c.relpages > 0 THEN c.reltuples ELSE 0 END::bigint FROM pg_class c WHERE c.oid = $1", {OIDOID});
	if (const int64 rows = query.run({Value::datum(ObjectIdGetDatum(id))}).number(0, 0); rows > 0)
		return rows;
	/* Never analyzed, or when it was empty: as if all of it were like some pages in its middle. */
	const int64 sample = std::min<int64>(pages, 32), first = (pages - sample) / 2;
	const auto place = [](int64 page) { return "'(" + std::to_string(page) + ",0)'::pg_catalog.tid"; };
	const int64 rows = std::stoll(run_own("SELECT count(*) FROM ONLY " + table.name + " WHERE ctid OPERATOR(pg_catalog.>=) " + place(first) +
										  " AND ctid OPERATOR(pg_catalog.<) " + place(first + sample)).at(0));
	return rows * pages / sample;
}

} // namespace surefoot

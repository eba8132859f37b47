#include "server/keep.hpp"

#include "core/kinds.hpp"
#include "core/sql_text.hpp"
#include "server/catalog/definitions.hpp"
#include "server/catalog/roots.hpp"
#include "server/compat.hpp"
#include "server/kept_storage.hpp"
#include "server/recorder.hpp"
#include "server/relation_size.hpp"
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

/* Runs our own sql, whose names are quoted already; the cells of its first row. */
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

/* A table that can be kept. */
struct Table {
	std::string name, owner, columns;
	int64 bytes = 0;
	bool has_identity = false;
};

std::optional<Table> suitable(Oid id, Oid role)
{
	/*
	 * Types of users may go in the same migration, or their values be called otherwise before the rows come back; of the server's own
	 * those that name other objects are left out.
	 */
	static Query query(
		"SELECT format('%I.%I', n.nspname, c.relname), pg_get_userbyid(c.relowner), pg_table_size(c.oid), "
		"(SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a "
		" WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), "
		"EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attidentity <> '') "
		"FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
		"WHERE c.oid = $1 AND c.relkind = 'r' AND c.relpersistence = 'p' AND NOT c.relispartition AND c.reloftype = 0 "
		"AND c.relam = (SELECT m.oid FROM pg_am m WHERE m.amname = 'heap') "
		"AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid OR i.inhparent = c.oid) "
		"AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') "
		"AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
		"  LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' "
		"  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND (a.attgenerated <> '' OR NOT coalesce(e.oid, t.oid) = ANY "
		"  ('{bool,int2,int4,int8,float4,float8,numeric,text,varchar,bpchar,name,bytea,date,time,timetz,timestamp,timestamptz,"
		"interval,uuid,json,jsonb,inet,cidr,macaddr,macaddr8,bit,varbit,point,lseg,box,path,polygon,line,circle,tsvector,tsquery,"
		"int4range,int8range,numrange,tsrange,tstzrange,daterange,pg_lsn}'::regtype[]))) "
		/* Whoever brings them back has to be able to ask for them. */
		"AND has_function_privilege($2, 'surefoot.kept_rows(text, text)'::regprocedure, 'EXECUTE') "
		"AND has_schema_privilege($2, 'surefoot', 'USAGE')",
		{OIDOID, OIDOID});
	const Rows rows = query.run({Value::datum(ObjectIdGetDatum(id)), Value::datum(ObjectIdGetDatum(role))});
	if (rows.empty() || rows.is_null(0, 3))
		return std::nullopt;
	return Table{rows.text(0, 0), rows.text(0, 1), rows.text(0, 3), rows.number(0, 2), rows.flag(0, 4)};
}

/* Its own sequences: they go with it. */
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

/* A line of the archive; its number. */
std::string store_entry(const Speaker &speaker, const Table &table, const char *kind, int64 count)
{
	static Query insert("INSERT INTO surefoot.archive (run, version, direction, kind, name, owner, rows, bytes, purge_after) "
						"VALUES ($1, $2, $3, $9, $4, $5, $6, $7, clock_timestamp() + make_interval(secs => $8)) RETURNING id",
						{INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, INT8OID, INT4OID, TEXTOID});
	return insert.run({speaker.run, speaker.version, speaker.direction, table.name, table.owner, count, table.bytes, settings::keep_for, kind})
		.text(0, 0);
}

/* As the server has counted or guessed, of a large table: nobody waits for a count. */
int64 count_rows(Oid id, const Table &table, int64 pages)
{
	if (pages <= settings::direct_index_pages)
		return std::stoll(run_own("SELECT count(*) FROM ONLY " + table.name).at(0));
	static Query query("SELECT greatest(c.reltuples, 0)::bigint FROM pg_class c WHERE c.oid = $1", {OIDOID});
	return query.run({Value::datum(ObjectIdGetDatum(id))}).number(0, 0);
}

/* Copies the rows as texts; the statement that brings them back, or nothing when they would not come back to the last bit. */
std::optional<std::string> keep_texts(const Speaker &speaker, const Table &table)
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

void keep(const Speaker &speaker, Recorder &recorder, Oid id)
{
	const Oid role = GetUserId();
	if (!is_untouched(id, recorder))
		return;
	List *sequences = pg_call([id] { return getOwnedSequences(id); });
	for (int i = 0; i < list_length(sequences); i++)
		recorder.see(catalog::root_of(RelationRelationId, list_nth_oid(sequences, i)));
	Internal internal;
	pg_call([] { pin_output(); });
	const std::optional<Table> table = suitable(id, role);
	const int64 pages = table_pages(id);
	/* By its storage whatever its size; one without any has no rows. */
	const bool by_storage = settings::keep_tables && pages > 0;
	const bool by_texts = settings::keep_rows ? table && table->bytes <= int64(settings::keep_size) * 1024
											  : pages == 0 && speaker.direction == "up";
	if (!table || !(by_storage || (by_texts && !has_changed_rows(id))))
		return;
	std::map<std::pair<std::string, std::string>, std::string> kept;
	for (const std::string &sequence : own_sequences(id)) {
		if (recorder.before().find("sequence", sequence) == nullptr)
			return;
		const std::vector<std::string> place = run_own("SELECT last_value, is_called FROM " + sequence);
		kept[{"sequence", sequence}] = "SELECT pg_catalog.setval(" + core::literal(sequence) + ", " + place.at(0) +
									   (place.at(1) == "t" ? ", true)" : ", false)");
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
			if (error.is("55P03") || error.is("40P01") || error.is("57014") || error.is("57P01"))
				throw;
		}
	}
}

} // namespace surefoot

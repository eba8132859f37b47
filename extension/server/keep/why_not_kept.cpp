#include "server/keep/why_not_kept.hpp"

#include "server/keep/keyed_table.hpp"
#include "server/keep/kept_types.hpp"
#include "server/keep/whole_table.hpp"
#include "server/settings.hpp"
#include "server/spi.hpp"

namespace surefoot {

namespace {

/* In the order in which whole_table and keyed_table ask. */
#define WHY_NOT_PLAIN                                                                                                      \
	"SELECT CASE WHEN c.relkind = 'p' THEN 'it is partitioned' WHEN c.relkind = 'f' THEN 'it is a foreign table' "          \
	"WHEN c.relpersistence = 'u' THEN 'it is unlogged' WHEN c.relpersistence = 't' THEN 'it is temporary' "                 \
	"WHEN c.relispartition THEN 'it is a partition' WHEN c.reloftype <> 0 THEN 'it is a table of a type' "                  \
	"WHEN EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid) THEN 'it has parents' "                               \
	"WHEN EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid) THEN 'it has children' "                             \
	"WHEN EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') " \
	"THEN 'it belongs to an extension' "
#define OF_OTHER_TYPE                                                                                                     \
	"(SELECT 'its column ' || quote_ident(a.attname) || CASE WHEN a.attgenerated <> '' THEN ' is generated' "              \
	"ELSE ' is of type ' || format_type(a.atttypid, a.atttypmod) END FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid " \
	"LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' WHERE a.attrelid = c.oid AND a.attnum > 0 "           \
	"AND NOT a.attisdropped AND "

std::string first_text(const Rows &rows)
{
	return rows.empty() ? "" : rows.text(0, 0);
}

/* The rights that whoever brings rows back has to have. */
std::string or_rights(std::string why)
{
	return why.empty() ? "it is not of a kind that is kept, or its role may not bring them back" : why;
}

} // namespace

std::string table_name(Oid table)
{
	return pg_call([table]() -> const char * {
		const char *name = get_rel_name(table);
		return name ? quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)), name) : "";
	});
}

std::string why_not_whole(Oid table, Oid role)
{
	static Query query(WHY_NOT_PLAIN "ELSE " OF_OTHER_TYPE "(a.attgenerated <> '' OR NOT (" KEPT_OF_SERVER " OR " KEPT_AS_TEXT ")) "
									 "ORDER BY a.attnum LIMIT 1) END FROM pg_class c WHERE c.oid = $1",
					   {OIDOID});
	const Internal internal;
	if (whole_table(table, role))
		return "";
	return or_rights(first_text(query.run({Value::datum(ObjectIdGetDatum(table))})));
}

std::string why_not_changed(Oid table, Oid role, int64 bytes, bool by_key)
{
	static Query query(WHY_NOT_PLAIN "WHEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND NOT i.indimmediate) THEN 'a key of it is deferrable' "
									 "WHEN EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled = ANY ('{A,R}')) "
									 "THEN 'a trigger of it fires in replicas' WHEN EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_enabled = ANY ('{A,R}')) "
									 "THEN 'a rule of it acts in replicas' ELSE 'its role may not bring them back' END FROM pg_class c WHERE c.oid = $1",
					   {OIDOID});
	const int64 largest = int64(settings::keep_size) * 1024;
	const Internal internal;
	const std::optional<KeyedTable> found = keyed_table(table, role, true);
	if (by_key && found && !keyed_table(table, role))
		return "it has no key of columns that are NOT NULL and of plain types";
	if (!found)
		return first_text(query.run({Value::datum(ObjectIdGetDatum(table))}));
	for (const KeyedColumn &column : found->columns)
		if (!by_key && !column.fits) {
			const char *name = column.name.c_str();
			return "its column " + std::string(pg_call([name] { return quote_identifier(name); })) + " is of type " + column.type +
				   (is_in_foreign_key(table, column.number) ? " and in a foreign key" : "");
		}
	if (bytes > largest)
		return "it has more than surefoot.keep_size, " + std::to_string(settings::keep_size) + " kB";
	return "";
}

} // namespace surefoot

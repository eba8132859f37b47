#include "server/restored_keys.hpp"

#include "server/spi.hpp"
#include "server/text_query.hpp"

namespace surefoot {

namespace {

struct ForeignKey {
	std::string name, referring, referred; /* tables as FROM takes them */
	std::vector<std::string> from, to;	   /* columns, quoted */
	std::vector<std::string> raw;		   /* those of the touched table, not quoted */
	bool outgoing;						   /* of the touched table itself */
};

std::vector<ForeignKey> keys_of(Oid table)
{
	static Query query(
		"SELECT o.side, c.conname, "
		"(SELECT CASE r.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || format('%I.%I', n.nspname, r.relname) "
		" FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace WHERE r.oid = c.conrelid), "
		"(SELECT CASE r.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || format('%I.%I', n.nspname, r.relname) "
		" FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace WHERE r.oid = c.confrelid), "
		"quote_ident(f.attname), quote_ident(t.attname), CASE WHEN o.side THEN f.attname ELSE t.attname END, c.oid "
		"FROM (VALUES (true), (false)) AS o(side) "
		"JOIN pg_constraint c ON c.contype = 'f' AND c.conparentid = 0 AND CASE WHEN o.side THEN c.conrelid ELSE c.confrelid END = $1 "
		"CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS k(f, t, n) "
		"JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = k.f "
		"JOIN pg_attribute t ON t.attrelid = c.confrelid AND t.attnum = k.t ORDER BY o.side, c.oid, k.n",
		{OIDOID});
	Internal internal;
	const Rows rows = query.run({Value::datum(ObjectIdGetDatum(table))});
	std::vector<ForeignKey> result;
	std::string last;
	for (size_t i = 0; i < rows.size(); i++) {
		if (const std::string which = rows.text(i, 0) + rows.text(i, 7); which != last) {
			result.push_back({rows.text(i, 1), rows.text(i, 2), rows.text(i, 3), {}, {}, {}, rows.flag(i, 0)});
			last = which;
		}
		result.back().from.push_back(rows.text(i, 4));
		result.back().to.push_back(rows.text(i, 5));
		result.back().raw.push_back(rows.text(i, 6));
	}
	return result;
}

/* Rows of the referring table, of those that have the values of rows in the columns of the key, whose referred row is not there. */
bool has_orphans(const ForeignKey &key, const Touched &touched, const std::vector<Cells> &rows)
{
	std::vector<size_t> columns;
	for (const std::string &name : key.raw) {
		const auto at = std::find(touched.columns.begin(), touched.columns.end(), name);
		if (at == touched.columns.end())
			throw Error("0A000", "foreign key " + key.name + " cannot be checked", "Column " + name + " is not kept.");
		columns.push_back(static_cast<size_t>(at - touched.columns.begin()));
	}
	std::vector<Cells> values(columns.size());
	for (const Cells &row : rows) {
		if (std::any_of(columns.begin(), columns.end(), [&row](size_t i) { return !row[i]; }))
			continue;
		for (size_t i = 0; i < columns.size(); i++)
			values[i].push_back(row[columns[i]]);
	}
	if (values.front().empty())
		return false;
	std::string found, joined;
	for (size_t i = 0; i < columns.size(); i++) {
		const char *type = touched.types[columns[i]].c_str();
		found += (i ? " AND surefoot_row." : "surefoot_row.") + key.from[i] + " OPERATOR(pg_catalog.=) surefoot_kept.c" +
				 std::to_string(columns[i]) + "::pg_catalog." + std::string(pg_call([type] { return quote_identifier(type); }));
		joined += (i ? " AND surefoot_other." : "surefoot_other.") + key.to[i] + " OPERATOR(pg_catalog.=) surefoot_row." + key.from[i];
	}
	/* Locked as the server's own check does: nobody takes away what a row refers to before it is seen that it does. */
	return !run_with_texts("SELECT 1 FROM " + unnested(columns, "surefoot_kept") + " JOIN " + key.referring + " AS surefoot_row ON " + found +
							   " WHERE NOT EXISTS (SELECT FROM " + key.referred + " AS surefoot_other WHERE " + joined + " FOR KEY SHARE) LIMIT 1",
						   values)
				.empty();
}

} // namespace

void check_keys(const Touched &touched)
{
	for (const ForeignKey &key : keys_of(touched.table))
		if (has_orphans(key, touched, key.outgoing ? touched.put : touched.taken))
			throw Error("23503", key.outgoing ? "rows of table " + touched.name + " that would come back violate foreign key " + key.name
											  : "rows of table " + touched.name + " that would go are referred to by foreign key " + key.name,
						key.outgoing ? "They refer to rows that are gone." : "Rows of table " + key.referring.substr(key.referring.starts_with("ONLY ") ? 5 : 0) + " refer to them.",
						"Nothing was changed. Mend those rows, then try again.");
}

} // namespace surefoot

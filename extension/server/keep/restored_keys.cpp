#include "server/keep/restored_keys.hpp"

#include "server/keep/keyed_table.hpp"
#include "server/spi.hpp"
#include "server/text_query.hpp"

namespace surefoot {

namespace {

struct ForeignKey {
	std::string name, referring, referred; /* tables as FROM takes them */
	std::vector<std::string> from, to;	   /* columns, quoted */
	std::vector<std::string> raw;		   /* those of the touched table, not quoted */
	bool outgoing;						   /* of the touched table itself */
	bool of_users;						   /* a type of users', whose own operators say what is equal */
};

std::vector<ForeignKey> keys_of(Oid table)
{
	static Query query(
		"SELECT o.side, c.conname, "
		"(SELECT CASE r.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || format('%I.%I', n.nspname, r.relname) "
		" FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace WHERE r.oid = c.conrelid), "
		"(SELECT CASE r.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || format('%I.%I', n.nspname, r.relname) "
		" FROM pg_class r JOIN pg_namespace n ON n.oid = r.relnamespace WHERE r.oid = c.confrelid), "
		"quote_ident(f.attname), quote_ident(t.attname), CASE WHEN o.side THEN f.attname ELSE t.attname END, c.oid, "
		"coalesce(b.typnamespace, y.typnamespace) <> 'pg_catalog'::regnamespace AND coalesce(b.typtype, y.typtype) NOT IN ('e', 'd') "
		"FROM (VALUES (true), (false)) AS o(side) "
		"JOIN pg_constraint c ON c.contype = 'f' AND c.conparentid = 0 AND CASE WHEN o.side THEN c.conrelid ELSE c.confrelid END = $1 "
		"CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS k(f, t, n) "
		"JOIN pg_attribute f ON f.attrelid = c.conrelid AND f.attnum = k.f "
		"JOIN pg_type y ON y.oid = f.atttypid LEFT JOIN pg_type b ON b.oid = y.typbasetype "
		"JOIN pg_attribute t ON t.attrelid = c.confrelid AND t.attnum = k.t ORDER BY o.side, c.oid, k.n",
		{OIDOID});
	Internal internal;
	const Rows rows = query.run({Value::datum(ObjectIdGetDatum(table))});
	std::vector<ForeignKey> result;
	std::string last;
	for (size_t i = 0; i < rows.size(); i++) {
		if (const std::string which = rows.text(i, 0) + rows.text(i, 7); which != last) {
			result.push_back({rows.text(i, 1), rows.text(i, 2), rows.text(i, 3), {}, {}, {}, rows.flag(i, 0), false});
			last = which;
		}
		result.back().of_users = result.back().of_users || rows.flag(i, 8);
		result.back().from.push_back(rows.text(i, 4));
		result.back().to.push_back(rows.text(i, 5));
		result.back().raw.push_back(rows.text(i, 6));
	}
	return result;
}

std::string same(const Touched &touched, size_t column, const std::string &name)
{
	/* Of users' types there are enums alone, and a cast of a text to one may be a function of theirs. */
	if (touched.types[column].find('.') != std::string::npos)
		return "textin(enum_out(surefoot_row." + name + ")) OPERATOR(pg_catalog.=) surefoot_kept.c" + std::to_string(column);
	return "surefoot_row." + name + " OPERATOR(pg_catalog.=) surefoot_kept.c" + std::to_string(column) + "::" + type_of_kept(touched.types[column]);
}

/* Those of columns that are not NULL, a list of values for each. */
std::vector<Cells> values_of(const std::vector<size_t> &columns, const std::vector<Cells> &rows)
{
	std::vector<Cells> values(columns.size());
	for (const Cells &row : rows) {
		if (std::any_of(columns.begin(), columns.end(), [&row](size_t i) { return !row[i]; }))
			continue;
		for (size_t i = 0; i < columns.size(); i++)
			values[i].push_back(row[columns[i]]);
	}
	return values;
}

/*
 * Whether rows of the referring table that found picks, of the columns of Touched as surefoot_kept, refer to what is not there. Locked as the
 * server's own check does: nobody takes away what a row refers to before it is seen that it does.
 */
bool has_orphans(const ForeignKey &key, const std::vector<size_t> &columns, const std::vector<Cells> &values, const std::string &found)
{
	if (!columns.empty() && values.front().empty())
		return false;
	std::string joined, whole;
	for (size_t i = 0; i < key.from.size(); i++) {
		joined += (i ? " AND surefoot_other." : "surefoot_other.") + key.to[i] + " OPERATOR(pg_catalog.=) surefoot_row." + key.from[i];
		whole += " AND surefoot_row." + key.from[i] + " IS NOT NULL";
	}
	return !run_with_texts("SELECT 1 FROM " + (columns.empty() ? "" : unnested(columns, "surefoot_kept") + " JOIN ") + key.referring +
							   " AS surefoot_row" + (columns.empty() ? " WHERE true" : " ON " + found + " WHERE true") + whole +
							   " AND NOT EXISTS (SELECT FROM " + key.referred + " AS surefoot_other WHERE " + joined + " FOR KEY SHARE) LIMIT 1",
						   values)
				.empty();
}

/* Whether rows that were put back, or taken away, leave a row of the referring table without what it refers to. */
bool is_broken(const ForeignKey &key, const Touched &touched)
{
	std::vector<size_t> columns;
	std::string found;
	for (size_t i = 0; i < key.raw.size(); i++) {
		const auto at = std::find(touched.columns.begin(), touched.columns.end(), key.raw[i]);
		if (at == touched.columns.end())
			break;
		columns.push_back(static_cast<size_t>(at - touched.columns.begin()));
		found += (i ? " AND " : "") + same(touched, columns.back(), key.from[i]);
	}
	if (columns.size() == key.raw.size())
		return has_orphans(key, columns, values_of(columns, key.outgoing ? touched.put : touched.taken), found);
	/* A column that came since is in no row that stays changed: what counts is rows that have come or gone as a whole. */
	if (!key.outgoing)
		return !touched.gone.empty() && has_orphans(key, {}, {}, "");
	if (touched.come.empty())
		return false;
	found.clear();
	for (const size_t i : touched.key) {
		const char *name = touched.columns[i].c_str();
		found += (found.empty() ? "" : " AND ") + same(touched, i, pg_call([name] { return quote_identifier(name); }));
	}
	return has_orphans(key, touched.key, values_of(touched.key, touched.come), found);
}

} // namespace

void check_keys(const Touched &touched)
{
	for (const ForeignKey &key : keys_of(touched.table)) {
		if (key.of_users && !(touched.put.empty() && touched.taken.empty()))
			throw Error("55000", "the rows of table " + touched.name + " cannot be put back",
						"Foreign key " + key.name + ", which was not there when they were kept, has a type that is not the server's own.");
		if (is_broken(key, touched))
			throw Error("23503", key.outgoing ? "rows of table " + touched.name + " that would come back violate foreign key " + key.name
											  : "rows of table " + touched.name + " that would go are referred to by foreign key " + key.name,
						key.outgoing ? "They refer to rows that are gone." : "Rows of table " + key.referring.substr(key.referring.starts_with("ONLY ") ? 5 : 0) + " refer to them.",
						"Nothing was changed. Mend those rows, then try again.");
	}
}

} // namespace surefoot

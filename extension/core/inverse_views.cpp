/* Views and materialized views. */
#include "core/derivation.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

std::string query_of(const Object &view)
{
	std::string query = value_of(view, "definition");
	while (!query.empty() && (query.back() == ';' || query.back() == ' ' || query.back() == '\n'))
		query.pop_back();
	return query;
}

std::string create_text(const Object &view, const char *create)
{
	std::string sql = create + view.identity;
	for (auto [field, words, end] : {std::tuple("access method", " USING ", ""), std::tuple("options", " WITH (", ")"),
									 std::tuple("tablespace", " TABLESPACE ", "")})
		if (const std::string value = value_of(view, field); !value.empty())
			sql.append(words).append(value).append(end);
	sql.append(" AS\n").append(query_of(view));
	if (view.kind == "materialized view")
		sql.append(value_of(view, "populated") == "no" ? "\nWITH NO DATA" : "\nWITH DATA");
	return sql;
}

void create_view(Derivation &derivation, const Object &view, Object &fresh, std::vector<std::string> &statements)
{
	statements.push_back(create_text(view, view.kind == "view" ? "CREATE VIEW " : "CREATE MATERIALIZED VIEW "));
	keep(fresh, view, {"columns", "definition", "options", "access method", "tablespace", "populated"});
	for (const Object *column : derivation.before.parts(view, "column")) {
		Object there{column->kind, column->identity, column->root, {}, column->address};
		keep(there, *column, {"type", "collation", "dimensions"});
		for (std::string &statement : derivation.make(*column, there))
			statements.push_back(std::move(statement));
	}
}

/* The columns that are now are the first of those that were, with the same types: OR REPLACE may add the rest. */
bool can_replace(Derivation &derivation, const Object &was, const Object &is)
{
	const std::vector<std::string> before = split_list(value_of(was, "columns")), now = split_list(value_of(is, "columns"));
	if (now.size() > before.size())
		return false;
	for (size_t i = 0; i < now.size(); i++) {
		const Object *a = derivation.before.find("column", was.identity + "." + before[i]);
		const Object *b = derivation.now.find("column", is.identity + "." + now[i]);
		if (before[i] != now[i] || !a || !b || value_of(*a, "type") != value_of(*b, "type") ||
			value_of(*a, "collation") != value_of(*b, "collation"))
			return false;
	}
	return true;
}

bool columns_differ(Derivation &derivation, const Changing &changing)
{
	return changing.differs("columns") || !can_replace(derivation, changing.before, changing.now);
}

void change_view(Derivation &derivation, Changing &changing)
{
	/* One that is just being made has its columns. */
	const bool columns = !derivation.comes(changing.before) && columns_differ(derivation, changing);
	if (changing.differs("definition") || columns) {
		if (!can_replace(derivation, changing.before, changing.now)) {
			changing.rebuild = true;
			return;
		}
		(void)changing.take("definition");
		(void)changing.take("columns");
		(void)changing.take("options"); /* OR REPLACE forgets those that it does not name */
		changing.run(create_text(changing.before, "CREATE OR REPLACE VIEW "));
	}
	if (changing.take("options"))
		for (const std::string &clause : option_clauses(changing.was("options"), changing.is("options")))
			changing.run("ALTER VIEW " + changing.before.identity + " " + clause);
}

const FieldRule view_rules[] = {
	{"materialized view", "access method", "ALTER MATERIALIZED VIEW $i SET ACCESS METHOD $v", "ALTER MATERIALIZED VIEW $i SET ACCESS METHOD heap"},
	{"materialized view", "tablespace", "ALTER MATERIALIZED VIEW $i SET TABLESPACE $v", "ALTER MATERIALIZED VIEW $i SET TABLESPACE pg_default"},
	{"materialized view", "populated", "REFRESH MATERIALIZED VIEW $i WITH NO DATA", "REFRESH MATERIALIZED VIEW $i"},
};

void change_materialized_view(Derivation &derivation, Changing &changing)
{
	if (changing.differs("definition") || (!derivation.comes(changing.before) && columns_differ(derivation, changing))) {
		changing.rebuild = true;
		return;
	}
	if (changing.take("options"))
		for (const std::string &clause : option_clauses(changing.was("options"), changing.is("options")))
			changing.run("ALTER MATERIALIZED VIEW " + changing.before.identity + " " + clause);
	apply_rules(changing, view_rules, std::size(view_rules));
}

} // namespace

const Emitter view_emitters[] = {{"view", create_view, change_view, nullptr},
								 {"materialized view", create_view, change_materialized_view, nullptr},
								 {"", nullptr, nullptr, nullptr}};

} // namespace surefoot::core

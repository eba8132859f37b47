/* Types, domains and schemas. */
#include "core/derivation.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

void create_enum(Derivation &, const Object &type, Object &fresh, std::vector<std::string> &statements)
{
	statements.push_back("CREATE TYPE " + type.identity + " AS ENUM (" + value_of(type, "labels") + ")");
	keep(fresh, type, {"labels"});
}

/*
 * A value that was added does not go by any statement: the type is made anew beside the other one, and what is of it is
 * moved over, row by row. A row that has such a value by then stops it.
 */
void rebuild_enum(Derivation &derivation, Changing &changing)
{
	const std::string &type = changing.before.identity;
	const std::string name = last_part(type);
	std::string old = unquoted(name).substr(0, 50) + "_surefoot_old";
	std::string quoted_old = old;
	if (name.front() == '"') {
		quoted_old = "\"";
		for (char c : old)
			quoted_old.append(c == '"' ? 2 : 1, c);
		quoted_old.push_back('"');
	}
	const std::string moved = without_last_part(type) + "." + quoted_old;

	std::vector<std::string> moves;
	std::set<std::string> seen;
	for (const Surroundings::Dependent &dependent : derivation.around.dependents(changing.now)) {
		const Object *column = nullptr;
		for (const Object &object : dependent.root)
			if (object.address == dependent.address)
				column = &object;
		if (!column || column->kind != "column" || !seen.insert(column->identity).second)
			continue; /* a view, a function: dropped and made again */
		const Object *table = nullptr;
		for (const Object &object : dependent.root)
			if (!is_part(object))
				table = &object;
		const std::string is = value_of(*column, "type");
		/* A composite type has no values of its own; where a table has it, nothing moves it. */
		if (table && table->kind == "type" && !derivation.goes(*table) && !derivation.goes(*column))
			moves.push_back("ALTER TYPE " + table->identity + " ALTER ATTRIBUTE " + last_part(column->identity) + " TYPE " + is);
		if (!table || table->kind != "table" || value_of(*column, "inherited").starts_with("yes"))
			continue;
		if (derivation.goes(*column) || derivation.goes(*table))
			continue; /* new, and gone by then */
		const bool array = is == type + "[]";
		if (is != type && !array)
			continue; /* only its default mentions the type, and that comes with the column's own */
		const std::string alter = "ALTER TABLE " + table->identity + " ALTER COLUMN " + last_part(column->identity) + " ";
		/* One that is new may be of a value that goes. */
		const Object *was = derivation.before.find("column", column->identity);
		const std::string value = value_of(was ? *was : *column, "default");
		if (!value.empty() || column->field("default"))
			moves.push_back(alter + "DROP DEFAULT");
		moves.push_back(alter + "TYPE " + is + " USING " + last_part(column->identity) + (array ? "::text[]::" : "::text::") + is);
		if (!value.empty())
			moves.push_back(alter + "SET DEFAULT " + value);
	}
	changing.free = true;
	changing.run("ALTER TYPE " + type + " RENAME TO " + quoted_old);
	changing.run("CREATE TYPE " + type + " AS ENUM (" + changing.was("labels") + ")");
	Object fresh{changing.before.kind, changing.before.identity, changing.before.root, {}, ""};
	if (!derivation.around.role.empty())
		fresh.fields.emplace_back("owner", derivation.around.role);
	fresh.fields.emplace_back("labels", changing.was("labels"));
	Changing common(changing.before, fresh);
	change_common(derivation, common);
	for (std::string &statement : moves)
		changing.run(std::move(statement));
	changing.run("DROP TYPE " + moved);
	for (std::string &statement : common.statements)
		changing.run(std::move(statement));
	for (const char *field : {"owner", "grants", "comment", "security label"})
		(void)changing.take(field);
}

/* Labels by the places that they keep; one whose new name is another's for now waits for that, and of a circle one gets out of the way. */
void rename_labels(Changing &changing, const std::vector<std::string> &was, std::vector<std::string> is)
{
	const auto rename = [&](std::string &label, const std::string &name) {
		changing.run("ALTER TYPE " + changing.before.identity + " RENAME VALUE " + label + " TO " + name);
		label = name;
	};
	while (is != was) {
		bool stuck = true;
		for (size_t i = 0; i < is.size(); i++)
			if (is[i] != was[i] && std::find(is.begin(), is.end(), was[i]) == is.end()) {
				rename(is[i], was[i]);
				stuck = false;
			}
		if (!stuck)
			continue;
		std::string name;
		for (int n = 1; name.empty() || std::find(is.begin(), is.end(), name) != is.end() || std::find(was.begin(), was.end(), name) != was.end(); n++)
			name = "'surefoot_" + std::to_string(n) + "'";
		rename(is[std::mismatch(is.begin(), is.end(), was.begin()).first - is.begin()], name);
	}
}

void change_enum(Derivation &derivation, Changing &changing)
{
	if (!changing.take("labels"))
		return;
	const std::vector<std::string> was = split_list(changing.was("labels")), is = split_list(changing.is("labels"));
	/* Labels do not go, so that as many of the same type have other names at most. Of a type that was made anew the names are what is known. */
	const auto is_in = [](const std::vector<std::string> &labels, const std::string &label) {
		return std::find(labels.begin(), labels.end(), label) != labels.end();
	};
	bool renamed = was.size() == is.size();
	for (size_t i = 0; renamed && changing.before.address != changing.now.address && i < was.size(); i++)
		renamed = was[i] == is[i] || (!is_in(is, was[i]) && !is_in(was, is[i]));
	if (renamed) {
		rename_labels(changing, was, is);
		return;
	}
	/* Adding leaves the others in their order. Which of them has which name now would be guessed, and rows move over by names. */
	std::vector<std::string> kept = was, there = is;
	std::erase_if(kept, [&](const std::string &label) { return !is_in(is, label); });
	std::erase_if(there, [&](const std::string &label) { return !is_in(was, label); });
	if (changing.before.address == changing.now.address && kept != there)
		derivation.lose(WayBack::none, changing.before, "values were added, and others have got each other's names");
	else
		rebuild_enum(derivation, changing);
}

void create_type(Derivation &derivation, const Object &type, Object &fresh, std::vector<std::string> &statements)
{
	std::string sql = "CREATE TYPE " + type.identity;
	std::string list;
	const auto item = [&list](const std::string &text) { list.append(list.empty() ? "\n    " : ",\n    ").append(text); };
	if (type.field("columns")) {
		std::vector<std::pair<const Object *, Object>> columns;
		for (const std::string &name : split_list(value_of(type, "columns")))
			if (const Object *column = derivation.before.find("column", type.identity + "." + name)) {
				Object there{column->kind, column->identity, column->root, {}, column->address};
				item(column_definition(derivation, *column, there));
				columns.emplace_back(column, std::move(there));
			}
		statements.push_back(sql + " AS (" + list + (list.empty() ? ")" : "\n)"));
		keep(fresh, type, {"columns", "dropped columns"});
		for (const auto &[column, there] : columns)
			for (std::string &statement : derivation.make(*column, there))
				statements.push_back(std::move(statement));
		return;
	}
	if (type.field("shell")) {
		statements.push_back(sql);
		keep(fresh, type, {"shell"});
		return;
	}
	struct Clause {
		std::string_view field;
		const char *sql;
		enum { as_it_is, function, flag, length, alignment, storage, text } how;
	};
	static const Clause range[] = {
		{"subtype", "SUBTYPE", Clause::as_it_is},
		{"subtype operator class", "SUBTYPE_OPCLASS", Clause::as_it_is},
		{"collation", "COLLATION", Clause::as_it_is},
		{"canonical", "CANONICAL", Clause::function},
		{"subtype diff", "SUBTYPE_DIFF", Clause::function},
		{"multirange type", "MULTIRANGE_TYPE_NAME", Clause::as_it_is},
	};
	static const Clause base[] = {
		{"input", "INPUT", Clause::function},		 {"output", "OUTPUT", Clause::function},
		{"receive", "RECEIVE", Clause::function},	 {"send", "SEND", Clause::function},
		{"typmod in", "TYPMOD_IN", Clause::function}, {"typmod out", "TYPMOD_OUT", Clause::function},
		{"analyze", "ANALYZE", Clause::function},	 {"subscript", "SUBSCRIPT", Clause::function},
		{"length", "INTERNALLENGTH", Clause::length}, {"passed by value", "PASSEDBYVALUE", Clause::flag},
		{"alignment", "ALIGNMENT", Clause::alignment}, {"storage", "STORAGE", Clause::storage},
		{"category", "CATEGORY", Clause::text},		 {"preferred", "PREFERRED", Clause::as_it_is},
		{"delimiter", "DELIMITER", Clause::text},	 {"element", "ELEMENT", Clause::as_it_is},
		{"collatable", "COLLATABLE", Clause::as_it_is}, {"default", "DEFAULT", Clause::as_it_is},
	};
	const bool is_range = type.field("subtype") != nullptr;
	const auto word = [](const std::string &value) -> std::string {
		switch (value.empty() ? 0 : value[0]) {
		case 'c': return "char";
		case 's': return "int2";
		case 'i': return "int4";
		case 'd': return "double";
		default: return value;
		}
	};
	const auto storage = [](const std::string &value) -> std::string {
		switch (value.empty() ? 0 : value[0]) {
		case 'p': return "plain";
		case 'e': return "external";
		case 'm': return "main";
		default: return "extended";
		}
	};
	for (const Clause &clause : is_range ? std::vector<Clause>(std::begin(range), std::end(range))
										 : std::vector<Clause>(std::begin(base), std::end(base))) {
		const std::string value = value_of(type, clause.field);
		if (!type.field(clause.field))
			continue;
		const std::string name = clause.sql + std::string(" = ");
		switch (clause.how) {
		case Clause::function: item(name + value.substr(0, name_end(value))); break;
		case Clause::flag: item(clause.sql); break;
		case Clause::length: item(name + (value == "-1" ? "VARIABLE" : value)); break;
		case Clause::alignment: item(name + word(value)); break;
		case Clause::storage: item(name + storage(value)); break;
		case Clause::text: item(name + literal(value)); break;
		default: item(name + (value == "yes" ? "true" : value)); break;
		}
		fresh.fields.emplace_back(clause.field, value);
	}
	if (!is_range) {
		/* its functions take it, and it takes them */
		Action &shell = derivation.also(Action::Phase::create, 5, &type);
		shell.makes = nullptr;
		shell.statements = {sql};
	}
	statements.push_back(sql + (is_range ? " AS RANGE (" : " (") + list + "\n)");
}

void change_type(Derivation &derivation, Changing &changing)
{
	/* Attributes say what differs. */
	if (changing.take("columns")) {
		std::vector<std::string> was = split_list(changing.was("columns")), then;
		for (const std::string &name : split_list(changing.is("columns")))
			if (std::find(was.begin(), was.end(), name) != was.end())
				then.push_back(name);
		for (const std::string &name : was)
			if (std::find(then.begin(), then.end(), name) == then.end())
				then.push_back(name);
		if (was != then)
			derivation.lose(WayBack::column_order, changing.before, "an attribute that comes back comes last");
	}
}

void create_domain(Derivation &, const Object &domain, Object &fresh, std::vector<std::string> &statements)
{
	std::string sql = "CREATE DOMAIN " + domain.identity + " AS " + value_of(domain, "base type");
	if (domain.field("collation"))
		sql.append(" COLLATE ").append(value_of(domain, "collation"));
	if (domain.field("default"))
		sql.append(" DEFAULT ").append(value_of(domain, "default"));
	keep(fresh, domain, {"base type", "collation", "default"});
	statements.push_back(std::move(sql));
}

/* From 17 on NOT NULL is a constraint that has a name. */
bool domain_has_not_null(const Side &side, const Object &domain)
{
	for (const Object *constraint : side.parts(domain, "constraint"))
		if (value_of(*constraint, "definition") == "NOT NULL")
			return true;
	return false;
}

void change_domain(Derivation &derivation, Changing &changing)
{
	const std::string alter = "ALTER DOMAIN " + changing.before.identity;
	if (changing.take("default"))
		changing.run(alter + (changing.was("default").empty() ? " DROP DEFAULT" : " SET DEFAULT " + changing.was("default")));
	if (changing.take("not null")) {
		const bool was = !changing.was("not null").empty();
		if (!domain_has_not_null(was ? derivation.before : derivation.now, was ? changing.before : changing.now))
			changing.run(alter + (was ? " SET NOT NULL" : " DROP NOT NULL"));
	}
}

void create_schema(Derivation &, const Object &schema, Object &, std::vector<std::string> &statements)
{
	statements.push_back("CREATE SCHEMA " + schema.identity);
}

void change_nothing(Derivation &, Changing &)
{
}

} // namespace

const Emitter type_emitters[] = {{"enum", create_enum, change_enum, nullptr},
								 {"type", create_type, change_type, nullptr},
								 {"domain", create_domain, change_domain, nullptr},
								 {"schema", create_schema, change_nothing, nullptr},
								 {"", nullptr, nullptr, nullptr}};

} // namespace surefoot::core

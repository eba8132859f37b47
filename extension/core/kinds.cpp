#include "core/kinds.hpp"

#include "core/sql_text.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

const KindOfObject kinds[] = {
	{"schema", "SCHEMA", 1, true, "SCHEMA", "UC", ""},
	{"extension", "EXTENSION", 2, true, nullptr, "", ""},
	{"language", "LANGUAGE", 3, true, "LANGUAGE", "U", "U"},
	{"collation", "COLLATION", 4, true, nullptr, "", ""},
	{"enum", "TYPE", 5, true, "TYPE", "U", "U"},
	{"type", "TYPE", 6, true, "TYPE", "U", "U"},
	{"domain", "DOMAIN", 7, true, "DOMAIN", "U", "U"},
	{"function", "FUNCTION", 8, true, "FUNCTION", "X", "X"},
	{"procedure", "PROCEDURE", 8, true, "PROCEDURE", "X", "X"},
	{"aggregate", "AGGREGATE", 9, true, "FUNCTION", "X", "X"},
	{"operator family", "OPERATOR FAMILY", 10, true, nullptr, "", ""},
	{"operator", "OPERATOR", 11, true, nullptr, "", ""},
	{"operator class", "OPERATOR CLASS", 12, true, nullptr, "", ""},
	{"cast", "CAST", 13, true, nullptr, "", ""},
	{"transform", "TRANSFORM", 13, true, nullptr, "", ""},
	{"conversion", "CONVERSION", 13, true, nullptr, "", ""},
	{"access method", "ACCESS METHOD", 9, true, nullptr, "", ""},
	{"text search parser", "TEXT SEARCH PARSER", 14, true, nullptr, "", ""},
	{"text search template", "TEXT SEARCH TEMPLATE", 14, true, nullptr, "", ""},
	{"text search dictionary", "TEXT SEARCH DICTIONARY", 15, true, nullptr, "", ""},
	{"text search configuration", "TEXT SEARCH CONFIGURATION", 16, true, nullptr, "", ""},
	{"foreign-data wrapper", "FOREIGN DATA WRAPPER", 17, true, "FOREIGN DATA WRAPPER", "U", ""},
	{"server", "SERVER", 18, true, "FOREIGN SERVER", "U", ""},
	{"user mapping", "USER MAPPING", 19, false, nullptr, "", ""},
	{"sequence", "SEQUENCE", 20, false, "SEQUENCE", "rwU", ""},
	{"table", "TABLE", 21, false, "TABLE", "arwdDxt", ""},
	{"foreign table", "FOREIGN TABLE", 22, false, "TABLE", "arwdDxt", ""},
	{"column", "COLUMN", 23, false, "TABLE", "", ""},
	{"index", "INDEX", 26, false, nullptr, "", ""},
	{"constraint", "CONSTRAINT", 25, false, nullptr, "", ""},
	{"statistics", "STATISTICS", 28, false, nullptr, "", ""},
	{"view", "VIEW", 30, false, "TABLE", "arwdDxt", ""},
	{"materialized view", "MATERIALIZED VIEW", 31, false, "TABLE", "arwdDxt", ""},
	{"rule", "RULE", 33, false, nullptr, "", ""},
	{"trigger", "TRIGGER", 34, false, nullptr, "", ""},
	{"policy", "POLICY", 35, false, nullptr, "", ""},
	{"publication", "PUBLICATION", 36, false, nullptr, "", ""},
	{"subscription", "SUBSCRIPTION", 37, false, nullptr, "", ""},
	{"default privileges", "DEFAULT PRIVILEGES", 38, false, nullptr, "", ""},
	{"event trigger", "EVENT TRIGGER", 40, false, nullptr, "", ""},
};
const KindOfObject unknown = {"", "", 99, false, nullptr, "", ""};

} // namespace

const KindOfObject &kind_of(std::string_view kind)
{
	for (const KindOfObject &one : kinds)
		if (one.kind == kind)
			return one;
	return unknown;
}

bool is_part(const Object &object)
{
	static const std::string_view parts[] = {"column", "constraint", "index", "trigger", "rule", "policy", "statistics"};
	return std::find(std::begin(parts), std::end(parts), object.kind) != std::end(parts) ||
		   (object.kind == "sequence" && object.field("identity of") != nullptr);
}

bool is_another(const Object &object, const Object &other)
{
	const bool holds = object.kind == "table" || object.kind == "sequence" || object.kind == "materialized view" || object.kind == "column";
	return holds && !object.address.empty() && !other.address.empty() && object.address != other.address;
}

std::string name_in_sql(const Object &object)
{
	const OnTable parts = split_on(object.identity);
	if (object.kind == "constraint" && (object.root.starts_with("{\"type\": \"domain\"") || object.root.starts_with("{\"type\": \"type\"")))
		return parts.name + " ON DOMAIN " + parts.table;
	if (!parts.table.empty() && is_part(object))
		return parts.name + " ON " + parts.table;
	if (object.kind == "aggregate" && object.identity.ends_with("()"))
		return object.identity.substr(0, object.identity.size() - 1) + "*)";
	if (object.kind == "procedure") {
		/* With a mode the types are those of the arguments that go in; without, they might be those of another with OUT arguments. */
		const size_t open = name_end(object.identity);
		std::string text = object.identity.substr(0, open) + "(";
		for (const std::string &type : split_list(std::string_view(object.identity).substr(open + 1, object.identity.size() - open - 2)))
			text.append(text.back() == '(' ? "IN " : ", IN ").append(type);
		return text + ")";
	}
	if (object.kind == "transform" || object.kind == "user mapping") {
		/* "for public.pair on language sql", "joe on server far" */
		std::string text = object.identity;
		for (auto [from, to] : {std::pair("for ", "FOR "), std::pair(" on language ", " LANGUAGE "), std::pair(" language ", " LANGUAGE "),
								std::pair(" on server ", " SERVER ")})
			if (const size_t at = text.find(from); at != text.npos)
				text.replace(at, std::string_view(from).size(), to);
		return object.kind == "user mapping" ? "FOR " + text : text;
	}
	return object.identity;
}

std::string reference(const Object &object)
{
	return std::string(kind_of(object.kind).sql) + " " + name_in_sql(object);
}

std::string value_of(const Object &object, std::string_view field)
{
	std::string value;
	for (const auto &[name, text] : object.fields)
		if (name == field)
			value.append(value.empty() ? "" : "\n").append(text);
	return value;
}

bool has_index(const Object &constraint)
{
	const std::string definition = value_of(constraint, "definition");
	return definition.starts_with("PRIMARY KEY") || definition.starts_with("UNIQUE") || definition.starts_with("EXCLUDE");
}

bool is_foreign_key(const Object &constraint)
{
	return value_of(constraint, "definition").starts_with("FOREIGN KEY");
}

bool is_invalid_index(const Object &object)
{
	/* One of a partitioned table has nothing to build: it is valid when each partition has its own. */
	return object.kind == "index" && value_of(object, "valid") == "no" &&
		   value_of(object, "definition").find(" ON ONLY ") == std::string::npos;
}

} // namespace surefoot::core

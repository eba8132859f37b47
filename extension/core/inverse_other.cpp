/* The rarer kinds: operators, casts, collations, text search, publications and so on. */
#include "core/derivation.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

std::string before_arguments(const std::string &identity)
{
	return identity.substr(0, identity.rfind('('));
}

/* One property in a list such as CREATE OPERATOR takes. */
struct Property {
	std::string_view kind, field;
	const char *sql;
	enum { as_it_is, function, text, flag, an_operator, icu_provider } how;
};
const Property properties[] = {
	{"operator", "code", "FUNCTION", Property::function},
	{"operator", "left", "LEFTARG", Property::as_it_is},
	{"operator", "right", "RIGHTARG", Property::as_it_is},
	{"operator", "com", "COMMUTATOR", Property::an_operator},
	{"operator", "negate", "NEGATOR", Property::an_operator},
	{"operator", "rest", "RESTRICT", Property::function},
	{"operator", "join", "JOIN", Property::function},
	{"operator", "canmerge", "MERGES", Property::flag},
	{"operator", "canhash", "HASHES", Property::flag},
	{"collation", "provider", "PROVIDER", Property::icu_provider},
	{"collation", "iculocale", "LOCALE", Property::text},
	{"collation", "locale", "LOCALE", Property::text},
	{"collation", "icurules", "RULES", Property::text},
	{"collation", "collate", "LC_COLLATE", Property::text},
	{"collation", "ctype", "LC_CTYPE", Property::text},
	{"text search parser", "start", "START", Property::function},
	{"text search parser", "token", "GETTOKEN", Property::function},
	{"text search parser", "end", "END", Property::function},
	{"text search parser", "lextype", "LEXTYPES", Property::function},
	{"text search parser", "headline", "HEADLINE", Property::function},
	{"text search template", "init", "INIT", Property::function},
	{"text search template", "lexize", "LEXIZE", Property::function},
	{"text search dictionary", "template", "TEMPLATE", Property::as_it_is},
	{"text search dictionary", "initoption", "", Property::as_it_is},
	{"text search configuration", "parser", "PARSER", Property::as_it_is},
};

void create_listed(Derivation &, const Object &object, Object &fresh, std::vector<std::string> &statements)
{
	/* A shell, which the operator that names it brings along. */
	if (object.kind == "operator" && !object.field("code")) {
		fresh.fields = object.fields;
		return;
	}
	std::string list;
	const auto item = [&list](const std::string &text) { list.append(list.empty() ? "\n    " : ",\n    ").append(text); };
	for (const Property &property : properties) {
		if (property.kind != object.kind || !object.field(property.field))
			continue;
		const std::string value = value_of(object, property.field);
		const std::string name = *property.sql ? property.sql + std::string(" = ") : "";
		switch (property.how) {
		case Property::function: item(name + value.substr(0, name_end(value))); break;
		case Property::text: item(name + literal(value)); break;
		case Property::flag: item(property.sql); break;
		case Property::an_operator: item(name + "OPERATOR(" + before_arguments(value) + ")"); break;
		case Property::icu_provider:
			if (value != "d")
				item(name + (value == "i" ? "icu" : value == "b" ? "builtin" : "libc"));
			break;
		default: item(name + value); break;
		}
		fresh.fields.emplace_back(property.field, value);
	}
	if (object.kind == "collation" && !object.field("isdeterministic"))
		item("DETERMINISTIC = false");
	keep(fresh, object, {"kind", "result", "isdeterministic"});
	const std::string name = object.kind == "operator" ? before_arguments(object.identity) : object.identity;
	statements.push_back(std::string("CREATE ") + kind_of(object.kind).sql + " " + name + " (" + list + "\n)");
}

void create_plain(Derivation &, const Object &object, Object &fresh, std::vector<std::string> &statements)
{
	const auto value = [&object](std::string_view field) { return value_of(object, field); };
	std::string sql = "CREATE " + reference(object);
	if (object.kind == "cast") {
		const std::string method = value("method");
		sql.append(method == "i" ? " WITH INOUT" : method == "b" ? " WITHOUT FUNCTION" : " WITH FUNCTION " + value("func"));
		sql.append(value("context") == "a" ? " AS ASSIGNMENT" : value("context") == "i" ? " AS IMPLICIT" : "");
		keep(fresh, object, {"source", "target", "func", "method", "context"});
	} else if (object.kind == "conversion") {
		sql = std::string(object.field("default") ? "CREATE DEFAULT CONVERSION " : "CREATE CONVERSION ") + object.identity + " FOR " +
			  literal(value("forencoding")) + " TO " + literal(value("toencoding")) + " FROM " +
			  value("proc").substr(0, name_end(value("proc")));
		keep(fresh, object, {"default", "forencoding", "toencoding", "proc"});
	} else if (object.kind == "language") {
		sql = std::string(object.field("pltrusted") ? "CREATE TRUSTED LANGUAGE " : "CREATE LANGUAGE ") + object.identity;
		for (auto [field, word] : {std::pair("plcallfoid", " HANDLER "), std::pair("inline", " INLINE "), std::pair("validator", " VALIDATOR ")})
			if (object.field(field))
				sql.append(word).append(value(field).substr(0, name_end(value(field))));
		keep(fresh, object, {"ispl", "pltrusted", "plcallfoid", "inline", "validator"});
	} else if (object.kind == "transform") {
		std::string list;
		for (auto [field, words] : {std::pair("fromsql", "FROM SQL WITH FUNCTION "), std::pair("tosql", "TO SQL WITH FUNCTION ")})
			if (object.field(field))
				list.append(list.empty() ? "" : ", ").append(words).append(value(field));
		sql.append(" (").append(list).append(")");
		keep(fresh, object, {"type", "lang", "fromsql", "tosql"});
	} else if (object.kind == "access method") {
		sql.append(value("type") == "t" ? " TYPE TABLE HANDLER " : " TYPE INDEX HANDLER ");
		sql.append(value("handler").substr(0, name_end(value("handler"))));
		keep(fresh, object, {"type", "handler"});
	} else if (object.kind == "event trigger") {
		sql.append(" ON ").append(value("event"));
		if (object.field("tags")) {
			/* {"CREATE TABLE",SELECT} */
			std::string tags;
			for (char c : value("tags"))
				if (c == ',')
					tags.append("', '");
				else if (c != '{' && c != '}' && c != '"')
					tags.push_back(c);
			sql.append(" WHEN TAG IN ('").append(tags).append("')");
		}
		sql.append(" EXECUTE FUNCTION ").append(value("foid"));
		keep(fresh, object, {"event", "tags", "foid"});
		fresh.fields.emplace_back("enabled", "O");
	}
	statements.push_back(std::move(sql));
}

void change_plain(Derivation &derivation, Changing &changing)
{
	/* An operator that comes back ties the one that it names to itself. */
	const auto is_tied = [&](const std::string &name) {
		const Object *other = changing.before.kind == "operator" && (name == "com" || name == "negate") && changing.is(name).empty()
								  ? derivation.before.find("operator", changing.was(name))
								  : nullptr;
		return other && derivation.comes(*other) && changing.take(name);
	};
	if (changing.before.kind == "event trigger" && changing.take("enabled")) {
		const std::string was = changing.was("enabled");
		changing.run("ALTER EVENT TRIGGER " + changing.before.identity +
					 (was == "D" ? " DISABLE" : was == "A" ? " ENABLE ALWAYS" : was == "R" ? " ENABLE REPLICA" : " ENABLE"));
	}
	for (const auto *object : {&changing.before, &changing.now})
		for (const auto &[name, value] : object->fields)
			if (!is_common(name) && name != "enabled" && !is_tied(name))
				changing.rebuild = changing.rebuild || changing.differs(name);
}

void change_dictionary(Derivation &derivation, Changing &changing)
{
	if (changing.take("initoption")) {
		/* "stopwords = 'english'" ; an option without a value goes */
		std::string list = changing.was("initoption");
		for (const std::string &item : split_list(changing.is("initoption")))
			if (const std::string name = item.substr(0, item.find(' ')); list.find(name + " =") == list.npos)
				list.append(list.empty() ? "" : ", ").append(name);
		changing.run("ALTER TEXT SEARCH DICTIONARY " + changing.before.identity + " (" + list + ")");
		return;
	}
	change_plain(derivation, changing);
}

void change_configuration(Derivation &, Changing &changing)
{
	if (changing.differs("parser")) {
		changing.rebuild = true;
		return;
	}
	std::set<std::string> fields;
	for (const auto *object : {&changing.before, &changing.now})
		for (const auto &[name, value] : object->fields)
			if (name.starts_with("mapping for "))
				fields.insert(name);
	const std::string alter = "ALTER TEXT SEARCH CONFIGURATION " + changing.before.identity;
	for (const std::string &field : fields)
		if (changing.take(field)) {
			const std::string token = field.substr(12), was = changing.was(field);
			if (was.empty())
				changing.run(alter + " DROP MAPPING FOR " + token);
			else
				changing.run(alter + (changing.is(field).empty() ? " ADD" : " ALTER") + " MAPPING FOR " + token + " WITH " + was);
		}
}

/* "operator 1 (a, b): x" and "function 3 (a, b): f" as ALTER OPERATOR FAMILY and CREATE OPERATOR CLASS name them. */
bool is_member(const std::string &field)
{
	return field.starts_with("operator ") || field.starts_with("function ");
}

std::string member(const std::string &field, const std::string &value)
{
	const bool function = field.starts_with("function ");
	const size_t number = field.find(' ') + 1, types = field.find(' ', number);
	std::string text = (function ? "FUNCTION " : "OPERATOR ") + field.substr(number, types - number);
	if (function)
		return text + field.substr(types) + " " + value;
	const size_t order = value.find(" for order by ");
	text.append(" ").append(before_arguments(value.substr(0, order))).append(field.substr(types));
	return order == value.npos ? text : text + " FOR ORDER BY " + value.substr(order + 14, value.rfind(" USING ") - order - 14);
}

std::string types_of(const std::string &field)
{
	return field.substr(field.find('('));
}

/* The class of a family that has brought a member along, or will. */
bool of_class(Derivation &derivation, const Side &side, const Object &family, const std::string &field, bool coming)
{
	for (const Object &object : side.all()) {
		if (object.kind != "operator class" || value_of(object, "family") != family.identity)
			continue;
		const std::string type = value_of(object, "intype");
		if (types_of(field) == "(" + type + ", " + type + ")" && (coming ? derivation.comes(object) : derivation.goes(object)))
			return true;
	}
	return false;
}

void change_family(Derivation &derivation, Changing &changing)
{
	std::set<std::string> fields;
	for (const auto *object : {&changing.before, &changing.now})
		for (const auto &[name, value] : object->fields)
			if (is_member(name))
				fields.insert(name);
	const std::string alter = "ALTER OPERATOR FAMILY " + changing.before.identity;
	for (const std::string &field : fields) {
		if (!changing.take(field))
			continue;
		const std::string was = changing.was(field), is = changing.is(field);
		const std::string number = field.substr(0, field.find(' ', 9));
		if (!is.empty() && !of_class(derivation, derivation.now, changing.now, field, false))
			changing.run(alter + " DROP " + (field.starts_with("function ") ? "FUNCTION " : "OPERATOR ") + number.substr(9) + " " + types_of(field));
		if (!was.empty() && !of_class(derivation, derivation.before, changing.before, field, true))
			changing.run(alter + " ADD " + member(field, was));
	}
}

void create_family(Derivation &, const Object &family, Object &fresh, std::vector<std::string> &statements)
{
	statements.push_back("CREATE OPERATOR FAMILY " + family.identity);
	keep(fresh, family, {"method"});
}

void create_class(Derivation &derivation, const Object &object, Object &fresh, std::vector<std::string> &statements)
{
	const size_t using_ = object.identity.rfind(" USING ");
	const std::string family = value_of(object, "family"), type = value_of(object, "intype");
	std::string list;
	if (const Object *found = derivation.before.find("operator family", family)) {
		const Object *there = derivation.now.find("operator family", family);
		for (const auto &[name, value] : found->fields)
			if (is_member(name) && types_of(name) == "(" + type + ", " + type + ")" && !(there && there->field(name) && !derivation.goes(object)))
				list.append(list.empty() ? "\n    " : ",\n    ").append(member(name, value));
	}
	if (object.field("keytype"))
		list.append(list.empty() ? "\n    " : ",\n    ").append("STORAGE ").append(value_of(object, "keytype"));
	statements.push_back("CREATE OPERATOR CLASS " + object.identity.substr(0, using_) + (object.field("default") ? " DEFAULT" : "") +
						 " FOR TYPE " + type + object.identity.substr(using_) + " FAMILY " + family.substr(0, family.rfind(" USING ")) +
						 " AS" + (list.empty() ? " STORAGE " + type : list));
	keep(fresh, object, {"method", "family", "intype", "default", "keytype"});
}

} // namespace

const Emitter other_emitters[] = {
	{"operator", create_listed, change_plain, nullptr},
	{"collation", create_listed, change_plain, nullptr},
	{"text search parser", create_listed, change_plain, nullptr},
	{"text search template", create_listed, change_plain, nullptr},
	{"text search dictionary", create_listed, change_dictionary, nullptr},
	{"text search configuration", create_listed, change_configuration, nullptr},
	{"cast", create_plain, change_plain, nullptr},
	{"conversion", create_plain, change_plain, nullptr},
	{"language", create_plain, change_plain, nullptr},
	{"transform", create_plain, change_plain, nullptr},
	{"access method", create_plain, change_plain, nullptr},
	{"event trigger", create_plain, change_plain, nullptr},
	{"operator family", create_family, change_family, nullptr},
	{"operator class", create_class, change_plain, nullptr},
	{"", nullptr, nullptr, nullptr},
};

} // namespace surefoot::core

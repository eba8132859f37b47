/* Extensions, foreign servers, publications, default privileges. */
#include "core/derivation.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

/* What CREATE takes as OPTIONS: no words for what is done with each. */
std::string new_options(const std::string &list)
{
	std::string options = foreign_options(list, "");
	for (size_t at; (at = options.find("ADD ")) != options.npos;)
		options.erase(at, 4);
	return options.empty() ? options : " " + options;
}

void create_foreign(Derivation &derivation, const Object &object, Object &fresh, std::vector<std::string> &statements)
{
	const auto value = [&object](std::string_view field) { return value_of(object, field); };
	if (value("options").find("********") != std::string::npos) {
		derivation.lose(WayBack::none, object, "its secrets are not kept");
		fresh.fields = object.fields;
		return;
	}
	std::string sql = "CREATE " + reference(object);
	if (object.kind == "foreign-data wrapper") {
		for (auto [field, word] : {std::pair("handler", " HANDLER "), std::pair("validator", " VALIDATOR ")})
			if (object.field(field))
				sql.append(word).append(value(field).substr(0, name_end(value(field))));
		keep(fresh, object, {"handler", "validator", "options"});
	} else if (object.kind == "server") {
		for (auto [field, word] : {std::pair("type", " TYPE "), std::pair("version", " VERSION ")})
			if (object.field(field))
				sql.append(word).append(literal(value(field)));
		sql.append(" FOREIGN DATA WRAPPER ").append(value("fdw"));
		keep(fresh, object, {"fdw", "type", "version", "options"});
	} else
		keep(fresh, object, {"user", "server", "options"});
	statements.push_back(sql + new_options(value("options")));
}

void change_foreign(Derivation &, Changing &changing)
{
	const std::string alter = "ALTER " + reference(changing.before);
	/* Secrets are not kept: what differs is left over. */
	const bool secret = changing.was("options").find("********") != std::string::npos;
	if (!secret && changing.take("options"))
		changing.run(alter + " " + foreign_options(changing.was("options"), changing.is("options")));
	if (changing.before.kind == "server" && !changing.was("version").empty() && changing.take("version"))
		changing.run(alter + " VERSION " + literal(changing.was("version")));
	if (changing.before.kind == "foreign-data wrapper")
		for (auto [field, word] : {std::pair("handler", "HANDLER"), std::pair("validator", "VALIDATOR")})
			if (changing.take(field)) {
				const std::string was = changing.was(field);
				changing.run(alter + (was.empty() ? std::string(" NO ") + word : std::string(" ") + word + " " + was.substr(0, name_end(was))));
			}
}

void create_extension(Derivation &, const Object &extension, Object &fresh, std::vector<std::string> &statements)
{
	statements.push_back("CREATE EXTENSION " + extension.identity + " WITH SCHEMA " + value_of(extension, "schema") + " VERSION " +
						 literal(value_of(extension, "version")));
	keep(fresh, extension, {"schema", "version"});
}

/* What is granted on a member that was named comes back with that. */
bool is_said_by_member(const Derivation &derivation, const Object &extension, const std::string &field)
{
	constexpr std::string_view words = "grants on ";
	return field.starts_with(words) && std::any_of(derivation.before.all().begin(), derivation.before.all().end(), [&](const Object &member) {
			   return value_of(member, "extension") == extension.identity && member.identity == std::string_view(field).substr(words.size());
		   });
}

void change_extension(Derivation &derivation, Changing &changing)
{
	for (const std::string &field : changing.left())
		if (is_said_by_member(derivation, changing.before, field))
			(void)changing.take(field);
	const std::string alter = "ALTER EXTENSION " + changing.before.identity;
	if (changing.take("version"))
		changing.run(alter + " UPDATE TO " + literal(changing.was("version")));
	if (changing.take("schema"))
		changing.run(alter + " SET SCHEMA " + changing.was("schema"));
}

/* publication */

std::string published(const Object &publication)
{
	std::string list;
	for (const char *what : {"insert", "update", "delete", "truncate"})
		if (publication.field(what))
			list.append(list.empty() ? "" : ", ").append(what);
	return list;
}

/* "table public.t" with "(a, b) where (x)", as ADD takes it */
std::string publication_member(const std::string &field, const std::string &value)
{
	if (field.starts_with("tables in schema "))
		return "TABLES IN SCHEMA " + field.substr(17);
	std::string text = "TABLE ONLY " + field.substr(6);
	if (value == "yes")
		return text;
	const size_t where = value.starts_with("where ") ? 0 : value.find(" where ");
	const std::string columns = value.substr(0, where);
	if (!columns.empty())
		text.append(" ").append(columns);
	if (where != value.npos)
		text.append(" WHERE (").append(value.substr(value.find("where ", where) + 6)).append(")");
	return text;
}

bool is_publication_member(const std::string &field)
{
	return field.starts_with("table ") || field.starts_with("tables in schema ");
}

std::string publish_options(const Object &publication)
{
	return "publish = '" + published(publication) + "', publish_via_partition_root = " + (publication.field("viaroot") ? "true" : "false");
}

void create_publication(Derivation &, const Object &publication, Object &fresh, std::vector<std::string> &statements)
{
	statements.push_back("CREATE PUBLICATION " + publication.identity + (publication.field("alltables") ? " FOR ALL TABLES" : "") +
						 " WITH (" + publish_options(publication) + ")");
	keep(fresh, publication, {"alltables", "insert", "update", "delete", "truncate", "viaroot"});
}

void change_publication(Derivation &derivation, Changing &changing)
{
	if (changing.differs("alltables")) {
		changing.rebuild = true;
		return;
	}
	const std::string alter = "ALTER PUBLICATION " + changing.before.identity;
	bool options = false;
	for (const char *field : {"insert", "update", "delete", "truncate", "viaroot"})
		options = changing.take(field) || options;
	if (options)
		changing.run(alter + " SET (" + publish_options(changing.before) + ")");
	std::set<std::string> fields;
	for (const auto *object : {&changing.before, &changing.now})
		for (const auto &[name, value] : object->fields)
			if (is_publication_member(name))
				fields.insert(name);
	for (const std::string &field : fields) {
		if (!changing.take(field))
			continue;
		const Object *table = field.starts_with("table ") ? derivation.now.find("table", field.substr(6)) : nullptr;
		if (!changing.is(field).empty() && !(table && derivation.goes(*table))) {
			const std::string name = publication_member(field, "yes");
			changing.run(alter + " DROP " + (name.starts_with("TABLE ONLY ") ? "TABLE ONLY " + field.substr(6) : name));
		}
		if (!changing.was(field).empty())
			changing.run(alter + " ADD " + publication_member(field, changing.was(field)));
	}
}

/* "for role joe in schema public on tables" */
std::vector<std::string> default_privileges(const Object &object, std::string was, std::string is, int version)
{
	struct Target {
		const char *identity;
		const char *kind, *sql;
	};
	static const Target targets[] = {{"on tables", "table", " ON TABLES"},		  {"on sequences", "sequence", " ON SEQUENCES"},
									 {"on functions", "function", " ON FUNCTIONS"}, {"on types", "type", " ON TYPES"},
									 {"on schemas", "schema", " ON SCHEMAS"}};
	const std::string role = value_of(object, "role"), schema = value_of(object, "schema");
	/* In one schema they add to the others; without, they take the place of what the server does. */
	if (!schema.empty()) {
		was = was.empty() ? "none" : was;
		is = is.empty() ? "none" : is;
	}
	for (const Target &target : targets)
		if (object.identity.ends_with(target.identity))
			return grant_statements(kind_of(target.kind), was, is, role, "",
									"ALTER DEFAULT PRIVILEGES FOR ROLE " + role + (schema.empty() ? "" : " IN SCHEMA " + schema) + " ",
									target.sql, "", version);
	return {};
}

void create_default_privileges(Derivation &derivation, const Object &object, Object &fresh, std::vector<std::string> &statements)
{
	for (std::string &statement : default_privileges(object, value_of(object, "grants"), "", derivation.around.version))
		statements.push_back(std::move(statement));
	keep(fresh, object, {"role", "schema", "grants"});
}

void change_default_privileges(Derivation &derivation, Changing &changing)
{
	if (changing.take("grants"))
		for (std::string &statement :
			 default_privileges(changing.before, changing.was("grants"), changing.is("grants"), derivation.around.version))
			changing.run(std::move(statement));
}

void drop_default_privileges(Derivation &derivation, const Object &object, std::vector<std::string> &statements)
{
	statements = default_privileges(object, "", value_of(object, "grants"), derivation.around.version);
}

} // namespace

const Emitter foreign_emitters[] = {
	{"foreign-data wrapper", create_foreign, change_foreign, nullptr},
	{"server", create_foreign, change_foreign, nullptr},
	{"user mapping", create_foreign, change_foreign, nullptr},
	{"extension", create_extension, change_extension, nullptr},
	{"publication", create_publication, change_publication, nullptr},
	{"default privileges", create_default_privileges, change_default_privileges, drop_default_privileges},
	{"", nullptr, nullptr, nullptr},
};

} // namespace surefoot::core

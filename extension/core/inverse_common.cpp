/* Fields that many kinds of objects have. */
#include "core/derivation.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

const Emitter *const all_emitters[] = {table_emitters, column_emitters, constraint_emitters, index_emitters,  sequence_emitters,
									   view_emitters,  routine_emitters, part_emitters,	   type_emitters,	other_emitters,
									   foreign_emitters};

std::string filled(const char *pattern, const Object &object, const std::string &value)
{
	std::string out;
	const OnTable on = split_on(object.identity);
	for (const char *c = pattern; *c; c++) {
		if (*c != '$') {
			out.push_back(*c);
			continue;
		}
		switch (*++c) {
		case 'i': out.append(name_in_sql(object)); break;
		case 't': out.append(on.table.empty() ? without_last_part(object.identity) : on.table); break;
		case 'n': out.append(on.table.empty() ? last_part(object.identity) : on.name); break;
		default: out.append(value); break;
		}
	}
	return out;
}

void change_labels(Changing &changing)
{
	if (!changing.take("security label"))
		return;
	/* "provider: label" */
	std::map<std::string, std::string> was, is;
	for (auto [object, labels] : {std::pair(&changing.before, &was), std::pair(&changing.now, &is)})
		for (const auto &[name, value] : object->fields)
			if (name == "security label")
				(*labels)[value.substr(0, value.find(": "))] = value.substr(std::min(value.find(": "), value.size() - 2) + 2);
	const std::string on = " ON " + reference(changing.before) + " IS ";
	for (const auto &[provider, label] : is)
		if (!was.contains(provider))
			changing.run("SECURITY LABEL FOR " + provider + on + "NULL");
	for (const auto &[provider, label] : was)
		if (!is.contains(provider) || is[provider] != label)
			changing.run("SECURITY LABEL FOR " + provider + on + literal(label));
}

void change_extensions(Changing &changing)
{
	if (!changing.take("depends on extension"))
		return;
	const std::vector<std::string> was = split_list(changing.was("depends on extension"));
	const std::vector<std::string> is = split_list(changing.is("depends on extension"));
	/* There is no such ALTER AGGREGATE. */
	const std::string name = reference(changing.before);
	const std::string alter = "ALTER " + (changing.before.kind == "aggregate" ? "ROUTINE" + name.substr(name.find(' ')) : name);
	for (const std::string &extension : is)
		if (std::find(was.begin(), was.end(), extension) == was.end())
			changing.run(alter + " NO DEPENDS ON EXTENSION " + extension);
	for (const std::string &extension : was)
		if (std::find(is.begin(), is.end(), extension) == is.end())
			changing.run(alter + " DEPENDS ON EXTENSION " + extension);
}

void change_membership(Changing &changing)
{
	if (!changing.take("extension"))
		return;
	const auto alter = [&](const std::string &extension, const char *how) {
		if (!extension.empty())
			changing.run("ALTER EXTENSION " + extension + how + reference(changing.before));
	};
	alter(changing.is("extension"), " DROP ");
	alter(changing.was("extension"), " ADD ");
}

} // namespace

bool is_common(std::string_view field)
{
	static const std::string_view fields[] = {"owner", "grants", "comment", "security label", "extension", "depends on extension"};
	return std::find(std::begin(fields), std::end(fields), field) != std::end(fields);
}

const Emitter *emitter_of(std::string_view kind)
{
	for (const Emitter *emitter : all_emitters)
		for (; !emitter->kind.empty(); emitter++)
			if (emitter->kind == kind)
				return emitter;
	return nullptr;
}

void keep(Object &fresh, const Object &object, std::initializer_list<std::string_view> fields)
{
	for (const auto &[name, value] : object.fields)
		if (std::find(fields.begin(), fields.end(), name) != fields.end())
			fresh.fields.emplace_back(name, value);
}

void apply_rules(Changing &changing, const FieldRule *first, size_t count)
{
	for (const FieldRule *rule = first; rule != first + count; rule++) {
		if (rule->kind != changing.before.kind || !changing.differs(rule->field))
			continue;
		const std::string was = changing.was(rule->field);
		const char *pattern = was.empty() ? rule->reset : rule->set;
		if (!pattern)
			continue;
		(void)changing.take(rule->field);
		if (*pattern)
			changing.run(filled(pattern, changing.before, was));
	}
}

std::vector<std::string> option_clauses(const std::string &was, const std::string &is)
{
	const Options wanted = options_of(was), there = options_of(is);
	std::string set, reset;
	for (const auto &[name, value] : wanted)
		if (auto it = there.find(name); it == there.end() || it->second != value)
			set.append(set.empty() ? "" : ", ").append(name).append("=").append(value);
	for (const auto &[name, value] : there)
		if (!wanted.contains(name))
			reset.append(reset.empty() ? "" : ", ").append(name);
	std::vector<std::string> clauses;
	if (!set.empty())
		clauses.push_back("SET (" + set + ")");
	if (!reset.empty())
		clauses.push_back("RESET (" + reset + ")");
	return clauses;
}

std::string foreign_options(const std::string &was, const std::string &is)
{
	const Options wanted = options_of(was), there = options_of(is);
	std::string list;
	const auto item = [&list](const std::string &text) { list.append(list.empty() ? "" : ", ").append(text); };
	const auto quoted = [](const std::string &value) {
		return value.starts_with("'") || value.starts_with("E'") ? value : literal(value);
	};
	for (const auto &[name, value] : wanted) {
		auto it = there.find(name);
		if (it == there.end())
			item("ADD " + name + " " + quoted(value));
		else if (it->second != value)
			item("SET " + name + " " + quoted(value));
	}
	for (const auto &[name, value] : there)
		if (!wanted.contains(name))
			item("DROP " + name);
	return list.empty() ? list : "OPTIONS (" + list + ")";
}

void change_common(Derivation &derivation, Changing &changing)
{
	const Object &object = changing.before;
	/* The sequence of a column belongs to whom the table belongs to. */
	const bool follows = object.kind == "sequence" && !changing.is("owned by").empty() && !changing.differs("owned by");
	if (object.field("owner") && changing.take("owner") && !follows)
		changing.run("ALTER " + reference(object) + " OWNER TO " + changing.was("owner"));
	if (changing.differs("grants") || (changing.differs("owner") && !is_part(object)))
		change_grants(derivation, changing);
	if (changing.take("comment"))
		changing.run("COMMENT ON " + reference(object) + " IS " +
					 (changing.was("comment").empty() ? "NULL" : literal(changing.was("comment"))));
	change_labels(changing);
	change_companions(derivation, changing);
	change_membership(changing);
	change_extensions(changing);
}

} // namespace surefoot::core

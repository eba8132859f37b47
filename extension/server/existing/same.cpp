#include "server/existing/same.hpp"

#include "core/kinds.hpp"
#include "core/sql_text.hpp"

#include "server/catalog/definitions.hpp"

extern "C" {
#include "catalog/pg_proc.h"
}

namespace surefoot {

namespace {

/* What CREATE gives no say in, or what others add to an object later: no part of its definition as a statement makes it. */
bool is_by_the_way(const std::string &field)
{
	return field.ends_with("comment") || field.ends_with("grants") || field == "owner" || field.ends_with("security label") ||
		   field == "extension" || field == "constraint name" ||
		   field == "replica identity" || field == "clustered" || field == "valid" || field == "row security" ||
		   field == "row security forced" || field == "populated";
}

bool hangs_on_by_itself(const std::string &kind)
{
	return kind == "trigger" || kind == "rule" || kind == "policy" || kind == "statistics" || kind == "index";
}

core::Object essence(const core::Object &object, bool with_owner = false)
{
	core::Object result = object;
	std::erase_if(result.fields, [with_owner](const auto &field) {
		return is_by_the_way(field.first) && !(with_owner && field.first == "owner");
	});
	return result;
}

/* The last name of an identity such as public.users_name_idx, or name on public.users. */
std::string_view own_name(const core::Object &object)
{
	std::string_view name = object.identity;
	if (object.kind == "constraint")
		return name.substr(0, name.rfind(" on "));
	size_t dot = 0;
	bool quoted = false;
	for (size_t i = 0; i < name.size(); i++) {
		if (name[i] == '"')
			quoted = !quoted;
		else if (name[i] == '.' && !quoted)
			dot = i + 1;
	}
	return name.substr(dot);
}

/* Such as the server chooses: users_name_idx, users_name_idx1. */
bool is_chosen_by_server(const core::Object &object)
{
	std::string_view name = own_name(object);
	if (!name.empty() && name.back() == '"')
		name.remove_suffix(1);
	while (!name.empty() && name.back() >= '0' && name.back() <= '9')
		name.remove_suffix(1);
	for (const std::string_view ending : {"_idx", "_key", "_pkey", "_check", "_fkey", "_excl", "_not_null"})
		if (name.ends_with(ending))
			return true;
	return false;
}

/* The definition without the object's own name. */
core::Object nameless(const core::Object &object)
{
	core::Object result;
	result.kind = object.kind;
	const std::string name = " " + std::string(own_name(object)) + " ON ";
	for (const auto &[field, value] : object.fields) {
		if (field == "index" || (is_by_the_way(field) && field != "valid"))
			continue;
		std::string text = value;
		if (const size_t at = text.find(name); object.kind == "index" && field == "definition" && at != std::string::npos)
			text.replace(at, name.size(), " ON ");
		result.fields.emplace_back(field, text);
	}
	return result;
}

std::string indented(const std::optional<core::Object> &object, bool whole)
{
	if (!object)
		return " nothing";
	std::string text = "\n    ";
	for (char c : core::render(whole ? *object : essence(*object))) {
		text += c;
		if (c == '\n')
			text += "    ";
	}
	return text;
}

} // namespace

/*
 * The objects of a definition that a statement is answerable for: what it made, and what the existing object has of the same sort.
 * Whoever adds an index, a trigger or a policy to a table later does not make it another table.
 */
std::vector<core::Change> differences_of(const Trial &trial, bool says_owner)
{
	std::vector<core::Change> differences;
	for (const core::Object &object : trial.made) {
		if (trial.without.find(object.kind, object.identity) != nullptr)
			continue;
		const core::Object *other = trial.there.find(object.kind, object.identity);
		if (other == nullptr || !core::equal(essence(*other, says_owner), essence(object, says_owner)))
			differences.push_back({other ? std::optional(*other) : std::nullopt, object});
	}
	for (const core::Object &object : trial.there)
		if (!hangs_on_by_itself(object.kind) && trial.without.find(object.kind, object.identity) == nullptr &&
			trial.made.find(object.kind, object.identity) == nullptr)
			differences.push_back({object, std::nullopt});
	return differences;
}

bool same_essence(const core::Object &a, const core::Object &b)
{
	return core::equal(essence(a), essence(b));
}

std::string show_both(const std::vector<core::Change> &differences)
{
	std::string text;
	for (const core::Change &change : differences) {
		const core::Object &object = change.object();
		/* What is alike otherwise differs in what does not count as a rule. */
		const bool whole = change.before && change.after && same_essence(*change.before, *change.after);
		text += (text.empty() ? "" : "\n") + object.kind + " " + object.identity + "\n  there is:" + indented(change.before, whole) +
				"\n  the script wants:" + indented(change.after, whole);
	}
	return text;
}

const core::Object *find_object(const core::Objects &objects, const ObjectAddress &address)
{
	/* The server spells the arguments of a function in another way. */
	if (address.classId == ProcedureRelationId)
		return objects.empty() ? nullptr : &*objects.begin();
	const std::string identity = pg_call([&address] { return getObjectIdentity(&address, true); });
	for (const core::Object &object : objects)
		if (object.identity == identity)
			return &object;
	return nullptr;
}

std::string describe(const ObjectAddress &object)
{
	if (object.classId == ProcedureRelationId) {
		const core::Objects functions = catalog::read_definitions({object});
		if (const core::Object *function = find_object(functions, object))
			return function->kind + " " + function->identity;
	}
	std::string text = pg_call([&object] {
		return psprintf("%s %s", getObjectTypeDescription(&object, true), getObjectIdentity(&object, true));
	});
	for (const char *part : {"column ", "constraint "})
		if (text.starts_with(std::string("table ") + part))
			return text.substr(strlen("table "));
	return text;
}

bool has_candidates(const core::Objects &there, std::string_view kind)
{
	return std::any_of(there.begin(), there.end(),
					   [&](const core::Object &object) { return object.kind == kind && is_chosen_by_server(object); });
}

/* An index that goes and comes with a constraint is not what CREATE INDEX makes. */
static bool is_of_constraint(const core::Object &index, const core::Objects &all)
{
	return index.kind == "index" && std::any_of(all.begin(), all.end(), [&index](const core::Object &object) {
			   return object.kind == "constraint" && object.root == index.root && core::has_index(object) &&
					  core::split_on(object.identity).name == core::last_part(index.identity);
		   });
}

const core::Object *find_twin(const Trial &trial, std::string_view kind)
{
	for (const core::Object &made : trial.made) {
		if (made.kind != kind || (trial.without.find(made.kind, made.identity) != nullptr))
			continue;
		for (const core::Object &there : trial.there)
			if (there.kind == kind && is_chosen_by_server(there) && !is_of_constraint(there, trial.there) &&
				core::equal(nameless(there), nameless(made)))
				return &there;
	}
	return nullptr;
}

} // namespace surefoot

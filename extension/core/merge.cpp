#include "core/merge.hpp"

#include "core/kinds.hpp"
#include "core/sql_text.hpp"

#include <algorithm>
#include <set>

namespace surefoot::core {

namespace {

std::string value(const Object &object, const std::string &field)
{
	const std::string *found = object.field(field);
	return found ? *found : std::string();
}

using Names = std::set<std::string_view>;

Names names(const std::string &list)
{
	const std::vector<std::string_view> all = sorted_names(list);
	Names result(all.begin(), all.end());
	result.erase("");
	return result;
}

std::set<std::string> fields_of(std::initializer_list<const Object *> objects)
{
	std::set<std::string> fields;
	for (const Object *object : objects)
		for (const auto &[field, unused] : object->fields)
			if (!is_physical(field))
				fields.insert(field);
	return fields;
}

bool same(const std::optional<Object> &a, const Object *b)
{
	if (!a || b == nullptr)
		return !a && b == nullptr;
	return equal(*a, *b) || differs_only_in_column_order(*a, *b);
}

/* A list of which each side has added and removed some. */
bool is_merged(const std::string &before, const std::string &after, const std::string &start, const std::string &now)
{
	const Names was = names(before), made = names(after);
	Names wanted = names(start);
	for (std::string_view name : made)
		if (!was.contains(name))
			wanted.erase(name);
	for (std::string_view name : was)
		if (!made.contains(name))
			wanted.insert(name);
	return names(now) == wanted;
}

/* The columns of before, with those that others have added since, and without those that they have dropped. */
std::string merged_columns(const std::string &before, const std::string &after, const std::string &now)
{
	const std::vector<std::string> was = split_list(before), made = split_list(after), is = split_list(now);
	const auto has = [](const std::vector<std::string> &all, const std::string &name) { return std::find(all.begin(), all.end(), name) != all.end(); };
	std::string result;
	const auto add = [&result](const std::string &name) { result.append(result.empty() ? "" : ", ").append(name); };
	for (const std::string &name : was)
		if (has(is, name) || !has(made, name))
			add(name);
	for (const std::string &name : is)
		if (!has(made, name) && !has(was, name))
			add(name);
	return result;
}

} // namespace

bool changed_by_others(const Change &change, const Object *start)
{
	return !same(change.after, start);
}

bool is_back(const Change &change, const Object *start, const Object *now)
{
	if (!changed_by_others(change, start))
		return same(change.before, now);
	if (!change.before)
		return now == nullptr;
	if (!change.after || start == nullptr || now == nullptr)
		return true;
	for (const std::string &field : fields_of({&*change.before, &*change.after, start, now})) {
		const std::string before = value(*change.before, field), after = value(*change.after, field);
		const std::string then = value(*start, field), is = value(*now, field);
		if (field == "columns") {
			if (!is_merged(before, after, then, is))
				return false;
		} else if (before == after ? is != then : then == after && is != before)
			return false;
	}
	return true;
}

Object before_with_others(const Change &change, const Object *now)
{
	Object result = *change.before;
	if (!change.after || now == nullptr || equal(*change.after, *now))
		return result;
	const Object &before = *change.before, &after = *change.after;
	const auto untouched = [&](const std::string &field) { return value(before, field) == value(after, field); };
	result.fields.clear();
	for (const auto &[field, is] : now->fields) {
		const std::string *was = before.field(field);
		if (field == "columns")
			result.fields.emplace_back(field, merged_columns(value(before, field), value(after, field), is));
		else if (untouched(field))
			result.fields.emplace_back(field, is);
		else if (was)
			result.fields.emplace_back(field, *was);
	}
	/* Those that are not there now, in their places. */
	for (size_t i = 0; i < before.fields.size(); i++) {
		const auto &[field, was] = before.fields[i];
		if (now->field(field) || (untouched(field) && field != "columns"))
			continue;
		auto place = result.fields.begin();
		if (i > 0)
			for (auto it = result.fields.begin(); it != result.fields.end(); ++it)
				if (it->first == before.fields[i - 1].first)
					place = it + 1;
		result.fields.insert(place, before.fields[i]);
	}
	return result;
}

bool is_in_force(const Change &change, const Object &now)
{
	if (!change.before || !change.after)
		return false;
	for (const std::string &field : fields_of({&*change.before, &*change.after})) {
		const std::string before = value(*change.before, field), after = value(*change.after, field), is = value(now, field);
		if (before == after)
			continue;
		if (field != "columns") {
			if (is != after)
				return false;
			continue;
		}
		const Names was = names(before), made = names(after), there = names(is);
		const bool all_added = std::all_of(made.begin(), made.end(), [&](auto name) { return was.contains(name) || there.contains(name); });
		const bool all_gone = std::all_of(was.begin(), was.end(), [&](auto name) { return made.contains(name) || !there.contains(name); });
		if (!all_added || !all_gone)
			return false;
	}
	return true;
}

std::vector<Change> taken_along(const std::vector<Change> &effect, const std::vector<Change> &way_back)
{
	std::set<std::string> roots, addresses;
	for (const Change &change : effect)
		for (const std::optional<Object> *side : {&change.before, &change.after})
			if (*side)
				roots.insert((*side)->root);
	for (const Change &change : way_back)
		if (change.after)
			addresses.insert(change.after->address);
	std::vector<Change> taken;
	for (const Change &change : way_back)
		if (change.before && !change.after && !roots.contains(change.before->root) && !addresses.contains(change.before->address) &&
			(!is_part(*change.before) || change.before->kind == "column") && !change.before->field("owned by"))
			taken.push_back(change);
	return taken;
}

} // namespace surefoot::core

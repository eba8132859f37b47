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

namespace {

/* What has gone with a way back, whatever else has only got another name. */
class Gone {
public:
	explicit Gone(const std::vector<Change> &way_back) : all_(way_back)
	{
		for (const Change &change : way_back)
			if (change.after)
				there_.insert(change.after->address);
		for (const Change &change : way_back)
			if (is_gone(change) && !is_part(*change.before)) {
				roots_.insert(change.before->root);
				wholes_.insert(change.before->identity);
			}
	}
	bool is_gone(const Change &change) const { return change.before && !change.after && !there_.contains(change.before->address); }
	/* It belongs to a table, a view ... that is gone as a whole. */
	bool went_with_whole(const Object &object) const
	{
		if (is_part(object))
			return roots_.contains(object.root);
		return object.field("owned by") && wholes_.contains(without_last_part(value_of(object, "owned by")));
	}
	const Object *column(const std::string &identity) const
	{
		for (const Change &change : all_)
			if (is_gone(change) && change.before->kind == "column" && change.before->identity == identity)
				return &*change.before;
		return nullptr;
	}
	/* The table, the view ... that a part belongs to, when it has changed and is still there. */
	const Object *whole(const Object &part) const
	{
		for (const Change &change : all_)
			if (change.before && change.before->root == part.root && !is_part(*change.before) && !is_gone(change))
				return &*change.before;
		return nullptr;
	}

private:
	const std::vector<Change> &all_;
	std::set<std::string> there_, roots_, wholes_;
};

/* The part of a definition that names columns of its own table: neither that table, nor columns of one that is referred to. */
std::string_view about_columns(const Object &object, std::string_view definition)
{
	const auto between = [&definition](std::string_view from, std::string_view to) {
		const size_t begin = definition.find(from), end = definition.rfind(to);
		return begin == definition.npos || end == definition.npos || end < begin ? definition : definition.substr(begin, end - begin);
	};
	if (object.kind == "index")
		return definition.substr(std::min(definition.find(" USING "), definition.size()));
	if (object.kind == "statistics")
		return between(" ON ", " FROM ");
	return is_foreign_key(object) ? definition.substr(0, definition.find(" REFERENCES ")) : definition;
}

bool is_owned_by_its_default(const Gone &gone, const Object &sequence)
{
	const Object *column = gone.column(value_of(sequence, "owned by"));
	return column && value_of(*column, "default").find("nextval(" + literal(sequence.identity)) != std::string::npos;
}

} // namespace

std::vector<Change> taken_along(const std::vector<Change> &effect, const std::vector<Change> &way_back)
{
	std::set<std::string> roots, addresses;
	std::set<std::pair<std::string_view, std::string_view>> names;
	for (const Change &change : effect)
		for (const std::optional<Object> *side : {&change.before, &change.after})
			if (*side) {
				roots.insert((*side)->root);
				names.emplace((*side)->kind, (*side)->identity);
				if (!(*side)->address.empty())
					addresses.insert((*side)->address);
			}
	const Gone gone(way_back);
	const auto is_theirs = [&](const Object &object) {
		/* A column may be on what the migration has made anew, where others have added it. */
		if (object.kind == "column" || (!is_part(object) && !object.field("owned by")))
			return !roots.contains(object.root);
		return !names.contains({object.kind, object.identity}) && !addresses.contains(object.address) && !gone.went_with_whole(object);
	};
	std::vector<Change> taken;
	for (const Change &change : way_back)
		if (gone.is_gone(change) && is_theirs(*change.before))
			taken.push_back(change);
	return taken;
}

bool hung_on_gone_alone(const Object &object, const std::vector<Change> &way_back)
{
	const Gone gone(way_back);
	if (object.kind == "sequence")
		return object.field("identity of") ? gone.column(value_of(object, "identity of")) != nullptr : is_owned_by_its_default(gone, object);
	const Object *whole = gone.whole(object);
	if (!whole || (object.kind != "index" && object.kind != "constraint" && object.kind != "statistics"))
		return false;
	const std::string definition = value_of(object, "definition");
	Mentions mentions;
	mentions.add(about_columns(object, definition));
	bool any = false;
	for (const std::string &name : split_list(value_of(*whole, "columns"))) {
		if (!mentions.words.contains(name))
			continue;
		if (!gone.column(whole->identity + "." + name))
			return false;
		any = true;
	}
	return any;
}

std::vector<Change> done_beside(const std::vector<Change> &effect, const std::vector<Change> &way_back)
{
	std::set<std::pair<std::string, std::string>> known;
	std::set<std::string> addresses, made;
	for (const Change &change : effect) {
		known.emplace(change.object().kind, change.object().identity);
		for (const std::optional<Object> *side : {&change.before, &change.after})
			if (*side)
				addresses.insert((*side)->address);
		if (!change.before && !is_part(*change.after))
			made.insert(change.after->root);
	}
	std::vector<Change> beside;
	for (const Change &change : way_back) {
		const Object &object = change.object();
		const bool is_same = change.before && change.after &&
							 (equal(*change.before, *change.after) || differs_only_in_column_order(*change.before, *change.after));
		/* by another name, too */
		if (!is_same && !known.contains({object.kind, object.identity}) && !addresses.contains(object.address) && !made.contains(object.root))
			beside.push_back(change);
	}
	return beside;
}

} // namespace surefoot::core

#include "core/object.hpp"

#include <algorithm>
#include <tuple>

namespace surefoot::core {

namespace {

template <typename F> bool equal_fields(const Object &a, const Object &b, Kind kind, F &&same)
{
	auto skip = [kind](auto &it, const auto &end) {
		while (kind == Kind::logical && it != end && is_physical(it->first))
			++it;
	};
	auto x = a.fields.begin();
	auto y = b.fields.begin();
	for (;; ++x, ++y) {
		skip(x, a.fields.end());
		skip(y, b.fields.end());
		if (x == a.fields.end() || y == b.fields.end())
			return x == a.fields.end() && y == b.fields.end();
		if (x->first != y->first || !same(x->first, x->second, y->second))
			return false;
	}
}

auto key(const Object &object)
{
	return std::tie(object.kind, object.identity);
}

} // namespace

std::vector<std::string_view> sorted_names(std::string_view list)
{
	std::vector<std::string_view> names;
	bool quoted = false;
	size_t start = 0;
	for (size_t i = 0; i <= list.size(); i++) {
		if (i < list.size() && list[i] == '"')
			quoted = !quoted;
		if (i == list.size() || (list[i] == ',' && !quoted)) {
			names.push_back(list.substr(start, i - start));
			start = std::min(i + 2, list.size()); /* past ", " */
		}
	}
	std::sort(names.begin(), names.end());
	return names;
}

const std::string *Object::field(std::string_view name) const
{
	for (const auto &[field, value] : fields)
		if (field == name)
			return &value;
	return nullptr;
}

bool is_physical(std::string_view field)
{
	return field == "dropped columns" || field == "dimensions";
}

bool equal(const Object &a, const Object &b, Kind kind)
{
	return key(a) == key(b) &&
		   equal_fields(a, b, kind, [](const auto &, const std::string &x, const std::string &y) { return x == y; });
}

void Objects::add(Object object)
{
	if (in_order_ == objects_.size() && (objects_.empty() || key(objects_.back()) < key(object)))
		in_order_++;
	objects_.push_back(std::move(object));
}

void Objects::add(const Objects &others)
{
	for (const Object &object : others)
		add(object);
}

const std::vector<Object> &Objects::sorted() const
{
	if (in_order_ < objects_.size()) {
		const auto before = [](const Object &a, const Object &b) { return key(a) < key(b); };
		const auto middle = objects_.begin() + static_cast<std::ptrdiff_t>(in_order_);
		std::stable_sort(middle, objects_.end(), before);
		std::inplace_merge(objects_.begin(), middle, objects_.end(), before);
		objects_.erase(std::unique(objects_.begin(), objects_.end(),
								   [](const Object &a, const Object &b) { return key(a) == key(b); }),
					   objects_.end());
		in_order_ = objects_.size();
	}
	return objects_;
}

const Object *Objects::find(std::string_view kind, std::string_view identity) const
{
	/* Who looks up and adds by turns does not have all sorted each time. */
	constexpr size_t few = 256;
	if (objects_.size() - in_order_ > few)
		sorted();
	const auto middle = objects_.begin() + static_cast<std::ptrdiff_t>(in_order_);
	const auto it = std::lower_bound(objects_.begin(), middle, std::tie(kind, identity), [](const Object &a, const auto &b) {
		return std::tuple<std::string_view, std::string_view>(a.kind, a.identity) < b;
	});
	if (it != middle && it->kind == kind && it->identity == identity)
		return &*it;
	const auto later = std::find_if(middle, objects_.end(), [&](const Object &object) {
		return object.kind == kind && object.identity == identity;
	});
	return later != objects_.end() ? &*later : nullptr;
}

bool equal(const Objects &a, const Objects &b, Kind kind)
{
	return std::equal(a.begin(), a.end(), b.begin(), b.end(),
					  [kind](const Object &x, const Object &y) { return equal(x, y, kind); });
}

std::vector<Change> difference(const Objects &before, const Objects &after, Kind kind)
{
	std::vector<Change> changes;
	auto x = before.begin();
	auto y = after.begin();
	while (x != before.end() || y != after.end()) {
		if (y == after.end() || (x != before.end() && key(*x) < key(*y)))
			changes.push_back({*x++, std::nullopt});
		else if (x == before.end() || key(*y) < key(*x))
			changes.push_back({std::nullopt, *y++});
		else {
			if (!equal(*x, *y, kind))
				changes.push_back({*x, *y});
			++x;
			++y;
		}
	}
	return changes;
}

bool differs_only_in_column_order(const Object &a, const Object &b)
{
	if (key(a) != key(b) || equal(a, b))
		return false;
	return equal_fields(a, b, Kind::logical, [](const auto &name, const std::string &x, const std::string &y) {
		return x == y || (name == "columns" && sorted_names(x) == sorted_names(y));
	});
}

bool differs_only_in_column_order(const std::vector<Change> &changes)
{
	return !changes.empty() && std::all_of(changes.begin(), changes.end(), [](const Change &change) {
		return change.before && change.after && differs_only_in_column_order(*change.before, *change.after);
	});
}

bool differs_only_in_column_order(const Objects &a, const Objects &b)
{
	return differs_only_in_column_order(difference(a, b));
}

} // namespace surefoot::core

/* The definitions of before and now, found in every way that a derivation asks for. */
#include "core/derivation.hpp"

#include <algorithm>

namespace surefoot::core {

std::vector<std::string> Changing::left() const
{
	std::vector<std::string> names;
	for (const Object *object : {&before, &now})
		for (const auto &[name, value] : object->fields)
			if (!is_physical(name) && !taken_.contains(name) && differs(name) &&
				std::find(names.begin(), names.end(), name) == names.end())
				names.push_back(name);
	return names;
}

Side::Side(const Objects &objects)
{
	for (const Object &object : objects)
		add(object);
}

void Side::add(const Object &object)
{
	if (names_.contains({object.kind, object.identity}))
		return;
	objects_.push_back(object);
	const Object *added = &objects_.back();
	names_[{object.kind, object.identity}] = added;
	if (!object.address.empty())
		addresses_[object.address] = added;
	roots_[object.root].push_back(added);
}

const Object *Side::find(const std::string &kind, const std::string &identity) const
{
	auto it = names_.find({kind, identity});
	return it == names_.end() ? nullptr : it->second;
}

const Object *Side::at(const std::string &address) const
{
	auto it = addresses_.find(address);
	return it == addresses_.end() ? nullptr : it->second;
}

const std::vector<const Object *> &Side::members(const std::string &root) const
{
	static const std::vector<const Object *> none;
	auto it = roots_.find(root);
	return it == roots_.end() ? none : it->second;
}

const Object *Side::whole(const Object &object) const
{
	for (const Object *member : members(object.root))
		if (!is_part(*member))
			return member;
	return nullptr;
}

std::vector<const Object *> Side::parts(const Object &whole, std::string_view kind) const
{
	std::vector<const Object *> result;
	for (const Object *member : members(whole.root))
		if (is_part(*member) && member->kind == kind)
			result.push_back(member);
	return result;
}

} // namespace surefoot::core

#include "server/drift/whole_difference.hpp"

#include "core/kinds.hpp"

#include <set>

namespace surefoot {

const core::Change *find(const std::vector<core::Change> &changes, const core::Object &object)
{
	const auto found = std::find_if(changes.begin(), changes.end(), [&object](const core::Change &change) {
		return change.object().kind == object.kind && change.object().identity == object.identity;
	});
	return found == changes.end() ? nullptr : &*found;
}

bool same_side(const std::optional<core::Object> &a, const std::optional<core::Object> &b)
{
	return a.has_value() == b.has_value() && (!a || core::equal(*a, *b));
}

std::vector<core::Change> whole_difference(const core::Objects &before, const core::Objects &now, const Rehearsal &rehearsal)
{
	std::vector<core::Change> changes = core::difference(before, now);
	for (core::Change &change : changes)
		if (change.before && core::is_invalid_index(*change.before))
			change.before.reset();
	std::erase_if(changes, [&rehearsal](const core::Change &change) {
		return (!change.before && !change.after) || rehearsal.is_no_difference(change);
	});
	return changes;
}

/* A member of an extension is recorded when a statement names it, and no object of its own in the whole schema. */
static std::set<std::string> roots_of_members(const std::vector<core::Change> &recorded)
{
	std::set<std::string> roots;
	for (const core::Change &change : recorded)
		for (const std::optional<core::Object> *side : {&change.before, &change.after})
			if (*side && (*side)->field("extension"))
				roots.insert((*side)->root);
	return roots;
}

std::vector<core::Change> disagreement(const std::vector<core::Change> &recorded, const std::vector<core::Change> &whole,
									   const core::Objects &before, const core::Objects &now)
{
	std::vector<core::Change> result;
	const std::set<std::string> members = roots_of_members(recorded);
	for (const core::Change &change : whole) {
		if (members.contains(change.object().root))
			continue;
		const core::Change *known = find(recorded, change.object());
		if (known == nullptr || !same_side(known->before, change.before) || !same_side(known->after, change.after))
			result.push_back(change);
	}
	for (const core::Change &change : recorded) {
		const core::Object &object = change.object();
		if (find(whole, object) == nullptr && !members.contains(object.root) && !same_side(change.before, change.after) &&
			(before.find(object.kind, object.identity) || now.find(object.kind, object.identity)))
			result.push_back(change);
	}
	return result;
}

} // namespace surefoot

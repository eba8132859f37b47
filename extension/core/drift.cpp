#include "core/drift.hpp"

#include "core/kinds.hpp"
#include "core/sql_text.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

bool contains(const std::vector<std::string> &names, const std::string &name)
{
	return std::find(names.begin(), names.end(), name) != names.end();
}

/* The order of those that are in both: each column is an object of its own, and is told of by itself. */
std::string order_of(const std::vector<std::string> &names, const std::vector<std::string> &others)
{
	std::string order;
	for (const std::string &name : names)
		if (contains(others, name))
			order.append(order.empty() ? "" : ", ").append(name);
	return order;
}

/* What a member of an extension is otherwise follows from the extension, whose update changes it. */
bool same_member(const Object &recorded, const Object &live)
{
	static const char *const own[] = {"owner", "grants", "comment", "security label"};
	return recorded.field("extension") && live.field("extension") && value_of(recorded, "extension") == value_of(live, "extension") &&
		   std::all_of(std::begin(own), std::end(own), [&](const char *field) { return value_of(recorded, field) == value_of(live, field); });
}

bool same(const Object &recorded, const Object &live)
{
	if (equal(recorded, live) || same_member(recorded, live))
		return true;
	if (!recorded.field("columns") || !live.field("columns"))
		return false;
	const std::vector<std::string> was = split_list(value_of(recorded, "columns")), is = split_list(value_of(live, "columns"));
	Object a = recorded, b = live;
	for (auto &[name, value] : a.fields)
		if (name == "columns")
			value = order_of(was, is);
	for (auto &[name, value] : b.fields)
		if (name == "columns")
			value = order_of(is, was);
	return equal(a, b);
}

/* The index that a constraint brings along. */
bool is_index_of(const Object &index, const Object &constraint)
{
	return index.kind == "index" && constraint.kind == "constraint" && index.root == constraint.root && has_index(constraint) &&
		   last_part(index.identity) == split_on(constraint.identity).name;
}

bool is_renamed(const Change &change)
{
	return change.before && change.after && change.before->identity != change.after->identity;
}

/* Whether all that differs in change is how it calls what has another name now. */
bool follows_from(const Change &change, const Change &renamed_object)
{
	const Object &was = *renamed_object.before, &is = *renamed_object.after;
	Object live = *change.after;
	for (auto &[unused, value] : live.fields) {
		if (was.kind != "column")
			value = renamed(value, is.identity, was.identity);
		else if (live.root == is.root)
			value = with_word(value, last_part(is.identity), last_part(was.identity));
	}
	return same(*change.before, live);
}

DriftState state_of(const Change &change)
{
	return !change.after ? DriftState::missing : !change.before ? DriftState::unexpected : DriftState::changed;
}

} // namespace

const char *name_of(DriftState state)
{
	switch (state) {
	case DriftState::missing: return "missing";
	case DriftState::changed: return "changed";
	default: return "unexpected";
	}
}

std::string Drift::difference() const
{
	Change change = changes.front();
	std::string text;
	if (is_renamed(change)) {
		text = "  - name: " + change.before->identity + "\n  + name: " + change.after->identity;
		change.after->identity = change.before->identity;
		change.after->kind = change.before->kind;
		if (same(*change.before, *change.after))
			return text;
		text.push_back('\n');
	}
	const std::string rendered = render(change);
	const size_t heading = rendered.find('\n');
	return heading == rendered.npos ? text : text + rendered.substr(heading + 1);
}

DriftSearch::DriftSearch(std::vector<Record> records, const Objects &live, const std::set<Name> &known,
						 const std::set<std::string> &whole_roots)
	: records_(std::move(records)), live_(live)
{
	for (Record &record : records_)
		by_name_[{record.kind, record.identity}] = &record;
	for (const Object &object : live_) {
		if (!object.address.empty())
			live_at_[object.address] = &object;
		live_roots_[object.root].push_back(&object);
	}
	give_addresses();
	compare(known, whole_roots);
	gather();
	std::stable_sort(found_.begin(), found_.end(), [](const Drift &a, const Drift &b) {
		return std::tie(a.object().kind, a.object().identity) < std::tie(b.object().kind, b.object().identity);
	});
}

/*
 * What has the recorded name is the recorded object. What lives at the recorded address, in the same database and under a name that
 * no migration gave, is the recorded object with another name. An address that means neither must not be taken for another object's.
 */
void DriftSearch::give_addresses()
{
	for (Record &record : records_) {
		if (!record.object)
			continue;
		std::string &address = record.object->address;
		if (const Object *live = live_.find(record.kind, record.identity)) {
			address = live->address;
			continue;
		}
		auto it = record.here ? live_at_.find(address) : live_at_.end();
		const bool renamed = it != live_at_.end() && it->second->kind == record.kind &&
							 !by_name_.contains({it->second->kind, it->second->identity});
		const size_t slash = address.find('/');
		if (!renamed && slash != address.npos)
			address.replace(0, slash, "gone"); /* the rest still tells the order */
	}
}

void DriftSearch::compare(const std::set<Name> &known, const std::set<std::string> &whole_roots)
{
	std::map<std::string, const Record *> made_roots;
	std::set<std::string> recorded_roots;
	std::set<const Object *> renamed;
	for (const Record &record : records_) {
		if (record.object)
			recorded_roots.insert(record.root);
		if (record.object && record.made && !is_part(*record.object))
			made_roots[record.root] = &record;
	}
	const auto add = [this](Change change, const std::string &version) {
		Drift drift;
		drift.state = state_of(change);
		drift.version = version;
		drift.changes.push_back(std::move(change));
		found_.push_back(std::move(drift));
	};
	for (const Record &record : records_) {
		const Object *live = live_.find(record.kind, record.identity);
		if (!record.object) {
			if (live && !live->field("extension"))
				add({std::nullopt, *live}, record.version);
			continue;
		}
		if (live) {
			if (!same(*record.object, *live))
				add({record.object, *live}, record.version);
			continue;
		}
		if (is_invalid_index(*record.object))
			continue;
		auto it = live_at_.find(record.object->address);
		/* A member comes and goes with its extension, which has a record of its own when a migration made it. */
		if (it == live_at_.end() && record.object->field("extension"))
			continue;
		if (it == live_at_.end()) {
			add({record.object, std::nullopt}, record.version);
			continue;
		}
		renamed.insert(it->second);
		add({record.object, *it->second}, record.version);
	}
	for (const Object &object : live_) {
		const Name name(object.kind, object.identity);
		if (by_name_.contains(name) || renamed.contains(&object) || known.contains(name))
			continue;
		if (is_part(object)) {
			if (auto it = made_roots.find(object.root); it != made_roots.end())
				add({std::nullopt, object}, it->second->version);
		} else if (whole_roots.contains(object.root) && !recorded_roots.contains(object.root))
			add({std::nullopt, object}, "");
	}
}

/* What came, went or was renamed as a whole takes its parts along, and what only mentions the new name. */
void DriftSearch::gather()
{
	std::map<std::string, Drift *> wholes; /* by root, of recorded and of live */
	std::vector<Drift *> renamed_objects;
	for (Drift &drift : found_) {
		const Change &change = drift.changes.front();
		if (is_renamed(change))
			renamed_objects.push_back(&drift);
		if (is_part(drift.object()) || (drift.state == DriftState::changed && !is_renamed(change)))
			continue;
		if (change.before)
			wholes[change.before->root] = &drift;
		if (change.after)
			wholes[change.after->root] = &drift;
	}
	std::vector<bool> taken(found_.size());
	for (size_t i = 0; i < found_.size(); i++) {
		const Object &object = found_[i].object();
		Drift *whole = nullptr;
		if (auto it = wholes.find(object.root); is_part(object) && it != wholes.end())
			whole = it->second;
		for (Drift &other : found_)
			if (!whole && other.state == found_[i].state && other.state != DriftState::changed && is_index_of(object, other.object()))
				whole = &other;
		if (found_[i].state == DriftState::changed && !is_renamed(found_[i].changes.front()))
			for (Drift *other : renamed_objects)
				if (!whole && follows_from(found_[i].changes.front(), other->changes.front()))
					whole = other;
		if (const std::string column = value_of(object, "owned by"); !whole && object.kind == "sequence" && !column.empty())
			for (Drift &other : found_)
				if (other.object().kind == "table" && other.object().identity == without_last_part(column) && other.state == found_[i].state)
					whole = &other;
		if (!whole || whole == &found_[i])
			continue;
		taken[i] = true;
		whole->changes.push_back(found_[i].changes.front());
	}
	/* The parts of what is unexpected as a whole were not looked for by themselves. */
	for (Drift &drift : found_) {
		const Change own = drift.changes.front();
		if (!own.after || is_part(*own.after) || (own.before && own.before->identity == own.after->identity))
			continue;
		for (const Object *part : live_roots_[own.after->root]) {
			const bool there = std::any_of(drift.changes.begin(), drift.changes.end(), [part](const Change &change) {
				return change.after && change.after->kind == part->kind && change.after->identity == part->identity;
			});
			if (!there)
				drift.changes.push_back({std::nullopt, *part});
		}
	}
	std::vector<Drift> left;
	for (size_t i = 0; i < found_.size(); i++)
		if (!taken[i])
			left.push_back(std::move(found_[i]));
	found_ = std::move(left);
}

/* The objects concerned, whole: as they were recorded, where drifts say so, and as they are. */
DriftSearch::Sides DriftSearch::sides(const std::vector<const Drift *> &drifts) const
{
	std::set<std::string> roots;
	std::map<Name, const Change *> changed; /* by the name of now */
	Sides sides;
	for (const Drift *drift : drifts)
		for (const Change &change : drift->changes) {
			for (const std::optional<Object> *side : {&change.before, &change.after})
				if (*side)
					roots.insert((*side)->root);
			if (change.after)
				changed[{change.after->kind, change.after->identity}] = &change;
			if (change.before)
				sides.recorded.add(*change.before);
		}
	for (const std::string &root : roots)
		if (auto it = live_roots_.find(root); it != live_roots_.end())
			for (const Object *object : it->second) {
				sides.live.add(*object);
				if (!changed.contains({object->kind, object->identity}))
					sides.recorded.add(*object);
			}
	/* A table lists the columns that it has on either side. */
	Objects recorded;
	for (Object object : sides.recorded) {
		for (auto &[name, value] : object.fields) {
			if (name != "columns")
				continue;
			auto it = by_name_.find({object.kind, object.identity});
			std::vector<std::string> names = split_list(value);
			if (it != by_name_.end() && it->second->object)
				names = split_list(value_of(*it->second->object, "columns"));
			for (const std::string &more : split_list(value))
				if (!contains(names, more))
					names.push_back(more);
			std::string list;
			for (const std::string &column : names)
				if (sides.recorded.find("column", object.identity + "." + column))
					list.append(list.empty() ? "" : ", ").append(column);
			/* those of a view are no objects */
			if (!list.empty())
				value = list;
		}
		recorded.add(std::move(object));
	}
	sides.recorded = std::move(recorded);
	return sides;
}

Inverse DriftSearch::to_recorded(const std::vector<const Drift *> &drifts, Surroundings &surroundings) const
{
	const Sides both = sides(drifts);
	return derive_inverse(both.recorded, both.live, surroundings);
}

Inverse DriftSearch::to_live(const std::vector<const Drift *> &drifts, Surroundings &surroundings) const
{
	const Sides both = sides(drifts);
	return derive_inverse(both.live, both.recorded, surroundings);
}

} // namespace surefoot::core

#include "core/derivation.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

/* Rows live and die with it. */
bool has_rows(const Object &object)
{
	return object.kind == "table" && object.field("partition by") == nullptr;
}

} // namespace

long place_of(const Object &object)
{
	/* "class/oid/number": those of one table in the order of their columns, others as they were made */
	const size_t slash = object.address.find('/');
	if (slash == object.address.npos)
		return 0;
	const char *text = object.address.c_str() + slash + 1;
	char *end = nullptr;
	const long oid = strtol(text, &end, 10);
	return object.kind == "column" && *end == '/' ? strtol(end + 1, nullptr, 10) : oid;
}

namespace {

/* Whether two rows cannot have the same in it. */
bool is_unique_alone(const Derivation &derivation, const Object &column)
{
	const Object *whole = derivation.before.whole(column);
	if (!whole)
		return false;
	const std::string name = "(" + last_part(column.identity) + ")";
	const std::vector<const Object *> keys = derivation.before.parts(*whole, "constraint");
	return std::any_of(keys.begin(), keys.end(), [&name](const Object *key) {
		const std::string definition = value_of(*key, "definition");
		return definition == "UNIQUE " + name || definition == "PRIMARY KEY " + name;
	});
}

int rank_of(const Object &object)
{
	if (object.kind == "constraint" && is_foreign_key(object))
		return 29;
	/* A key would bring one of another name along. */
	if (object.kind == "constraint" && value_of(object, "definition").starts_with("NOT NULL"))
		return 24;
	/* Attaching partitions would give them one as well. */
	if (object.kind == "index" && value_of(object, "definition").find(" ON ONLY ") != std::string::npos)
		return 28;
	return kind_of(object.kind).rank;
}

/* The extension that it is a member of. */
const Object *extension_of(const Side &side, const Object &object)
{
	const std::string name = value_of(object, "extension");
	return name.empty() ? nullptr : side.find("extension", name);
}

/* Comes and goes with what is said elsewhere. */
bool comes_by_itself(const Object &object)
{
	const std::string inherited = value_of(object, "inherited");
	return inherited.starts_with("yes");
}

} // namespace

Derivation::Derivation(const Objects &objects_before, const Objects &objects_now, Surroundings &surroundings)
	: before(objects_before), now(objects_now), around(surroundings)
{
}

void Derivation::lose(WayBack way_back, const Object &object, std::string reason)
{
	for (const Loss &loss : result_.losses)
		if (loss.kind == object.kind && loss.identity == object.identity && loss.reason == reason)
			return;
	result_.losses.push_back({way_back, object.kind, object.identity, std::move(reason)});
}

Action &Derivation::also(Action::Phase phase, int rank, const Object *makes)
{
	Action &action = actions_.emplace_back();
	action.phase = phase;
	action.rank = rank;
	action.makes = makes;
	action.apart = true;
	action.place = makes ? place_of(*makes) : 0;
	return action;
}

void Derivation::build_nodes()
{
	nodes_.clear();
	for (const Object &object : before.all())
		nodes_[{object.kind, object.identity}].before = &object;
	for (const Object &object : now.all())
		nodes_[{object.kind, object.identity}].now = &object;
}

bool Derivation::goes(const Object &object) const
{
	auto it = nodes_.find({object.kind, object.identity});
	return it != nodes_.end() && it->second.now && (it->second.rebuild || !it->second.before);
}

bool Derivation::comes(const Object &object) const
{
	auto it = nodes_.find({object.kind, object.identity});
	return it != nodes_.end() && it->second.before && (it->second.rebuild || !it->second.now);
}

std::string Derivation::refill(const Object &object)
{
	std::vector<const Object *> tables{&object};
	for (size_t i = 0; i < tables.size(); i++) {
		if (around.refill(*tables[i]).empty())
			return {};
		Mentions mentions;
		for (const Object *constraint : before.parts(*tables[i], "constraint"))
			if (is_foreign_key(*constraint))
				mentions.add(value_of(*constraint, "definition"));
		for (const std::string &name : mentions.names)
			if (const Object *table = before.find("table", name);
				table && comes(*table) && std::find(tables.begin(), tables.end(), table) == tables.end())
				tables.push_back(table);
	}
	return around.refill(object);
}

/* A child's or partition's column or constraint, which is what its parent's is: that one changes first. */
bool Derivation::follows_parent(const Node &node) const
{
	const Object &object = *node.now;
	const Object *whole = now.whole(object);
	if (!whole || is_released(*whole) || !object.field("inherited") || (object.kind != "column" && object.kind != "constraint"))
		return false;
	for (const char *field : {"inherits", "partition of"})
		for (const std::string &parent : split_list(value_of(*whole, field))) {
			const std::string table = parent.substr(0, name_end(parent));
			auto it = nodes_.find({object.kind, object.kind == "column" ? table + "." + last_part(object.identity)
																		: split_on(object.identity).name + " on " + table});
			if (it != nodes_.end() && it->second.before && it->second.now && !equal(*it->second.before, *it->second.now))
				return true;
		}
	return false;
}

/* What has to be dropped and created, though it was there before and is there now; and what else that takes along. */
void Derivation::find_rebuilt()
{
	std::vector<Node *> both, remade;
	for (auto &[key, node] : nodes_)
		if (node.before && node.now)
			both.push_back(&node);
	for (Node *node : both) {
		const Object &was = *node->before, &is = *node->now;
		const bool another = !was.address.empty() && !is.address.empty() && was.address != is.address && !around.is_remade(is);
		if (another && has_rows(was)) {
			bool same = true;
			for (const Object *member : before.members(was.root)) {
				const Object *other = now.find(member->kind, member->identity);
				same = same && other && equal(*member, *other);
			}
			for (const Object *member : now.members(is.root))
				same = same && before.find(member->kind, member->identity);
			lose(WayBack::without_rows, was, "it was dropped and made anew");
			if (!same)
				rebuild(*node);
			else
				remade.push_back(node);
		} else if (another && was.kind == "column") {
			const Object *table = before.whole(was), *table_now = now.whole(is);
			if (!table || !table_now || table->address != table_now->address || table->kind == "view" ||
				table->kind == "materialized view")
				continue;
			const bool same = equal(was, is);
			/* Else what comes back is the former one, in its place or with its values: add_create has what there is to say of it. */
			if (same || (around.place(was).empty() && around.refill(was).empty()))
				lose(WayBack::without_rows, was, "it was dropped and added anew");
			if (!same)
				rebuild(*node);
		}
	}
	rebuild_referring(std::move(remade));
	for (Node *node : both)
		find_remade_sequence(*node);
	for (Node *node : both) {
		if (node->rebuild || equal(*node->before, *node->now) || follows_parent(*node))
			continue;
		const Object *whole = before.whole(*node->before);
		if (whole && whole != node->before && comes(*whole))
			continue;
		Changing changing(*node->before, *node->now);
		if (const Emitter *emitter = emitter_of(node->before->kind))
			emitter->change(*this, changing);
		const bool of_view = whole && whole != node->before && whole->kind.ends_with("view") && node->before->kind == "column";
		if (changing.rebuild)
			rebuild(of_view ? nodes_[{whole->kind, whole->identity}] : *node);
		else if (changing.free)
			free_dependents(*node->now, true);
	}
}

/* Tables that have lost their rows as well cannot keep later ones that refer to a table that comes back empty. */
void Derivation::rebuild_referring(std::vector<Node *> remade)
{
	const auto refers_to_empty = [this](const Node *node) {
		Mentions mentions;
		for (const Object *constraint : before.parts(*node->before, "constraint"))
			if (is_foreign_key(*constraint))
				mentions.add(value_of(*constraint, "definition"));
		return std::any_of(mentions.names.begin(), mentions.names.end(), [this, node](const std::string &name) {
			const Object *table = before.find("table", name);
			return table && table != node->before && comes(*table);
		});
	};
	while (!remade.empty()) {
		const auto next = std::find_if(remade.begin(), remade.end(), refers_to_empty);
		if (next == remade.end())
			break;
		rebuild(**next);
		remade.erase(next);
	}
}

void Derivation::rebuild(Node &node)
{
	if (node.rebuild)
		return;
	node.rebuild = true;
	if (node.now && !comes_by_itself(*node.now))
		free_dependents(*node.now, false);
}

void Derivation::free_dependents(const Object &object, bool stays)
{
	for (const Surroundings::Dependent &dependent : around.dependents(object)) {
		/* What was not touched is now as it was before; what is to come is not there yet, whatever stands in the surroundings. */
		for (const Object &member : dependent.root)
			if (!now.find(member.kind, member.identity) && !before.find(member.kind, member.identity)) {
				before.add(member);
				now.add(member);
				Node &node = nodes_[{member.kind, member.identity}];
				node.before = before.find(member.kind, member.identity);
				node.now = now.find(member.kind, member.identity);
			}
		const Object *found = now.at(dependent.address);
		if (!found || found == &object || (found->root == object.root && !is_part(object)))
			continue;
		/* The server takes care itself of what a table has on a column whose type changes. */
		if (stays && found->root == object.root &&
			(found->kind == "constraint" || found->kind == "index" || found->kind == "statistics"))
			continue;
		Node &node = nodes_[{found->kind, found->identity}];
		if (!node.before || !node.now)
			continue;
		const Object *whole = now.whole(*found);
		if (whole && whole != found && goes(*whole))
			continue;
		const bool same = !node.before->address.empty() && node.before->address == found->address;
		if (same && can_be_released(*found) &&
			!release(*found, nullptr, [&object](const std::string &name) { return name == object.identity; }).empty())
			continue;
		if (found->kind == "column") {
			if (object.kind == "enum") {
				/* moved over to the new one, with its default */
				free_dependents(*found, true);
				continue;
			}
			if (node.before->field("default"))
				node.detach = true;
			else if (object.kind == "sequence" && found->field("default"))
				continue; /* that default goes for good, before the sequence */
			else if (node.before->field("generated"))
				rebuild(node); /* its values follow from the row */
			else if (!node.rebuild)
				lose(WayBack::none, *found, "it depends on " + object.kind + " " + object.identity);
		} else if (found->kind == "sequence" && !stays && without_last_part(value_of(*found, "owned by")) == object.identity)
			rebuild(node); /* it goes with its table, and comes before it */
		else if (found->kind == "table" || found->kind == "foreign table" || found->kind == "sequence")
			lose(WayBack::none, *found, "it depends on " + object.kind + " " + object.identity);
		else
			rebuild(node);
	}
}

std::vector<std::string> Derivation::make(const Object &object_before, const Object &object_now)
{
	Changing changing(object_before, object_now);
	if (const Emitter *emitter = emitter_of(object_before.kind))
		emitter->change(*this, changing);
	change_common(*this, changing);
	if (changing.rebuild)
		lose(WayBack::none, object_before, "nothing but making it anew would change it");
	for (const std::string &field : changing.left())
		lose(WayBack::none, object_before, "its " + field + " cannot be restored");
	return changing.statements;
}

std::vector<std::string> Derivation::create(const Object &object)
{
	std::vector<std::string> statements;
	Object fresh{object.kind, object.identity, object.root, {}, object.address};
	const Emitter *emitter = emitter_of(object.kind);
	if (!emitter || !emitter->create) {
		lose(WayBack::none, object, "nothing that can be said in SQL brings it back");
		return statements;
	}
	if (object.field("owner") && !around.role.empty())
		fresh.fields.emplace_back("owner", around.role);
	emitter->create(*this, object, fresh, statements);
	for (std::string &more : make(object, fresh))
		statements.push_back(std::move(more));
	return statements;
}

void Derivation::add_create(const Node &node)
{
	const Object &object = *node.before;
	if (const Object *extension = extension_of(before, object); extension && comes(*extension))
		return;
	if (has_rows(object) && refill(object).empty())
		lose(WayBack::without_rows, object, "its rows are gone");
	if (object.kind == "column") {
		const Object *whole = before.whole(object);
		if (whole && comes(*whole))
			return; /* with its table */
		/* What is to be a child again has to have the column first. */
		const Object *there = whole ? now.find(whole->kind, whole->identity) : nullptr;
		const bool becomes_child = there && ((whole->field("partition of") && !there->field("partition of")) ||
											 (whole->field("inherits") && !there->field("inherits")));
		if (comes_by_itself(object) && !becomes_child)
			return;
		const std::string generated = value_of(object, "generated");
		if (whole && whole->kind != "view" && generated.empty() && around.refill(object).empty() && !around.has_rows_to_come(*whole)) {
			const std::string filler = filler_of(*this, object);
			if (around.place(object).empty() || around.is_empty_place(object))
				lose(WayBack::without_rows, object, "its values are gone" + (filler.empty() ? "" : ", rows get " + filler + " as it is NOT NULL"));
			else
				lose(WayBack::without_rows, object, "its values are gone from rows that are written meanwhile" +
					 (filler.empty() ? "" : ", which get " + filler + " as it is NOT NULL" +
					  (is_unique_alone(*this, object) ? ", and as it is unique there must be no two of them" : "")));
		}
		if (const std::vector<std::string> columns = split_list(whole ? value_of(*whole, "columns") : "");
			node.rebuild && around.place(object).empty() && !columns.empty() && columns.back() != last_part(object.identity))
			lose(WayBack::column_order, *whole, "a column that comes back comes last");
	}
	Action &action = actions_.emplace_back();
	action.phase = Action::Phase::create;
	action.rank = rank_of(object);
	action.place = place_of(object);
	action.makes = &object;
	action.statements = create(object);
}

void Derivation::add_drop(const Node &node)
{
	const Object &object = *node.now;
	const Object *extension = extension_of(now, object);
	const Object *released = is_part(object) ? now.whole(object) : nullptr;
	if (released && (!is_released(*released) || object.kind == "trigger"))
		released = nullptr;
	if ((comes_by_itself(object) && !released) || goes_with_type(object) || (extension && goes(*extension)))
		return;
	if (is_part(object)) {
		const Object *whole = now.whole(object);
		if (whole && goes(*whole))
			return;
		/* A column takes along what there is on it; an index of its own is better gone before, as that stops nobody. */
		if (whole && (object.kind == "constraint" || object.kind == "statistics")) {
			Mentions mentions;
			mentions.add(value_of(object, "definition"));
			/* Unless what a foreign key refers to goes as well, which that key would stand in the way of. */
			const bool in_the_way = is_foreign_key(object) && std::any_of(mentions.names.begin(), mentions.names.end(), [&](const std::string &name) {
				const Object *table = now.find("table", name);
				const std::vector<const Object *> columns = table && table != whole ? now.parts(*table, "column") : std::vector<const Object *>();
				return std::any_of(columns.begin(), columns.end(), [this](const Object *column) { return goes(*column); });
			});
			for (const Object *column : now.parts(*whole, "column"))
				if (!in_the_way && goes(*column) && mentions.words.contains(last_part(column->identity)))
					return;
		}
	}
	if (object.kind == "index")
		for (const Object *constraint : now.parts(object, "constraint"))
			if (has_index(*constraint) && last_part(object.identity) == split_on(constraint->identity).name)
				return;
	if (const std::string owner = value_of(object, object.kind == "index" ? "partition of" : "owned by"); !owner.empty()) {
		const Object *other = object.kind == "index" ? now.find("index", owner) : now.find("column", owner);
		const Object *whole = other ? now.whole(*other) : nullptr;
		if (other && !released && (goes(*other) || (whole && goes(*whole))))
			return;
	}
	const bool gives_way = object.kind == "sequence" && identity_gives_way(object);
	if (object.kind == "sequence" && object.field("identity of") && !gives_way)
		return; /* with its column */
	if (const std::string parent = value_of(object, "partition of"); !parent.empty() && object.kind != "index")
		if (const Object *whole = now.find("table", parent.substr(0, name_end(parent))); whole && goes(*whole))
			return; /* with what it is a part of */
	/* A CHECK that a partition has got when it was detached spares its rows being read when it is attached. */
	const Object *table = object.kind == "constraint" && value_of(object, "definition").starts_with("CHECK") ? now.whole(object) : nullptr;
	const Object *attached = table ? before.find(table->kind, table->identity) : nullptr;
	const bool spares = attached && attached->field("partition of") && !table->field("partition of");
	const KindOfObject &words = kind_of(object.kind);
	Action &action = actions_.emplace_back();
	action.phase = (words.bears_others || spares) && !node.rebuild ? Action::Phase::finish : Action::Phase::drop;
	/* A foreign key that a partition has from what it is a part of can be dropped when it is let go. */
	action.rank = released && is_foreign_key(object) ? 73 : 100 - rank_of(object);
	action.place = -place_of(object);
	action.ends = &object;
	const Emitter *emitter = emitter_of(object.kind);
	if (object.field("extension"))
		action.statements.push_back("ALTER EXTENSION " + value_of(object, "extension") + " DROP " + reference(object));
	if (gives_way)
		action.statements.push_back("ALTER TABLE " + without_last_part(value_of(object, "identity of")) + " ALTER COLUMN " +
									last_part(value_of(object, "identity of")) + " DROP IDENTITY");
	else if (emitter && emitter->drop)
		emitter->drop(*this, object, action.statements);
	else
		action.statements.push_back("DROP " + reference(object) + (goes_with_functions(object) ? " CASCADE" : ""));
}

void Derivation::add_change(Node &node)
{
	std::vector<std::string> statements = make(*node.before, *node.now);
	if (statements.empty())
		return;
	Action &action = actions_.emplace_back();
	action.rank = rank_of(*node.before);
	action.place = place_of(*node.before);
	action.ends = node.now;
	action.makes = node.before;
	action.statements = std::move(statements);
}

void Derivation::add_actions()
{
	for (auto &[key, node] : nodes_) {
		const Object *whole_before = node.before && is_part(*node.before) ? before.whole(*node.before) : nullptr;
		const bool with_whole = whole_before && comes(*whole_before);
		if (node.detach && node.before && node.now && !node.rebuild && !with_whole) {
			const std::string alter = "ALTER TABLE " + without_last_part(node.now->identity) + " ALTER COLUMN " +
									  last_part(node.now->identity);
			Action &away = also(Action::Phase::drop, 0, nullptr);
			away.ends = node.now;
			away.statements = {alter + " DROP DEFAULT"};
			also(Action::Phase::create, 24, node.before).statements = {alter + " SET DEFAULT " + value_of(*node.before, "default")};
		}
		if (node.now && (!node.before || node.rebuild))
			add_drop(node);
		else if (node.now && is_released(*node.now))
			add_release(*node.before, *node.now);
		if (node.before && (!node.now || node.rebuild || with_whole))
			add_create(node);
		else if (node.before && node.now && !equal(*node.before, *node.now) && !follows_parent(node))
			add_change(node);
	}
	for (const Object &object : before.all())
		if (object.kind == "table")
			add_checks(object);
}

Inverse Derivation::run()
{
	for (int round = 0; round < 8; round++) {
		build_nodes();
		if (!names_first())
			break;
		if (!around.is_final()) {
			result_.again = true;
			return std::move(result_);
		}
	}
	find_rebuilt();
	add_actions();
	for (std::string &statement : ordered())
		result_.statements.push_back(with_minus_kept(statement));
	return std::move(result_);
}

Inverse derive_inverse(const Objects &before, const Objects &now, Surroundings &surroundings)
{
	return Derivation(before, now, surroundings).run();
}

WayBack Inverse::way_back() const
{
	WayBack worst = WayBack::exact;
	for (const Loss &loss : losses)
		worst = std::max(worst, loss.way_back);
	return worst;
}

const char *name_of(WayBack way_back)
{
	switch (way_back) {
	case WayBack::exact: return "exact";
	case WayBack::column_order: return "exact but for column order";
	case WayBack::without_rows: return "exact without rows";
	default: return "no way back";
	}
}

} // namespace surefoot::core

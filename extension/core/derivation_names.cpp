/* Names that come back: what was renamed or moved is the same object, with all that is in it. */
#include "core/derivation.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

bool is_relation(const Object &object)
{
	return object.kind == "table" || object.kind.ends_with("view") || object.kind == "sequence" || object.kind == "index" ||
		   object.kind == "foreign table";
}

/* A name that only one of the two can have: each table has a type of its name, and a composite type is a relation as well. */
bool exclude_each_other(const Object &a, const Object &b)
{
	const auto is_type = [](const Object &object) { return object.kind == "type" || object.kind == "enum" || object.kind == "domain"; };
	const auto has_type = [](const Object &object) { return is_relation(object) && object.kind != "sequence" && object.kind != "index"; };
	const auto in_class = [](const Object &object) { return is_relation(object) || object.field("columns") != nullptr; };
	return a.kind == b.kind || (in_class(a) && in_class(b)) || (is_type(a) && (is_type(b) || has_type(b))) || (has_type(a) && is_type(b));
}

/* schemas before what is in them, and that before its parts */
int level_of(const Object &object)
{
	if (object.kind == "schema")
		return 0;
	return is_part(object) && object.kind != "statistics" && object.kind != "sequence" ? 2 : 1;
}

struct Name {
	std::string schema, name;
};

/* The name that can be changed by itself: without the table that a part is of, or the arguments of a function. */
Name own_name(const Object &object)
{
	if (object.kind == "constraint" || object.kind == "trigger" || object.kind == "rule" || object.kind == "policy")
		return {"", split_on(object.identity).name};
	if (object.kind == "column" || object.kind == "index")
		return {"", last_part(object.identity)};
	if (object.kind == "cast" || object.kind == "transform" || object.kind == "user mapping" || object.kind == "default privileges")
		return {};
	const std::vector<std::string> parts = name_parts(object.identity);
	if (parts.size() < 2)
		return object.kind == "operator" && !parts.empty() ? Name{parts[0], ""} : Name{"", object.identity};
	return {parts[0], parts[1]};
}

std::string rename_of(const Object &object, const Object *whole)
{
	const std::string name = split_on(object.identity).name, table = split_on(object.identity).table;
	/* PostgreSQL renames those of typed tables by their indexes alone. */
	if (object.kind == "constraint" && has_index(object) && whole && whole->field("of type"))
		return "ALTER INDEX " + without_last_part(table) + "." + name + " RENAME";
	if (object.kind == "constraint")
		return name_in_sql(object).find(" ON DOMAIN ") != std::string::npos
				   ? "ALTER DOMAIN " + table + " RENAME CONSTRAINT " + name
				   : "ALTER TABLE " + table + " RENAME CONSTRAINT " + name;
	return "ALTER " + reference(object) + " RENAME";
}

/* The identity of object under another name of its own. */
std::string identity_as(const Object &object, const Name &name)
{
	if (object.kind == "column" || object.kind == "index")
		return without_last_part(object.identity) + "." + name.name;
	if (const OnTable on = split_on(object.identity); !on.table.empty() && level_of(object) == 2)
		return name.name + " on " + on.table;
	if (object.kind == "operator")
		return name.schema + object.identity.substr(name_parts(object.identity)[0].size());
	const std::string old = own_name(object).schema.empty() ? own_name(object).name : own_name(object).schema + "." + own_name(object).name;
	return (name.schema.empty() ? name.name : name.schema + "." + name.name) + object.identity.substr(old.size());
}

struct Rename {
	const Object *now, *before;
	Name from, to;
};

std::vector<std::string> statements_of(const Rename &rename, const Side &now, const std::string &temporary)
{
	std::vector<std::string> statements;
	Object object = *rename.now;
	Name name = rename.from;
	if (name.name != rename.to.name) {
		const std::string to = temporary.empty() ? rename.to.name : temporary;
		if (object.kind == "column") {
			const Object *whole = now.whole(object);
			const bool attribute = whole && whole->kind == "type";
			statements.push_back("ALTER " + (whole ? reference(*whole) : "TABLE " + without_last_part(object.identity)) +
								 (attribute ? " RENAME ATTRIBUTE " : " RENAME COLUMN ") + name.name + " TO " + to);
		} else
			statements.push_back(rename_of(object, now.whole(object)) + " TO " + to);
		name.name = to;
		object.identity = identity_as(object, name);
	}
	if (name.schema != rename.to.schema && temporary.empty())
		statements.push_back("ALTER " + reference(object) + " SET SCHEMA " + rename.to.schema);
	return statements;
}

/* What hangs on a table calls its columns by their names alone: where it is what it was but for those, it is what it was. */
void take_columns_names(Object &part, const Object &was, const std::vector<std::pair<std::string, std::string>> &columns)
{
	for (auto &[field, value] : part.fields) {
		std::string other = value;
		for (const auto &[from, to] : columns)
			other = with_word(other, last_part(from), last_part(to));
		if (other == value_of(was, field))
			value = other;
	}
}

/* Renamed with what it is inherited from. What has an index, and a foreign key, has a name of its own in each partition. */
bool is_named_by_parent(const Object &object)
{
	return value_of(object, "inherited").starts_with("yes") && !has_index(object) && !is_foreign_key(object);
}

/* That of a partition which its parent's constraint has brought along again, under whatever name was free. */
const Object *index_brought_along(const Side &before, const Side &now, const Object &index)
{
	const Object *whole = index.kind == "index" && index.field("partition of") && constraint_of(now, index) ? now.whole(index) : nullptr;
	const Object *table = whole && !before.find("index", index.identity) ? before.find("table", whole->identity) : nullptr;
	if (table)
		for (const Object *was : before.parts(*table, "index"))
			if (value_of(*was, "partition of") == value_of(index, "partition of") && constraint_of(before, *was) && !now.find("index", was->identity))
				return was;
	return nullptr;
}

} // namespace

/*
 * Emits what brings the names of one level back; false when they are all as they were. What has taken an old name meanwhile goes
 * first, with what mentions it.
 */
bool Derivation::names_first()
{
	std::vector<Rename> renames, of_constraints; /* indexes that get their names with their constraints, at a later level */
	int level = 3;
	for (const Object &object : now.all()) {
		const Object *was = object.address.empty() ? nullptr : before.at(object.address);
		const Object *brought = was ? nullptr : index_brought_along(before, now, object);
		if (brought)
			was = brought;
		if (!was || was->kind != object.kind || was->identity == object.identity || is_named_by_parent(object))
			continue;
		const Name from = own_name(object), to = own_name(*was);
		if ((from.schema == to.schema && from.name == to.name) || level_of(object) > level)
			continue;
		if (object.kind == "index" && !brought && constraint_of(now, object)) {
			of_constraints.push_back({&object, was, from, to});
			continue;
		}
		/* A serial column's sequence moves with its table. */
		if (object.kind == "sequence" && from.name == to.name && value_of(object, "owned by") != value_of(*was, "owned by") &&
			last_part(value_of(object, "owned by")) == last_part(value_of(*was, "owned by")))
			if (const Object *column = now.find("column", value_of(object, "owned by")))
				if (const Object *table = now.whole(*column), *table_was = table ? before.at(table->address) : nullptr;
					table_was && own_name(*table).schema == from.schema && own_name(*table_was).schema == to.schema)
					continue;
		if (level_of(object) < level)
			renames.clear();
		level = level_of(object);
		renames.push_back({&object, was, from, to});
	}
	if (renames.empty())
		return false;

	/* What was made under an old name. */
	const auto occupant = [&](const Rename &rename) -> const Object * {
		const std::string identity = identity_as(*rename.now, rename.to);
		for (const Object &object : now.all())
			if (object.identity == identity && exclude_each_other(object, *rename.now))
				return &object;
		return nullptr;
	};
	/* One that has such a name goes before, and its constraint with it. */
	for (size_t i = 0; i < renames.size(); i++)
		for (const Object *other = occupant(renames[i]); const Rename &index : of_constraints)
			if (index.now == other && std::none_of(renames.begin(), renames.end(), [other](const Rename &r) { return r.now == other; })) {
				renames.push_back(index);
				break;
			}
	std::set<const Object *> gone;
	for (const Rename &rename : renames)
		if (const Object *other = occupant(rename); other && !before.at(other->address))
			gone.insert(other);
	if (!gone.empty()) {
		Mentions names;
		for (const Object *object : std::set<const Object *>(gone)) {
			names.names.insert(object->identity);
			for (const Surroundings::Dependent &dependent : around.dependents(*object)) {
				const Object *found = now.at(dependent.address);
				if (!found || found->root == object->root || found->kind == "column")
					continue;
				if (!before.at(found->address) || !can_be_released(*found))
					gone.insert(found);
				else
					let_go(*found, release(*found, nullptr, [object](const std::string &name) { return name == object->identity; }));
			}
		}
		for (const Object &object : now.all()) {
			if (before.at(object.address) || is_part(object))
				continue;
			Mentions mentions;
			for (const auto &[unused, value] : object.fields)
				mentions.add(value);
			for (const std::string &name : names.names)
				if (mentions.names.contains(name))
					gone.insert(&object);
		}
		for (const Object *object : gone) {
			/* One of a serial column goes with its table. */
			const Object *owner = now.find("column", value_of(*object, "owned by"));
			if (owner && gone.contains(now.whole(*owner)))
				continue;
			Node node;
			node.now = object;
			add_drop(node);
		}
		for (std::string &statement : ordered())
			result_.statements.push_back(std::move(statement));
		actions_.clear();
	}

	std::vector<std::pair<std::string, std::string>> changed, columns;
	while (!renames.empty()) {
		const auto is_free = [&](const Rename &rename) {
			const Object *other = occupant(rename);
			return !other || gone.contains(other) ||
				   std::none_of(renames.begin(), renames.end(), [&](const Rename &r) { return r.now == other; });
		};
		auto next = std::find_if(renames.begin(), renames.end(), is_free);
		const bool circle = next == renames.end();
		if (circle)
			next = renames.begin();
		const std::string temporary = circle ? "surefoot_" + std::to_string(result_.statements.size() + 1) : "";
		for (std::string &statement : statements_of(*next, now, temporary))
			result_.statements.push_back(std::move(statement));
		Name name = next->to;
		if (circle)
			name = {next->from.schema, temporary};
		changed.emplace_back(next->now->identity, identity_as(*next->now, name));
		if (next->now->kind == "column")
			columns.push_back(changed.back());
		for (const Object *constraint : next->now->kind == "index" ? now.parts(*next->now, "constraint") : std::vector<const Object *>())
			if (has_index(*constraint) && split_on(constraint->identity).name == next->from.name)
				changed.emplace_back(constraint->identity, identity_as(*constraint, {"", name.name}));
		if (circle) {
			/* under its temporary name it is in nobody's way, and waits for its turn */
			Object moved = *next->now;
			moved.identity = identity_as(moved, name);
			now.add(moved);
			next->now = now.find(moved.kind, moved.identity);
			next->from = name;
			continue;
		}
		renames.erase(next);
	}
	if (!around.is_final())
		return true;

	/* Nobody will look again: the definitions of now under the names of before. */
	Objects moved;
	for (const Object &object : now.all()) {
		if (gone.contains(&object) || (!object.address.empty() && now.at(object.address) != &object))
			continue;
		Object copy = object;
		for (const auto &[from, to] : changed) {
			const OnTable on = split_on(from), on_to = split_on(to);
			if (!on.table.empty() && copy.identity == from)
				copy.identity = to;
			else if (on.table.empty()) {
				copy.identity = on_to.table.empty() ? renamed(copy.identity, from, to) : copy.identity;
				if (const OnTable part = split_on(copy.identity); !part.table.empty())
					copy.identity = part.name + " on " + renamed(part.table, from, to);
				for (auto &[unused, value] : copy.fields)
					value = renamed(value, from, to);
			}
		}
		if (const Object *was = before.at(copy.address)) {
			copy.root = was->root;
			take_columns_names(copy, *was, columns);
		}
		moved.add(std::move(copy));
	}
	now = Side(moved);
	return true;
}

} // namespace surefoot::core

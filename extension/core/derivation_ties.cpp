/* What stays is let go first by what goes: a partition or child by its parent, a sequence by the table that it is of, a table by its type. */
#include "core/derivation.hpp"

#include <algorithm>
#include <limits>

namespace surefoot::core {

namespace {

bool contains(const std::vector<std::string> &list, const std::string &item)
{
	return std::find(list.begin(), list.end(), item) != list.end();
}

} // namespace

Partition partition_of(const Object &object)
{
	const std::string text = value_of(object, "partition of");
	const size_t end = name_end(text);
	return {text.substr(0, end), end < text.size() ? text.substr(end + 1) : ""};
}

/* As the server drops partitions and sequences with what they are of, without being asked. */
std::vector<std::string> release(const Object &object, const Object *was, const std::function<bool(const std::string &)> &goes)
{
	std::vector<std::string> statements;
	if (object.kind == "sequence") {
		if (const std::string column = value_of(object, "owned by"); !column.empty() && (goes(without_last_part(column)) || goes(column)))
			statements.push_back("ALTER SEQUENCE " + object.identity + " OWNED BY NONE");
		return statements;
	}
	const std::string alter = "ALTER TABLE " + object.identity;
	for (const std::string &parent : split_list(value_of(object, "inherits")))
		if (goes(parent) || (was && !contains(split_list(value_of(*was, "inherits")), parent)))
			statements.push_back(alter + " NO INHERIT " + parent);
	if (const Partition is = partition_of(object);
		!is.parent.empty() && (goes(is.parent) || (was && value_of(*was, "partition of") != value_of(object, "partition of"))))
		statements.push_back("ALTER TABLE " + is.parent + " DETACH PARTITION " + object.identity);
	if (const std::string type = value_of(object, "of type"); !type.empty() && goes(type))
		statements.push_back(alter + " NOT OF");
	return statements;
}

bool can_be_released(const Object &object)
{
	return object.kind == "table" || object.kind == "foreign table" || (object.kind == "sequence" && !object.field("identity of"));
}

bool Derivation::identity_gives_way(const Object &sequence) const
{
	const std::string column = value_of(sequence, "identity of");
	const Object *was = before.find("column", column), *is = now.find("column", column);
	const Object *other = (now.find("sequence", sequence.identity) == &sequence ? before : now).find("sequence", sequence.identity);
	if (column.empty() || !was || !is || !other || other->field("identity of"))
		return false;
	const Object *table = now.whole(*is);
	return !goes(*is) && table && !goes(*table);
}

/* One that an identity brought never becomes one of its own, nor the other way round; and another of the same name stands elsewhere. */
void Derivation::find_remade_sequence(Node &node)
{
	const Object &was = *node.before, &is = *node.now;
	const Object *whole = now.whole(is), *column = now.find("column", value_of(is, "owned by"));
	const Object *table = column ? now.whole(*column) : nullptr;
	if (was.kind != "sequence" || node.rebuild || (whole && goes(*whole)) || (table && goes(*table)))
		return;
	if ((was.field("identity of") == nullptr) != (is.field("identity of") == nullptr))
		rebuild(node);
	else if (!was.address.empty() && !is.address.empty() && was.address != is.address && !around.is_remade(is))
		lose(WayBack::without_rows, was, "it was dropped and made anew");
}

/* Whether what is called so goes: a table, a type, or a column, which goes with its table. */
bool Derivation::goes_by_name(const std::string &name) const
{
	for (const char *kind : {"table", "foreign table", "type", "column"})
		if (const Object *object = now.find(kind, name); object && goes(*object))
			return true;
	return false;
}

bool Derivation::is_released(const Object &object) const
{
	const Object *was = before.find(object.kind, object.identity);
	return was && can_be_released(object) && !goes(object) &&
		   !release(object, was, [this](const std::string &name) { return goes_by_name(name); }).empty();
}

/* After the foreign keys that refer to what it is a part of, and before all that it has from that. */
void Derivation::let_go(const Object &object, std::vector<std::string> statements)
{
	Action &away = also(Action::Phase::drop, 72, nullptr);
	away.place = std::numeric_limits<long>::min();
	away.ends = &object;
	away.statements = std::move(statements);
}

void Derivation::add_release(const Object &was, const Object &is)
{
	const auto goes_with = [this, &was, &is](const char *field, const std::string &name) {
		return value_of(was, field) == value_of(is, field) && goes_by_name(name);
	};
	/* It gets the owner that it had at once. */
	if (is.kind == "sequence" && value_of(was, "owned by") != value_of(is, "owned by"))
		return;
	const auto gone = [this](const std::string &name) { return goes_by_name(name); };
	let_go(is, release(is, &was, gone));
	/* Where what it is of is made anew, it comes back to that. */
	Action &again = also(Action::Phase::create, 27, &was);
	if (is.kind == "sequence")
		again.statements = {"ALTER SEQUENCE " + was.identity + " OWNED BY " + value_of(was, "owned by")};
	const std::vector<std::string> parents = split_list(value_of(is, "inherits"));
	for (const std::string &parent : split_list(value_of(was, "inherits")))
		if (gone(parent) && contains(parents, parent))
			again.statements.push_back("ALTER TABLE " + was.identity + " INHERIT " + parent);
	if (const Partition then = partition_of(was); goes_with("partition of", then.parent))
		again.statements.push_back("ALTER TABLE " + then.parent + " ATTACH PARTITION " + was.identity + " " + then.bound);
	if (const std::string type = value_of(was, "of type"); goes_with("of type", type))
		again.statements.push_back("ALTER TABLE " + was.identity + " OF " + type);
}

} // namespace surefoot::core

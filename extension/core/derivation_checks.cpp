/* The triggers of the server that enforce keys: they are reached all together, when the keys are there. */
#include "core/derivation.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

constexpr std::string_view of_constraint = "enforcing triggers", of_references = "enforcing triggers of references";

bool has_triggers(const Object &constraint)
{
	return is_foreign_key(constraint) || (has_index(constraint) && value_of(constraint, "definition").find(" DEFERRABLE") != std::string::npos);
}

bool all_disabled(const std::string &states)
{
	const std::vector<std::string> items = split_list(states);
	return std::all_of(items.begin(), items.end(), [](const std::string &state) { return state == "disabled"; });
}

const char *enabling(const std::string &state)
{
	return state == "no" ? " DISABLE" : state == "always" ? " ENABLE ALWAYS" : state.empty() ? " ENABLE" : " ENABLE REPLICA";
}

} // namespace

/* A key that comes back has its own enabled. Those of users, which ALL reaches as well, are put back to what they were. */
void Derivation::add_checks(const Object &table)
{
	const auto is_now = [this](const Object *object, std::string_view field) {
		const Object *there = object ? now.find(object->kind, object->identity) : nullptr;
		return there && !goes(*there) ? value_of(*there, field) : std::string();
	};
	const std::string references = value_of(table, of_references);
	bool differs = references != is_now(&table, of_references), enabled = references.empty(), disabled = all_disabled(references);
	for (const Object *constraint : before.parts(table, "constraint")) {
		const std::string was = value_of(*constraint, of_constraint);
		differs = differs || was != is_now(constraint, of_constraint);
		enabled = enabled && was.empty();
		disabled = disabled && (was == "disabled" || !has_triggers(*constraint));
	}
	if (!differs)
		return;
	if (!enabled && !disabled) {
		lose(WayBack::none, table, "some of its triggers that enforce keys are enabled otherwise than the others, which no statement restores");
		return;
	}
	Action &action = also(Action::Phase::create, 39, &table);
	const std::string alter = std::string(table.field("partition by") ? "ALTER TABLE ONLY " : "ALTER TABLE ") + table.identity;
	action.statements.push_back(alter + (enabled ? " ENABLE TRIGGER ALL" : " DISABLE TRIGGER ALL"));
	for (const Object *trigger : before.parts(table, "trigger"))
		if (const std::string state = value_of(*trigger, "enabled"); state != (enabled ? "" : "no"))
			action.statements.push_back(alter + enabling(state) + " TRIGGER " + split_on(trigger->identity).name);
}

} // namespace surefoot::core

/* How the server's own triggers stand, which enforce foreign keys and deferrable keys: ALTER TABLE ... DISABLE TRIGGER ALL reaches them. */
#include "server/catalog/reading.hpp"
#include "server/catalog/text.hpp"

#include <algorithm>

extern "C" {
#include "catalog/pg_constraint.h"
#include "catalog/pg_trigger.h"
}

namespace surefoot::catalog {

namespace {

const char *word_of(char state)
{
	switch (state) {
	case TRIGGER_DISABLED: return "disabled";
	case TRIGGER_FIRES_ALWAYS: return "always enabled";
	case TRIGGER_FIRES_ON_REPLICA: return "enabled for replicas";
	default: return "enabled";
	}
}

Form_pg_constraint find(Rows rows, Oid oid)
{
	for (HeapTuple tuple : rows)
		if (form<Form_pg_constraint>(tuple)->oid == oid)
			return form<Form_pg_constraint>(tuple);
	return nullptr;
}

/* The constraint that has a definition: those that the server has beside it for partitions of what it refers to count as it. */
Form_pg_constraint constraint_of(Reading &reading, Form_pg_trigger trigger)
{
	for (Oid table : {trigger->tgrelid, trigger->tgconstrrelid}) {
		const Rows all = reading.source.rows(From::constraint, table);
		Form_pg_constraint found = find(all, trigger->tgconstraint);
		for (Form_pg_constraint above = found; above != nullptr; above = find(all, above->conparentid))
			found = above;
		if (found)
			return found;
	}
	return nullptr;
}

std::string text_of(const std::vector<Form_pg_trigger> &triggers)
{
	const char state = triggers.front()->tgenabled;
	if (std::all_of(triggers.begin(), triggers.end(), [state](Form_pg_trigger trigger) { return trigger->tgenabled == state; }))
		return state == TRIGGER_FIRES_ON_ORIGIN ? "" : word_of(state);
	std::vector<std::string> items;
	for (Form_pg_trigger trigger : triggers)
		if (trigger->tgenabled != TRIGGER_FIRES_ON_ORIGIN) {
			const Oid function = trigger->tgfoid;
			items.push_back(pg_call([function] { return get_func_name(function); }) + std::string(" ") + word_of(trigger->tgenabled));
		}
	std::sort(items.begin(), items.end());
	std::string text;
	for (const std::string &item : items)
		text.append(text.empty() ? "" : " and ").append(item);
	return text;
}

} // namespace

std::map<Oid, std::string> read_check_triggers(Reading &reading, Oid table)
{
	std::map<Oid, std::string> states;
	const Rows all = reading.source.rows(From::trigger, table);
	const auto is_check = [](HeapTuple tuple) { return form<Form_pg_trigger>(tuple)->tgisinternal && OidIsValid(form<Form_pg_trigger>(tuple)->tgconstraint); };
	if (std::none_of(all.begin(), all.end(), [&](HeapTuple tuple) {
			return is_check(tuple) && form<Form_pg_trigger>(tuple)->tgenabled != TRIGGER_FIRES_ON_ORIGIN;
		}))
		return states;
	std::map<std::pair<bool, Oid>, std::vector<Form_pg_trigger>> groups;
	for (HeapTuple tuple : all)
		if (is_check(tuple))
			if (const Form_pg_constraint constraint = constraint_of(reading, form<Form_pg_trigger>(tuple)))
				groups[{constraint->conrelid == table, constraint->oid}].push_back(form<Form_pg_trigger>(tuple));
	/* Those of others have no names here, as nothing is touched here when these change. */
	std::vector<std::string> of_others;
	for (const auto &[group, triggers] : groups)
		if (std::string text = text_of(triggers); !text.empty()) {
			if (group.first)
				states[group.second] = std::move(text);
			else
				of_others.push_back(std::move(text));
		}
	std::sort(of_others.begin(), of_others.end());
	for (const std::string &text : of_others)
		append_item(states[InvalidOid], text);
	return states;
}

} // namespace surefoot::catalog

/* What an object has brought along under a name, and what was said of and granted on that: the type of a table's rows, the rule of a view. */
#include "core/derivation.hpp"

namespace surefoot::core {

namespace {

std::string constraint_name(const Object &trigger)
{
	const std::string name = value_of(trigger, "constraint name");
	return name.empty() ? split_on(trigger.identity).name : name;
}

} // namespace

void change_companions(Derivation &derivation, Changing &changing)
{
	const Object &object = changing.before;
	if (object.kind == "trigger" && changing.take("constraint name"))
		changing.run("ALTER TABLE " + split_on(object.identity).table + " RENAME CONSTRAINT " + constraint_name(changing.now) + " TO " +
					 constraint_name(object));
	const auto comment = [&](const char *field, const std::string &on) {
		if (changing.take(field))
			changing.run("COMMENT ON " + on + " IS " + (changing.was(field).empty() ? "NULL" : literal(changing.was(field))));
	};
	if (object.kind == "trigger")
		comment("constraint comment", "CONSTRAINT " + constraint_name(object) + " ON " + split_on(object.identity).table);
	if (object.kind.ends_with("view"))
		comment("rule comment", "RULE \"_RETURN\" ON " + object.identity);
	comment("array type comment", "TYPE " + object.identity + "[]");
	for (const auto &[what, name] : {std::pair("type", object.identity), std::pair("multirange", changing.was("multirange type"))}) {
		comment((what + std::string(" comment")).c_str(), "TYPE " + name);
		change_grants_on(derivation, changing, what + std::string(" grants"), kind_of("type"), name);
	}
}

} // namespace surefoot::core

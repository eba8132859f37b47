/* A base type and its functions, each of which cannot go before the other: they go together. */
#include "core/derivation.hpp"

#include <algorithm>

namespace surefoot::core {

/* All that depends on it is as new as it is; what is no function of its own has been dropped before. */
bool Derivation::goes_with_functions(const Object &type)
{
	if (type.kind != "type" || !type.field("input") || !goes(type) || before.find(type.kind, type.identity))
		return false;
	for (const char *field : {"input", "output"}) {
		const Object *function = now.find("function", value_of(type, field));
		if (!function || !goes(*function) || before.find(function->kind, function->identity))
			return false;
	}
	const std::vector<Surroundings::Dependent> dependents = around.dependents(type);
	return std::none_of(dependents.begin(), dependents.end(), [this](const Surroundings::Dependent &dependent) {
		if (const Object *found = now.at(dependent.address))
			return before.at(found->address) != nullptr;
		return std::any_of(dependent.root.begin(), dependent.root.end(), [this](const Object &member) { return before.at(member.address) != nullptr; });
	});
}

bool Derivation::goes_with_type(const Object &function)
{
	if (function.kind != "function" || before.find(function.kind, function.identity))
		return false;
	for (const Object &type : now.all()) {
		if (type.kind != "type")
			continue;
		for (const char *field : {"input", "output", "receive", "send", "subscript"})
			if (value_of(type, field) == function.identity && goes_with_functions(type)) {
				Mentions mentions;
				mentions.add(function.identity);
				mentions.add(value_of(function, "returns"));
				return mentions.names.contains(type.identity);
			}
	}
	return false;
}

} // namespace surefoot::core

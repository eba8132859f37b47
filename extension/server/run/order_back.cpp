#include "server/run/order_back.hpp"

#include "server/catalog/roots.hpp"
#include "server/record/dependents.hpp"

extern "C" {
#include "catalog/pg_trigger.h"
}

namespace surefoot {

std::vector<std::string> to_revert_before(const history::Migration &migration)
{
	/* What hangs on something that it has made, such as a view on a table, goes first as well. */
	std::vector<core::Change> effect;
	{
		Internal internal;
		effect = history::effect(migration.run);
	}
	std::vector<std::string> roots, parts;
	std::string last;
	for (const core::Change &change : effect) {
		if (!change.after || change.after->root == last)
			continue;
		last = change.after->root;
		const std::optional<ObjectAddress> root = catalog::resolve_root(last);
		if (!root)
			continue;
		for (const Dependent &dependent : dependents_of(*root))
			if (dependent.object.classId == ConstraintRelationId || dependent.object.classId == TriggerRelationId) {
				const ObjectAddress &part = dependent.object;
				if (const char *identity = pg_call([&part] { return getObjectIdentity(&part, true); }))
					parts.emplace_back(identity);
			} else
				roots.push_back(catalog::root_text(dependent.root));
	}
	Internal internal;
	return history::later_on_same_objects(migration, roots, parts);
}

std::string cannot_be_reverted_before(const history::Migration &migration, const std::vector<std::string> &later)
{
	std::string list;
	for (const std::string &version : later)
		list += (list.empty() ? "" : ", ") + version;
	return "migration " + migration.version + " cannot be reverted before " + list;
}

} // namespace surefoot

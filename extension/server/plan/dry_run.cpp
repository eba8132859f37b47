#include "server/reverse/chosen.hpp"
#include "server/run/apply.hpp"

namespace surefoot {

std::string dry_run(const std::string &version, const std::string &direction)
{
	history::Migration migration;
	{
		Internal internal;
		migration = history::get(history::number_of(version));
		if (direction == "down")
			find_way_back(migration);
	}
	const Script script(direction == "up" ? migration.up : *migration.down);
	std::string text = "-- " + migration.version + " " + direction + ", plan (nothing executed)\n";
	const std::string revert = "SELECT " + function_prefix() + "migrate_revert('" + migration.version + "');";
	int n = 1;
	for (const PlannedStep &step : plan_steps(script, {}, 0, Created())) {
		if (n > 1)
			text += direction == "up" ? "-- all-or-nothing ends here; undone is what stands above by: " + revert + "\n"
									  : "-- all-or-nothing ends here; should the rest fail, it goes on by: " + revert + "\n";
		text += "-- step " + std::to_string(n++) +
				(step.kind == OperationKind::concurrent ? " (concurrent)\n" : " (transaction)\n");
		if (step.kind == OperationKind::transactional)
			text += "BEGIN;\n";
		for (const Operation &operation : step.operations)
			text += mask_secrets(operation.sql) + ";\n";
		if (step.kind == OperationKind::transactional)
			text += "COMMIT;\n";
	}
	return n > 1 ? text : text + "-- nothing to run\n";
}

} // namespace surefoot

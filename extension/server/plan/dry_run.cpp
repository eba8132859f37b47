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
	int n = 1;
	for (const PlannedStep &step : plan_steps(script, {}, 0, Created())) {
		text += "-- step " + std::to_string(n++) +
				(step.kind == OperationKind::concurrent ? " (concurrent)\n" : " (transaction)\n");
		if (step.kind == OperationKind::transactional)
			text += "BEGIN;\n";
		for (const Operation &operation : step.operations)
			text += mask_secrets(operation.sql) + ";\n";
		if (step.kind == OperationKind::transactional)
			text += "COMMIT;\n";
	}
	return text;
}

} // namespace surefoot

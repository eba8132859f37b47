#include "server/keep/restore.hpp"

#include "server/keep/keep.hpp"
#include "server/keep/kept_table.hpp"
#include "server/run/gate.hpp"
#include "server/spi.hpp"

namespace surefoot {

namespace {

std::string list_of(const std::vector<std::string> &keys)
{
	std::string text;
	constexpr size_t most = 5;
	for (size_t i = 0; i < std::min(most, keys.size()); i++)
		text += (text.empty() ? "" : ", ") + keys[i];
	if (keys.size() > most)
		text += " and " + std::to_string(keys.size() - most) + " more";
	return text;
}

} // namespace

int64 check_values(const std::string &version, const std::string &column, bool accept)
{
	check_isolation();
	const PinnedPath path;
	pg_call([] { pin_output(); });
	KeptTable table(version, column, "values", true);
	if (table.purged)
		return 0;
	table.look_at_types();
	if (!table.conflicts.empty() && !accept)
		throw Error(sqlstate::rows_changed, "values of column " + column + " were changed by others since migration " + version + " was applied",
					"Keys of their rows: " + list_of(table.conflicts) + ".",
					"Nothing was changed. To give the others back and leave these to the change of the type: SELECT " + function_prefix() + "migrate_revert('" +
						version + "', accept => '{conflicts}');");
	table.forget_conflicts();
	return static_cast<int64>(table.conflicts.size());
}

int64 restore_column(const std::string &version, const std::string &column, const char *direction)
{
	check_isolation();
	const PinnedPath path;
	pg_call([] { pin_output(); });
	KeptTable table(version, column, "column,values", false, direction);
	if (table.purged) {
		const char *gone = table.of_type ? "they do not come back" : "it comes back empty";
		pg_call([&column, gone] { ereport(WARNING, (errmsg("the values of column %s were purged: %s", column.c_str(), gone))); });
		return 0;
	}
	table.look_at_values();
	table.write();
	table.check();
	return table.to_do();
}

Restored restore_rows(const std::string &version, const std::vector<std::string> &names, bool accept)
{
	check_isolation();
	Restored restored;
	const PinnedPath path;
	pg_call([] { pin_output(); });
	std::vector<KeptTable> tables;
	for (const std::string &name : names) {
		KeptTable table(version, name);
		if (table.purged) {
			pg_call([&name] {
				ereport(WARNING, (errmsg("the rows of table %s were purged: those that were changed stay so", name.c_str())));
			});
			continue;
		}
		table.look();
		if (!table.conflicts.empty() && !accept) {
			throw Error(sqlstate::rows_changed, "rows of table " + name + " were changed by others since migration " + version + " was applied",
						(table.has_key() ? "Their keys: " : "As the migration left them: ") + list_of(table.conflicts) + ".",
						"Nothing was changed. To put back the others and leave these as they are: SELECT " + function_prefix() +
							"migrate_revert('" + version + "', accept => '{conflicts}');");
		}
		if (!table.conflicts.empty())
			restored.left[name] = static_cast<int64>(table.conflicts.size());
		restored.rows += table.to_do();
		tables.push_back(std::move(table));
	}
	if (restored.rows == 0)
		return restored;
	for (KeptTable &table : tables)
		table.write();
	for (KeptTable &table : tables) {
		table.check();
		check_keys(table.touched());
	}
	return restored;
}

} // namespace surefoot

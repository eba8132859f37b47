/* The SQL functions that change state: arguments in, call, result out. */
#include "core/sql_text.hpp"
#include "server/functions/arguments.hpp"
#include "server/reverse/chosen.hpp"
#include "server/run/apply.hpp"
#include "server/run/conclude.hpp"
#include "server/run/gate.hpp"
#include "server/run/shared_flush.hpp"

using namespace surefoot;

SUREFOOT_FUNCTION(surefoot_version)
{
	return text_result(SUREFOOT_VERSION);
}

SUREFOOT_FUNCTION(surefoot_register)
{
	return text_result(register_migration(needed_text_argument(fcinfo, 0, "version"), needed_text_argument(fcinfo, 1, "name"),
										  needed_text_argument(fcinfo, 2, "up"), optional_text_argument(fcinfo, 3),
										  optional_text_argument(fcinfo, 4)));
}

SUREFOOT_FUNCTION(surefoot_apply)
{
	const std::string version = text_argument(fcinfo, 0);
	if (PG_GETARG_BOOL(1))
		return text_result(dry_run(version, "up"));
	const std::string answer = apply(version);
	/* What a worker goes on with is on the disk before it does. */
	if (answer == "applied")
		share_flush();
	return text_result(answer);
}

SUREFOOT_FUNCTION(surefoot_wait_for_flush)
{
	wait_for_flush();
	PG_RETURN_VOID();
}

SUREFOOT_FUNCTION(surefoot_revert)
{
	const std::string version = text_argument(fcinfo, 0);
	return text_result(PG_GETARG_BOOL(1) ? dry_run(version, "down") : revert(version, text_array_argument(fcinfo, 2)));
}

SUREFOOT_FUNCTION(surefoot_inverse)
{
	return text_result(inverse_text(text_argument(fcinfo, 0)));
}

SUREFOOT_FUNCTION(surefoot_resume)
{
	return text_result(resume(text_argument(fcinfo, 0)));
}

SUREFOOT_FUNCTION(surefoot_cancel)
{
	return text_result(cancel(text_argument(fcinfo, 0)));
}

namespace {

/* Before there is something to validate. */
std::string what_to_do_first(const history::Migration &migration)
{
	const std::string version = core::literal(migration.version);
	if (migration.state == "failed" || migration.state == "orphaned")
		return "SELECT " + function_prefix() + "migrate_resume(" + version + "); or SELECT " + function_prefix() + "migrate_revert(" +
			   version + ");";
	if (migration.state == "registered" || migration.state == "reverted")
		return "Apply it first.";
	return "CALL " + function_prefix() + "migrate_wait(" + version + ");";
}

} // namespace

SUREFOOT_FUNCTION(surefoot_validate)
{
	const std::string number = history::number_of(text_argument(fcinfo, 0));
	history::Migration migration;
	{
		Internal internal;
		migration = history::get(number);
	}
	std::vector<Finding> findings;
	if (migration.state == "applied")
		findings = validate(migration, migration.run);
	else
		findings.push_back({"fail", "not-applied", migration.version, "migration " + migration.version + " is " + migration.state,
							"", what_to_do_first(migration)});
	std::vector<std::vector<std::string>> rows;
	for (const Finding &f : findings)
		rows.push_back({f.level, f.code, f.object, f.message, f.detail, f.hint});
	return_rows(fcinfo, rows);
	return (Datum)0;
}

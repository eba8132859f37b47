/* The SQL functions that put back the rows that a migration has changed, and a column that it has dropped, with its values. */
#include "server/functions/arguments.hpp"
#include "server/keep/column_fill.hpp"
#include "server/keep/restore.hpp"
#include "server/reverse/column_place.hpp"

using namespace surefoot;

/* surefoot.restore_rows(version text, VARIADIC tables text[]): how many rows were put back */
SUREFOOT_FUNCTION(surefoot_restore_rows)
{
	const std::string version = version_argument(fcinfo, 0);
	const Restored restored = restore_rows(version, text_array_argument(fcinfo, 1), Accepting::conflicts(version));
	for (const auto &[table, rows] : restored.left) {
		const std::string words = std::to_string(rows) + (rows == 1 ? " row of table " : " rows of table ") + table +
								  (rows == 1 ? " was" : " were") + " changed by others since migration " + version + " was applied, and " +
								  (rows == 1 ? "stays as it is" : "stay as they are") + ", as accepted";
		pg_call([&words] { ereport(WARNING, (errmsg("%s", words.c_str()))); });
	}
	return Int64GetDatum(restored.rows);
}

/* surefoot.restore_column(version text, name text): how many rows got their value back */
SUREFOOT_FUNCTION(surefoot_restore_column)
{
	return Int64GetDatum(restore_column(version_argument(fcinfo, 0), text_argument(fcinfo, 1)));
}

/* surefoot.check_values(version text, name text): how many values others have changed */
SUREFOOT_FUNCTION(surefoot_check_values)
{
	const std::string version = version_argument(fcinfo, 0), name = text_argument(fcinfo, 1);
	const int64 left = check_values(version, name, Accepting::conflicts(version));
	if (left > 0) {
		const std::string words = std::to_string(left) + (left == 1 ? " value of column " : " values of column ") + name + (left == 1 ? " was" : " were") +
								  " changed by others since migration " + version + " was applied, and " + (left == 1 ? "is" : "are") +
								  " not what " + (left == 1 ? "it" : "they") + " had been before, as accepted";
		pg_call([&words] { ereport(WARNING, (errmsg("%s", words.c_str()))); });
	}
	return Int64GetDatum(left);
}

/* surefoot.check_cast(version text, name text, type text): how many values are others as type */
SUREFOOT_FUNCTION(surefoot_check_cast)
{
	const std::string version = version_argument(fcinfo, 0), name = text_argument(fcinfo, 1), type = text_argument(fcinfo, 2);
	const int64 changed = check_cast(version, name, type, Accepting::is_trial() || Accepting::conflicts(version));
	if (changed > 0) {
		const std::string words = std::to_string(changed) + (changed == 1 ? " value of column " : " values of column ") + name +
								  (changed == 1 ? " is cut off, rounded or changed" : " are cut off, rounded or changed") + " as " + type + ", as accepted";
		pg_call([&words] { ereport(WARNING, (errmsg("%s", words.c_str()))); });
	}
	return Int64GetDatum(changed);
}

/* surefoot.restore_place(version text, name text) */
SUREFOOT_FUNCTION(surefoot_restore_place)
{
	restore_place(version_argument(fcinfo, 0), text_argument(fcinfo, 1));
	PG_RETURN_VOID();
}

/* surefoot.keep_places(name text) */
SUREFOOT_FUNCTION(surefoot_keep_places)
{
	keep_places(text_argument(fcinfo, 0));
	PG_RETURN_VOID();
}

/* surefoot.fill_column(name text, expression text): how many rows got a value */
SUREFOOT_FUNCTION(surefoot_fill_column)
{
	return Int64GetDatum(fill_column(text_argument(fcinfo, 0), text_argument(fcinfo, 1)));
}

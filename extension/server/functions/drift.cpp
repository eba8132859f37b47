/* SQL functions that compare the history with the live catalog. */
#include "server/drift/drift.hpp"
#include "server/functions/arguments.hpp"
#include "server/typed_rows.hpp"

using namespace surefoot;

/* migrate_drift(everything boolean = false) */
SUREFOOT_FUNCTION(surefoot_drift)
{
	std::vector<TextRow> rows;
	for (const DriftRow &row : drift(PG_GETARG_BOOL(0)))
		rows.push_back({row.kind, row.identity, row.state, or_null(row.version), or_null(row.difference), or_null(row.to_recorded),
						or_null(row.to_live), or_null(row.changed_by), or_null(row.changed_at), or_null(row.command)});
	return_typed_rows(fcinfo, rows);
	return static_cast<Datum>(0);
}

/* migrate_drift_script(towards text = 'recorded', everything boolean = false) */
SUREFOOT_FUNCTION(surefoot_drift_script)
{
	return text_result(drift_script(text_argument(fcinfo, 0), PG_GETARG_BOOL(1)));
}

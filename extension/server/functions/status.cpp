/*
 * What somebody who has just connected asks first, straight from our tables, by their indexes: planning joins takes longer than to
 * answer.
 */
#include "server/compat.hpp"
#include "server/functions/arguments.hpp"
#include "server/history/history.hpp"
#include "server/run/gate.hpp"
#include "server/table_access.hpp"

extern "C" {
#include "utils/timestamp.h"
}

using namespace surefoot;

namespace {

/* The columns of migrate_status, in their order. */
enum { version, name, state, steps, way_back, applied_at, applied_by, duration, next, columns };

struct Row {
	Datum values[columns] = {};
	bool nulls[columns] = {true, true, true, true, true, true, true, true, true};

	void set(int column, Datum value)
	{
		values[column] = value;
		nulls[column] = false;
	}
	void set(int column, const std::string &text) { set(column, text_result(text)); }
};

std::string what_next(const std::string &state, int64 run)
{
	if (state == "registered" || state == "reverted")
		return "apply";
	if (state == "failed" || state == "orphaned")
		return "resume or revert";
	return job_holder(run) != 0 ? "wait or cancel" : "resume";
}

/* What this statement sees, as other STABLE functions do. */
IndexReader open_reader(const char *table, const char *index, std::initializer_list<const char *> names)
{
	return IndexReader(table, index, names, GetActiveSnapshot());
}

} // namespace

/* migrate_status(version text) */
SUREFOOT_FUNCTION(surefoot_status)
{
	const std::optional<std::string> wanted = optional_text_argument(fcinfo, 0);
	pg_call([fcinfo] { compat::materialize(fcinfo); });
	const ReturnSetInfo *result = (ReturnSetInfo *)fcinfo->resultinfo;
	Internal internal;

	IndexReader migrations = open_reader("migration", "migration_pkey", {"version", "name", "state", "run", "down"});
	IndexReader runs = open_reader("run", "run_pkey", {"started_at", "ended_at", "session_role"});
	IndexReader step = open_reader("step", "step_pkey", {"state"});
	IndexReader derived = open_reader("derived", "derived_pkey", {"way_back"});
	const MemoryContext row_context =
		pg_call([] { return AllocSetContextCreate(CurrentMemoryContext, "surefoot status row", ALLOCSET_SMALL_SIZES); });
	const MemoryContext outer = MemoryContextSwitchTo(row_context);

	bool more = wanted ? migrations.find(history::number_of(*wanted)) : migrations.all();
	for (; more; more = migrations.next()) {
		Row row;
		const bool has_run = !migrations.is_null(3);
		const int64 run = has_run ? DatumGetInt64(migrations.raw(3)) : 0;
		const std::string now = history::state_here(*migrations.text(2), run);
		const bool applied = now == "applied";
		row.set(version, migrations.raw(0));
		row.set(name, migrations.raw(1));
		row.set(state, now);

		size_t done = 0, all = 0;
		for (bool another = has_run && step.find(run); another; another = step.next(), all++)
			done += *step.text(0) == "done";
		if (all > 0)
			row.set(steps, std::to_string(done) + "/" + std::to_string(all));

		if (!migrations.is_null(4))
			row.set(way_back, "down script");
		else if (applied && derived.find(run))
			row.set(way_back, derived.raw(0));
		else
			row.set(way_back, "derived");

		if (applied && runs.find(run)) {
			const Datum started = runs.raw(0), ended = runs.raw(1);
			row.set(applied_by, runs.raw(2));
			if (!runs.is_null(1)) {
				row.set(applied_at, ended);
				row.set(duration, pg_call([=] { return DirectFunctionCall2(timestamp_mi, ended, started); }));
			}
		}
		if (!applied)
			row.set(next, what_next(now, run));
		pg_call([&] {
			tuplestore_putvalues(result->setResult, result->setDesc, row.values, row.nulls);
			MemoryContextReset(row_context);
		});
	}
	MemoryContextSwitchTo(outer);
	pg_call([row_context] { MemoryContextDelete(row_context); });
	for (IndexReader *reader : {&migrations, &runs, &step, &derived})
		reader->close();
	return (Datum)0;
}

/*
 * surefoot.differing(versions text[], ups text[]): the versions whose registered up script is another text than that of the same place,
 * by more than newlines at its end
 */
SUREFOOT_FUNCTION(surefoot_differing)
{
	const std::vector<std::string> versions = text_array_argument(fcinfo, 0), ups = text_array_argument(fcinfo, 1);
	if (versions.size() != ups.size())
		throw Error(unpack_sql_state(ERRCODE_ARRAY_SUBSCRIPT_ERROR), "there are " + std::to_string(versions.size()) +
																		 " versions and " + std::to_string(ups.size()) + " scripts");
	std::vector<std::string> different;
	Internal internal;
	IndexReader migrations = open_reader("migration", "migration_pkey", {"up"});
	for (size_t i = 0; i < versions.size(); i++)
		if (migrations.find(history::number_of(versions[i])) && !history::same_text(*migrations.text(0), ups[i]))
			different.push_back(versions[i]);
	migrations.close();
	return Value::array(different).raw();
}

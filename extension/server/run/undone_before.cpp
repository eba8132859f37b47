#include "server/run/undone_before.hpp"

#include "server/plan/planned_script.hpp"

#include <limits>

namespace surefoot {

namespace {

constexpr size_t all = std::numeric_limits<size_t>::max();

/* The way back that was taken last, since the run up and before the run, if any. */
std::optional<history::Run> way_back_before(const std::string &version, int64 up, std::optional<int64> run)
{
	static Query query("SELECT id FROM surefoot.run WHERE version = $1 AND direction = 'down' AND state <> 'rolled back' "
					   "AND id > $2 AND id < $3 ORDER BY id DESC LIMIT 1",
					   {TEXTOID, INT8OID, INT8OID});
	const Rows rows = query.run({version, up, run.value_or(std::numeric_limits<int64>::max())});
	return rows.empty() ? std::nullopt : history::get_run(rows.number(0, 0));
}

} // namespace

size_t undone_before(const history::Migration &migration, std::optional<int64> run)
{
	std::optional<history::Run> before;
	std::optional<history::Step> next;
	{
		Internal internal;
		const std::optional<int64> up = history::last_run(migration.version, "up");
		if (!up || history::get_run(*up)->state != "done")
			return all;
		before = way_back_before(migration.version, *up, run);
		if (!before)
			return 0;
		next = history::next_step(before->id);
	}
	/* Of another script nobody knows which statements were done. */
	if (!next || !is_as_planned(migration, *before))
		return all;
	/* A statement that commits by itself may have ended, though its step did not. */
	return next->operations.front().statement + (next->kind == OperationKind::concurrent ? 1 : 0);
}

} // namespace surefoot

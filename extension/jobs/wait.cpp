/*
 * The procedures that wait. A waiter must hold no snapshot: a concurrent index build waits for every older one, and nobody would
 * see the deadlock. So each look at the state is a transaction of its own, and between two looks nothing is held at all.
 */
#include "jobs/launch.hpp"
#include "jobs/procedure.hpp"
#include "server/functions/arguments.hpp"
#include "server/history/history.hpp"
#include "server/run/apply.hpp"
#include "server/run/gate.hpp"
#include "server/run/waiting.hpp"

namespace surefoot {

namespace {

constexpr long poll_interval = 20; /* ms */

[[noreturn]] void raise_failure(const history::Migration &migration)
{
	static Query query("SELECT sqlstate, message, detail, hint, context FROM surefoot.run WHERE id = $1", {INT8OID});
	const Rows rows = query.run({migration.run});
	Error error("SF013", "migration " + migration.version + " failed");
	if (!rows.empty() && !rows.is_null(0, 0)) {
		error.sqlstate = rows.text(0, 0);
		error.message = rows.text(0, 1);
		error.detail = rows.text(0, 2);
		error.context = rows.text(0, 4);
	}
	error.hint = "SELECT " + function_prefix() + "migrate_resume('" + migration.version + "'); or SELECT " +
				 function_prefix() + "migrate_revert('" + migration.version + "');";
	if (!rows.is_null(0, 3) && !rows.text(0, 3).empty())
		error.hint = rows.text(0, 3) + " Then: " + error.hint;
	throw error;
}

/*
 * Has a worker started for a run that nobody works on: after a restart of the server, or when its worker was killed. One that was
 * just ordered gets time to appear, so that a wait does not fill all slots with workers for the same run.
 */
class Starter {
public:
	void look(const history::Migration &migration)
	{
		const TimestampTz now = GetCurrentTimestamp();
		if (job_holder(migration.run) != 0) {
			next_ = TimestampTzPlusMilliseconds(now, first_patience);
			patience_ = first_patience;
			orders_ = 0;
			return;
		}
		if (next_ == 0)
			next_ = TimestampTzPlusMilliseconds(now, first_patience);
		if (now < next_)
			return;
		const std::optional<history::Run> run = [&migration] {
			Internal internal;
			return history::get_run(migration.run);
		}();
		if (!run)
			return;
		if (orders_ == most_orders)
			throw Error(sqlstate::no_worker, "no worker comes to finish migration " + migration.version,
						"Its workers end before they begin; the server's log says why.",
						"SELECT " + function_prefix() + "migrate_resume('" + migration.version + "');");
		/* Whether the caller may: outside of any Internal. */
		const Oid session = worker_role(*run);
		if (try_launch_run(run->id, run->launches, session))
			orders_++;
		else if (!told_) {
			told_ = true;
			pg_call([] { ereport(NOTICE, (errmsg_internal("waiting for a free background worker (max_worker_processes)"))); });
		}
		patience_ *= 2;
		next_ = TimestampTzPlusMilliseconds(now, patience_);
	}

private:
	static constexpr long first_patience = 300; /* ms */
	static constexpr int most_orders = 6;
	TimestampTz next_ = 0;
	long patience_ = first_patience;
	int orders_ = 0;
	bool told_ = false;
};

/* The state of a migration that is not at rest; nothing when it is. Raises what went wrong. */
std::optional<history::Migration> look(const std::string &number)
{
	Internal internal;
	const history::Migration migration = history::get(number);
	const std::string &state = migration.state;
	if (state == "failed")
		raise_failure(migration);
	if (state == "orphaned")
		throw Error(sqlstate::orphaned, "migration " + migration.version + " is orphaned", "This database is a copy.",
					"SELECT " + function_prefix() + "migrate_resume('" + migration.version + "');");
	if (state != "queued" && state != "running" && state != "reverting")
		return std::nullopt;
	return migration;
}

/* One look: true when migration has come to rest. */
bool at_rest(const std::string &number, Starter &starter)
{
	const std::optional<history::Migration> migration = look(number);
	if (migration)
		starter.look(*migration);
	return !migration;
}

std::vector<std::string> unfinished()
{
	static Query query("SELECT ordinal::text FROM surefoot.migration WHERE state IN ('queued', 'running', 'reverting')", {});
	Internal internal;
	const Rows rows = query.run();
	std::vector<std::string> numbers;
	for (size_t i = 0; i < rows.size(); i++)
		numbers.push_back(rows.text(i, 0));
	return numbers;
}

void wait_for(const std::string &number)
{
	Starter starter;
	for (;;) {
		const bool done = at_rest(number, starter);
		commit();
		if (done)
			return;
		if (TransactionIdIsValid(MyProc->xmin))
			throw Error("XX000", "a snapshot is held while waiting");
		sleep_for(poll_interval);
	}
}

} // namespace

} // namespace surefoot

using namespace surefoot;

SUREFOOT_FUNCTION(surefoot_wait)
{
	const std::optional<std::string> version = optional_text_argument(fcinfo, 0);
	check_call(fcinfo, "migrate_wait", "It waits for steps that wait for this transaction to end.");
	with_spi([&] {
		const std::vector<std::string> numbers =
			version ? std::vector<std::string>{history::number_of(*version)} : unfinished();
		for (const std::string &number : numbers)
			wait_for(number);
	});
	return (Datum)0;
}

SUREFOOT_FUNCTION(surefoot_apply_all)
{
	const std::optional<std::string> target = optional_text_argument(fcinfo, 0);
	check_call(fcinfo, "migrate_apply_all", "It waits for steps that wait for this transaction to end.");
	/* What was walked back below others stays so. What was never applied is not left out in silence: its apply says what to do. */
	static surefoot::Query pending("SELECT version FROM surefoot.migration WHERE state IN ('registered', 'reverted') "
						 "AND (state = 'registered' OR ordinal > coalesce((SELECT max(ordinal) FROM surefoot.migration WHERE state = 'applied'), -1)) "
						 "AND ordinal <= coalesce($1::numeric, ordinal) ORDER BY ordinal LIMIT 1",
						 {TEXTOID});
	with_spi([&] {
		const std::optional<std::string> last = target ? std::optional(history::number_of(*target)) : std::nullopt;
		for (;;) {
			/* Who applies or reverts in another session comes first; what it leaves to do is looked up then. */
			while (!try_gate()) {
				commit();
				sleep_for(poll_interval);
			}
			bool waited = false;
			for (const std::string &number : unfinished()) {
				waited = true;
				wait_for(number);
			}
			if (waited)
				continue;
			std::string version;
			{
				Internal internal;
				const Rows rows = pending.run({last});
				if (rows.empty())
					break;
				version = rows.text(0, 0);
			}
			const std::string result = apply(version);
			commit();
			if (result.starts_with("queued"))
				wait_for(history::number_of(version));
		}
	});
	return (Datum)0;
}

#include "server/run/blockers.hpp"

#include "server/settings.hpp"
#include "server/spi.hpp"

namespace surefoot {

namespace {

/* A backend in a few words; what it runs, cut to a line. $1: pid. */
Query describe("SELECT 'pid ' || a.pid || ' (' || coalesce(a.usename, a.backend_type) || ', ' || coalesce(a.state, 'running') "
			   "|| coalesce(', ' || CASE WHEN age < interval '1 minute' THEN extract(epoch FROM age)::int || ' s' "
			   "WHEN age < interval '1 hour' THEN extract(minute FROM age) || ' min' "
			   "ELSE extract(epoch FROM date_trunc('hour', age))::bigint / 3600 || ' h' END, '') || ')' "
			   "|| coalesce(': ' || nullif(left(regexp_replace(a.query, '\\s+', ' ', 'g'), 120), ''), '') "
			   "FROM pg_stat_activity a "
			   "CROSS JOIN LATERAL (SELECT clock_timestamp() - coalesce(a.xact_start, a.query_start) AS age) x WHERE a.pid = $1",
			   {INT4OID});

std::string relation_names(const std::vector<Oid> &relations)
{
	std::string names;
	std::vector<Oid> done;
	for (Oid relation : relations) {
		if (std::find(done.begin(), done.end(), relation) != done.end())
			continue;
		done.push_back(relation);
		const char *name = pg_call([relation] {
			const char *relname = get_rel_name(relation);
			return relname ? quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), relname) : nullptr;
		});
		if (name != nullptr)
			names += (names.empty() ? "" : ", ") + std::string(name);
	}
	return names;
}

} // namespace

std::string describe_backend(int pid)
{
	Internal internal;
	const Rows rows = describe.run({pid});
	return rows.empty() ? std::string() : rows.text(0, 0);
}

std::string describe_blockers(const std::vector<Oid> &relations)
{
	/* Whoever holds, or waits in front for, any lock on them but the weakest; prepared transactions have no pid. */
	static Query holders("SELECT DISTINCT l.pid FROM pg_locks l WHERE l.locktype = 'relation' "
						 "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
						 "AND l.relation = ANY ($1) AND l.pid IS DISTINCT FROM pg_backend_pid() ORDER BY 1 LIMIT 5",
						 {OIDARRAYOID});
	if (relations.empty())
		return {};
	Internal internal;
	const Datum array = pg_call([&relations] {
		Datum *values = (Datum *)palloc(sizeof(Datum) * relations.size());
		for (size_t i = 0; i < relations.size(); i++)
			values[i] = ObjectIdGetDatum(relations[i]);
		return PointerGetDatum(
			construct_array(values, static_cast<int>(relations.size()), OIDOID, sizeof(Oid), true, TYPALIGN_INT));
	});
	const Rows rows = holders.run({Value::datum(array)});
	std::string text;
	for (size_t i = 0; i < rows.size(); i++) {
		const std::string one = rows.is_null(i, 0) ? "a prepared transaction"
												   : describe_backend(static_cast<int>(rows.number(i, 0)));
		if (!one.empty())
			text += (text.empty() ? "" : "; ") + one;
	}
	return text;
}

Error give_up_on_locks(const Error &last, const std::vector<Oid> &relations, const std::string &blockers)
{
	const std::string names = relation_names(relations);
	Error error = last;
	error.sqlstate = sqlstate::lock_not_available;
	error.message = "could not get the locks on " + (names.empty() ? "what the step changes" : names) + " within " +
					std::to_string(settings::lock_retry) + " s";
	error.detail = blockers.empty() ? "The step was tried again and again; nothing was changed."
									: "Blocked by " + blockers + ". Nothing was changed.";
	error.hint = "Apply again when it has ended, or allow more time: SET surefoot.lock_retry = '5min';";
	return error;
}

} // namespace surefoot

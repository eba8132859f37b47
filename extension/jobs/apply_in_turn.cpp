/*
 * Many small migrations in one call. With a call for each, the way to the client and back is a good part of what a migration costs:
 * the server sleeps until the client has asked for the next.
 */
#include "jobs/procedure.hpp"
#include "server/functions/arguments.hpp"
#include "server/run/apply.hpp"

using namespace surefoot;

SUREFOOT_FUNCTION(surefoot_apply_in_turn)
{
	const std::vector<std::string> versions = text_array_argument(fcinfo, 0);
	check_call(fcinfo, "surefoot.apply_in_turn", "It commits after each migration.");
	std::string last, answer;
	with_spi([&] {
		for (const std::string &version : versions) {
			last = version;
			answer = apply(version);
			commit();
			if (answer.starts_with("queued"))
				break;
		}
	});
	const char *texts[2] = {last.c_str(), answer.c_str()};
	const bool none = versions.empty();
	return pg_call([fcinfo, &texts, none] {
		TupleDesc row;
		if (get_call_result_type(fcinfo, nullptr, &row) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "a row is expected");
		Datum values[2] = {CStringGetTextDatum(texts[0]), CStringGetTextDatum(texts[1])};
		bool nulls[2] = {none, none};
		return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(row), values, nulls));
	});
}

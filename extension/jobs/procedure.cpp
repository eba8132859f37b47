#include "jobs/procedure.hpp"

#include "server/functions/arguments.hpp"
#include "server/history/history.hpp"
#include "server/run/gate.hpp"

namespace surefoot {

void check_call(FunctionCallInfo fcinfo, const char *procedure, const char *why)
{
	/* A worker that was ordered on a standby would start by itself when it is promoted. */
	refuse_standby();
	const bool atomic = !fcinfo->context || !IsA(fcinfo->context, CallContext) || castNode(CallContext, fcinfo->context)->atomic;
	if (atomic)
		throw Error(sqlstate::wrong_context, std::string(procedure) + " cannot run inside a transaction block", why,
					"CALL " + (strchr(procedure, '.') ? "" : function_prefix()) + procedure + "(...); by itself, after COMMIT.");
}

void with_spi(const std::function<void()> &body)
{
	pg_call([] {
		if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
	});
	body();
	pg_call([] { SPI_finish(); });
}

void commit()
{
	pg_call([] {
		SPI_commit();
		InvalidateCatalogSnapshot();
	});
}

} // namespace surefoot

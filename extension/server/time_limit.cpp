#include "server/time_limit.hpp"

extern "C" {
#include "utils/timeout.h"
}

namespace surefoot {

namespace {

volatile sig_atomic_t out_of_time = false;

/* A signal handler. */
void stop_query()
{
	out_of_time = true;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

TimeoutId timer()
{
	static const TimeoutId id = RegisterTimeout(USER_TIMEOUT, stop_query);
	return id;
}

} // namespace

TimeLimit::TimeLimit(int milliseconds) : armed_(milliseconds > 0)
{
	out_of_time = false;
	if (armed_)
		pg_call([milliseconds] { enable_timeout_after(timer(), milliseconds); });
}

TimeLimit::~TimeLimit()
{
	if (!armed_)
		return;
	disable_timeout(timer(), false);
	/* A query that had ended just then is not to be the next one's end. */
	if (out_of_time)
		QueryCancelPending = false;
}

bool TimeLimit::reached()
{
	return out_of_time;
}

} // namespace surefoot

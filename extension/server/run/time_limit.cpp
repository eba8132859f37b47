#include "server/run/time_limit.hpp"

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

/* Of the limit that counts; 0: there is none. */
TimestampTz end = 0;

void arm()
{
	enable_timeout_at(timer(), end);
}

} // namespace

TimeLimit::TimeLimit(int milliseconds) : armed_(milliseconds > 0), outer_(end)
{
	out_of_time = false;
	if (!armed_)
		return;
	const TimestampTz own = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds);
	end = outer_ != 0 ? std::min(outer_, own) : own;
	arm();
}

TimeLimit::~TimeLimit()
{
	if (!armed_)
		return;
	disable_timeout(timer(), false);
	/* A query that had ended just then is not to be the next one's end. */
	if (out_of_time)
		QueryCancelPending = false;
	end = outer_;
	if (end != 0)
		arm();
}

bool TimeLimit::reached()
{
	return out_of_time;
}

} // namespace surefoot

#include "server/run/waiting.hpp"

extern "C" {
#include "common/pg_prng.h"
#include "utils/wait_event.h"
}

namespace surefoot {

void sleep_for(long milliseconds)
{
	const TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds);
	for (;;) {
		const long left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until);
		if (left <= 0)
			return;
		pg_call([left] {
			(void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, left, PG_WAIT_EXTENSION);
			ResetLatch(MyLatch);
			CHECK_FOR_INTERRUPTS();
		});
	}
}

void Backoff::pause()
{
	const double jitter = 0.5 + pg_prng_double(&pg_global_prng_state);
	sleep_for(static_cast<long>(static_cast<double>(milliseconds_) * jitter));
	milliseconds_ = Min(milliseconds_ * 2, 500L);
}

} // namespace surefoot

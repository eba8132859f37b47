/* Pauses of a backend: on its latch, ended by interrupts, never longer than said. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* Sleeps for milliseconds unless something interrupts it (cancel, shutdown), which raises. */
void sleep_for(long milliseconds);

/* Pauses that grow from 20 to 500 ms, each with jitter, so that two who seek the same lock do not meet again. */
class Backoff {
public:
	void pause();

private:
	long milliseconds_ = 20;
};

} // namespace surefoot

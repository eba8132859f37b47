// Ctrl-C and its kin. While a statement runs, a signal cancels it on the server; at any other time it
// only raises the count, and whoever waits looks at the count.
#pragma once

#include <chrono>
#include <string>

struct pg_cancel;

namespace surefoot::client {

// SIGINT, SIGTERM and SIGHUP are counted from here on; SIGPIPE is ignored.
void install_signal_handlers();

// How often somebody asked to stop.
int interrupt_count();
void clear_interrupts();
// Throws with exit_interrupted when somebody asked to stop; the text says where we are.
void stop_if_interrupted(const std::string &where);

// Sleeps, but not longer than until the next signal. True when one came.
bool interruptible_sleep(std::chrono::milliseconds duration);

// While it lives, a signal sends a cancel request for the statement under way.
class CancelScope {
public:
	explicit CancelScope(pg_cancel *cancel);
	~CancelScope();
	CancelScope(const CancelScope &) = delete;
	CancelScope &operator=(const CancelScope &) = delete;
};

} // namespace surefoot::client

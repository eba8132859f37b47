// Ctrl-C and its kin. While a statement runs, a signal cancels it on the server; at any other time it
// only raises the count, and whoever waits looks at the count.
#pragma once

#include <chrono>
#include <string>

struct pg_cancel;

namespace surefoot::client {

// SIGINT, SIGTERM and SIGHUP are counted from here on.
void install_signal_handlers();

// A reader that went away and a file that may not grow are errors of the write, not ends of the program.
void survive_failed_writes();

// How often somebody asked to stop.
int interrupt_count();
void clear_interrupts();
// Somebody has acted upon the signals that came: statements that follow are not cancelled for them.
void interrupt_answered();
// Throws with exit_interrupted when somebody asked to stop; the text says where we are.
void stop_if_interrupted(const std::string &where);

// Sleeps, but not longer than until the next signal. True when one came, also before: the statement that
// it was to cancel may have ended by itself, and nobody else has looked since.
bool interruptible_sleep(std::chrono::milliseconds duration);

// While it lives, a signal sends a cancel request for the statement under way, again every second until it ends.
class CancelScope {
public:
	explicit CancelScope(pg_cancel *cancel);
	~CancelScope();
	CancelScope(const CancelScope &) = delete;
	CancelScope &operator=(const CancelScope &) = delete;
};

} // namespace surefoot::client

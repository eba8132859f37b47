#include "interrupt.hpp"

#include <libpq-fe.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <ctime>

#include "failure.hpp"

namespace surefoot::client {

namespace {

volatile sig_atomic_t signals_seen = 0;
volatile sig_atomic_t unanswered = 0; // a signal that nobody has acted upon yet
std::atomic<PGcancel *> active_cancel{nullptr};

// Whoever presses for the third time, while a server does not even answer a cancel, wants out.
constexpr int patience = 3;

// A cancel request is lost when it arrives before its statement does, or just as the server's lock_timeout fires. So it is
// repeated until the statement ends.
constexpr unsigned again_after = 1; // seconds

void cancel_again(int)
{
	int saved = errno;
	if (PGcancel *cancel = unanswered ? active_cancel.load() : nullptr) {
		char ignored[256];
		PQcancel(cancel, ignored, sizeof ignored);
		alarm(again_after);
	}
	errno = saved;
}

void on_signal(int number)
{
	int saved = errno;
	signals_seen = signals_seen + 1;
	unanswered = 1;
	if (PGcancel *cancel = active_cancel.load()) {
		char ignored[256];
		if (signals_seen >= patience) {
			signal(number, SIG_DFL);
			raise(number);
		} else {
			PQcancel(cancel, ignored, sizeof ignored);
			alarm(again_after);
		}
	}
	errno = saved;
}

} // namespace

void install_signal_handlers()
{
	struct sigaction again {};
	again.sa_handler = cancel_again;
	sigemptyset(&again.sa_mask);
	again.sa_flags = SA_RESTART;
	sigaction(SIGALRM, &again, nullptr);
	struct sigaction action {};
	action.sa_handler = on_signal;
	sigemptyset(&action.sa_mask);
	action.sa_flags = SA_RESTART;
	for (int number : {SIGINT, SIGTERM, SIGHUP}) {
		// nohup means it: what was ignored stays ignored.
		struct sigaction before {};
		sigaction(number, nullptr, &before);
		if (before.sa_handler != SIG_IGN)
			sigaction(number, &action, nullptr);
	}
}

void survive_failed_writes()
{
	// A handler, not SIG_IGN: programs that we start get back what is usual.
	struct sigaction action {};
	action.sa_handler = [](int) {};
	sigemptyset(&action.sa_mask);
	action.sa_flags = SA_RESTART;
	sigaction(SIGPIPE, &action, nullptr);
	sigaction(SIGXFSZ, &action, nullptr);
}

int interrupt_count()
{
	return signals_seen;
}

void clear_interrupts()
{
	signals_seen = 0;
	unanswered = 0;
}

void interrupt_answered()
{
	unanswered = 0;
}

void stop_if_interrupted(const std::string &where)
{
	if (signals_seen == 0)
		return;
	unanswered = 0;
	throw make_failure(exit_interrupted, "INTERRUPTED", "interrupted " + where);
}

bool interruptible_sleep(std::chrono::milliseconds duration)
{
	auto until = std::chrono::steady_clock::now() + duration;
	// In slices: a signal that arrives just before nanosleep is noticed with the next one.
	constexpr std::chrono::milliseconds slice{50};
	while (signals_seen == 0) {
		auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
			until - std::chrono::steady_clock::now());
		if (left.count() <= 0)
			return false;
		auto part = std::min(left, slice);
		timespec pause{0, static_cast<long>(part.count()) * 1'000'000L};
		nanosleep(&pause, nullptr);
	}
	unanswered = 0;
	return true;
}

CancelScope::CancelScope(pg_cancel *cancel)
{
	active_cancel.store(cancel);
	if (unanswered)
		alarm(again_after);
}

CancelScope::~CancelScope()
{
	active_cancel.store(nullptr);
	alarm(0);
}

} // namespace surefoot::client

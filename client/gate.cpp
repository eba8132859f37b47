#include "gate.hpp"

#include <fmt/format.h>

#include <random>

#include "interrupt.hpp"
#include "run.hpp"

namespace surefoot::client {

namespace {

constexpr std::chrono::milliseconds longest_pause{1000};

} // namespace

Gate::Gate(Run &run)
	: run_(run),
	  until_(std::chrono::steady_clock::now() +
			 std::chrono::milliseconds(static_cast<std::int64_t>(run.options.wait_timeout * 1000)))
{}

int Gate::pass(const std::function<int()> &work)
{
	while (true) {
		try {
			return work();
		} catch (Failure &failure) {
			if (failure.sqlstate != "SF004")
				throw;
			wait(failure);
		}
	}
}

void Gate::wait(Failure &refusal)
{
	if (std::chrono::steady_clock::now() >= until_) {
		refusal.hint = fmt::format("Waited {:.0f} s (--wait-timeout). {}",
								   run_.options.wait_timeout, refusal.hint);
		refusal.next_command = run_.next("jobs", "");
		throw refusal;
	}
	if (!told_)
		run_.log.info(fmt::format("waiting: {}{}{}", refusal.message,
								  refusal.detail.empty() ? "" : "; ", refusal.detail));
	told_ = true;
	run_.log.progress("waiting for the other runner ...");
	// Jitter, so that many who wait do not knock in step.
	static std::mt19937 random{std::random_device{}()};
	std::uniform_real_distribution<double> jitter(0.5, 1.5);
	auto pause = std::chrono::milliseconds(
		static_cast<std::int64_t>(static_cast<double>(pause_.count()) * jitter(random)));
	if (interruptible_sleep(pause))
		throw make_failure(exit_interrupted, "INTERRUPTED",
						   "interrupted while waiting for another runner");
	pause_ = std::min(pause_ * 3 / 2, longest_pause);
}

} // namespace surefoot::client

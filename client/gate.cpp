#include "gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "interrupt.hpp"
#include "run.hpp"
#include "version.hpp"

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

// Waiting is no use when what has to end first failed, or has lost its worker.
bool Gate::nobody_works(const Failure &refusal)
{
	if (!refusal.detail.empty()) {
		owner_.start_again();
		return false;
	}
	std::vector<JobRow> jobs = run_.server->jobs("");
	if (jobs.empty() ||
		std::any_of(jobs.begin(), jobs.end(), [](const JobRow &job) { return job.alive; }))
		return owner_.lost(true);
	std::vector<StatusRow> rows = run_.server->status(jobs.front().version);
	bool ended = !rows.empty() && !under_way(rows.front().state);
	return ended || owner_.lost(false);
}

void Gate::wait(Failure &refusal)
{
	if (nobody_works(refusal)) {
		refusal.next_command = run_.next("status", "");
		throw refusal;
	}
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

Failure another_runner(const std::string &message)
{
	Failure failure = make_failure(exit_locks, "ANOTHER_RUNNER", message);
	failure.sqlstate = "SF004";
	return failure;
}

void wait_for_other_jobs(Run &run, const std::string &version)
{
	for (const JobRow &job : run.server->jobs(""))
		if (job.alive && compare_versions(job.version, version) != 0)
			throw another_runner(fmt::format("migration {} has steps to finish", job.version));
}

} // namespace surefoot::client

// One runner at a time: whoever comes second waits, holding nothing, and looks again.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "failure.hpp"
#include "owner_watch.hpp"

namespace surefoot::client {

struct Run;

class Gate {
public:
	explicit Gate(Run &run);

	// Calls the work until it is not refused because of another runner, or the time is over.
	int pass(const std::function<int()> &work);

private:
	void wait(Failure &refusal);
	bool nobody_works(const Failure &refusal);

	Run &run_;
	std::chrono::steady_clock::time_point until_;
	std::chrono::milliseconds pause_{100};
	bool told_ = false;
	OwnerWatch owner_;
};

// Throws what makes the gate wait when a worker is at the steps of another migration.
void wait_for_other_jobs(Run &run, const std::string &version);

// The same refusal, for whoever sees by himself that another runner is at work.
Failure another_runner(const std::string &message);

} // namespace surefoot::client

// One runner at a time: whoever comes second waits, holding nothing, and looks again.
#pragma once

#include <chrono>
#include <functional>

namespace surefoot::client {

struct Run;
struct Failure;

class Gate {
public:
	explicit Gate(Run &run);

	// Calls the work until it is not refused because of another runner, or the time is over.
	int pass(const std::function<int()> &work);

private:
	void wait(Failure &refusal);

	Run &run_;
	std::chrono::steady_clock::time_point until_;
	std::chrono::milliseconds pause_{100};
	bool told_ = false;
};

} // namespace surefoot::client

// Notices that nobody works on a run: a worker that was ordered needs a moment to start, one that was
// seen and is gone has ended.
#pragma once

#include <chrono>

namespace surefoot::client {

class OwnerWatch {
public:
	explicit OwnerWatch(std::chrono::seconds to_start = std::chrono::seconds(10))
		: to_start_(to_start)
	{}

	// True when nobody has owned the run for too long.
	bool lost(bool owned)
	{
		auto now = std::chrono::steady_clock::now();
		if (owned) {
			seen_ = true;
			owned_ = now;
		}
		return now - owned_ >= (seen_ ? between_looks : to_start_);
	}

	void start_again() { owned_ = std::chrono::steady_clock::now(); }

private:
	// The lock is gone a moment before the state that the worker has left can be read.
	static constexpr std::chrono::seconds between_looks{2};

	std::chrono::seconds to_start_;
	std::chrono::steady_clock::time_point owned_ = std::chrono::steady_clock::now();
	bool seen_ = false;
};

} // namespace surefoot::client

// One line about a step that runs.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "rows.hpp"

namespace surefoot::client {

struct Run;

std::string describe_job(const JobRow &job, const std::string &steps,
						 size_t width = std::string::npos);

// On a terminal a line that redraws itself; elsewhere a line when it says something new, and not
// more often than every few seconds.
class Progress {
public:
	explicit Progress(Run &run) : run_(run) {}
	void show(const std::vector<JobRow> &jobs, const std::string &steps);

private:
	Run &run_;
	std::string last_;
	std::chrono::steady_clock::time_point last_line_{};
};

} // namespace surefoot::client

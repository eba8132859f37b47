#include "progress.hpp"

#include <fmt/format.h>

#include "run.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace {

constexpr std::chrono::seconds between_lines{5};

const JobRow *active_job(const std::vector<JobRow> &jobs)
{
	for (const JobRow &job : jobs)
		if (job.alive)
			return &job;
	return jobs.empty() ? nullptr : &jobs.front();
}

} // namespace

std::string event_line(const EventRow &event)
{
	std::string place = fmt::format("{} {}", event.version, event.direction);
	if (event.step > 0)
		place += fmt::format(", step {}", event.step);
	if (event.line > 0)
		place += fmt::format(", line {}", event.line);
	bool bare = event.message == "statement" && !event.statement.empty();
	return place + ": " + (bare ? one_line(event.statement) : event.message);
}

std::string describe_job(const JobRow &job, const std::string &steps, size_t width)
{
	size_t slash = steps.find('/');
	std::string line = fmt::format("{} {}, step {}{}: ", job.version, job.direction, job.step,
								   slash == std::string::npos ? "" : steps.substr(slash));
	line += job.phase.empty() ? job.state : job.phase;
	if (job.percent)
		line += fmt::format(" {:.0f}%", *job.percent);
	std::string blocks, waiting;
	if (job.done && job.total && *job.total > 0)
		blocks = fmt::format(" ({} of {} blocks)", human_count(*job.done), human_count(*job.total));
	if (!job.waiting_for.empty())
		waiting = ", waiting for " + one_line(job.waiting_for);
	// Where room is short, who is in the way matters more than the count.
	bool fits = display_width(line) + blocks.size() + display_width(waiting) <= width;
	return line + (fits || waiting.empty() ? blocks : "") + waiting;
}

void Progress::show(const std::vector<JobRow> &jobs, const std::string &steps)
{
	const JobRow *job = active_job(jobs);
	if (!job)
		return;
	std::string line =
		describe_job(*job, steps,
					 run_.terminal.progress ? static_cast<size_t>(run_.terminal.columns_err)
											: std::string::npos);
	if (run_.terminal.progress) {
		run_.log.progress(line);
		return;
	}
	auto now = std::chrono::steady_clock::now();
	if (line == last_ || now - last_line_ < between_lines)
		return;
	// The first look is no news: most steps are over before the second.
	if (last_line_ != std::chrono::steady_clock::time_point{})
		run_.log.info(line);
	last_ = line;
	last_line_ = now;
}

} // namespace surefoot::client

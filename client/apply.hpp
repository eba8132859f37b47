// One run of surefoot apply: registers what is selected, and applies what is pending, in order.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "checks.hpp"
#include "run.hpp"
#include "selection.hpp"

namespace surefoot::client {

class Apply {
public:
	Apply(Run &run, std::vector<const MigrationFiles *> selected);

	// The exit code.
	int attempt();

private:
	// The exit code when it ends before all is applied.
	std::optional<int> apply_pending(const std::vector<const MigrationFiles *> &list);
	void register_all();
	std::vector<const MigrationFiles *> pending();
	Answer call(const std::string &version);
	// The exit code when the run ends here.
	std::optional<int> apply_one(const MigrationFiles &files);
	// Those from at on that need no look of ours between them, in one call; at becomes the first that is not done.
	std::optional<int> apply_in_turn(const std::vector<const MigrationFiles *> &list, size_t &at);
	bool is_untouched(const MigrationFiles &files) const;
	std::optional<int> conclude_one(const MigrationFiles &files, const Answer &answer, std::int64_t seen,
									std::chrono::steady_clock::time_point start);
	void finish_one(const MigrationFiles &files, const Answer &answer, double seconds);
	void refuse_half_done(const MigrationFiles &files);
	void check(const MigrationFiles &files);
	bool found_under_way(const std::string &version) const;
	void say_nothing_to_do();

	Run &run_;
	std::vector<const MigrationFiles *> selected_;
	std::vector<Script> scripts_;
	StatusMap status_;
	Checklist checklist_;
	std::vector<std::string> applied_;
	std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

} // namespace surefoot::client

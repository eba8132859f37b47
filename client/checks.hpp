// The checklist before a change and the validation after it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "failure.hpp"
#include "rows.hpp"

namespace surefoot::client {

struct Run;

// A user's own check as a row: passes when the command exits with 0.
Finding run_check_command(Run &run, const std::string &command);

// migrate_checklist, with the way back as a command of this client's.
std::vector<Finding> server_checklist(Run &run, const std::string &version,
									  const std::string &direction);

// As a table on standard output; warnings and failures also go to the log file.
void show_findings(Run &run, const std::vector<Finding> &findings);

// An --override that names no row of the checklists of this run is a slip.
void warn_of_unused_overrides(Run &run);

// Throws with exit_checklist when a row fails that --override does not name.
void stop_on_failure(Run &run, const std::vector<Finding> &findings, const std::string &version);

// Collects, shows what was not shown before in this run, and stops on a failure. Asked again about the
// same migration within a minute (another runner was waited for), it does nothing.
// More than that in one go, and only the first gets a checklist: they are history, not a change.
inline constexpr size_t most_checklists = 20;

class Checklist {
public:
	// before_refusal: called when a row fails, before anything is shown. add: rows besides those of the server.
	void check(Run &run, const std::string &version, const std::string &direction,
			   const std::function<void()> &before_refusal = {},
			   const std::function<void(std::vector<Finding> &)> &add = {});

private:
	std::vector<Finding> shown_;
	std::string checked_;
	std::chrono::steady_clock::time_point checked_at_;
};

struct Validation {
	int failures = 0;
	std::optional<ScriptPosition> place; // where the verify script fails
	bool half_done = false;				 // the migration has failed before
	bool unproved = false;				 // this role could not run the verify script
};

// migrate_validate: shows the rows.
Validation validate_migration(Run &run, const std::string &version, bool show_passes);

// The same of one that was applied just now; throws when it is not valid.
void validate_applied(Run &run, const std::string &version, bool show_passes);

} // namespace surefoot::client

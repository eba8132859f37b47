// Files of applied migrations that are no longer what was applied.
#pragma once

#include <string>
#include <vector>

#include "selection.hpp"

namespace surefoot::client {

struct Run;

struct ChangedFile {
	std::string version;
	bool certain; // else only the text is known to differ, and it may be blanks and comments
};

std::vector<ChangedFile> changed_files(Run &run, const StatusMap &status);

// Status and changed files together, in one question where the scripts are not too large for that.
std::vector<StatusRow> status_and_changes(Run &run, const std::string &version,
										  std::vector<ChangedFile> &changed);

// A warning for each; a few, when there are many.
void warn_of_changed_files(Run &run, const StatusMap &status);

} // namespace surefoot::client

// Which migrations a command is about.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "history_files.hpp"
#include "rows.hpp"
#include "version.hpp"

namespace surefoot::client {

struct Run;

using StatusMap = std::map<std::string, StatusRow, VersionLess>;

StatusMap status_map(const std::vector<StatusRow> &rows);
bool is_applied(const StatusMap &status, const std::string &version);

// From VERSION, --to or --all (and nothing means all): files in order of version.
std::vector<const MigrationFiles *> select_up(Run &run);

// Whether it can be walked back, or is half done.
bool has_way_to_go(const StatusRow &row);

// A way back is never taken for want of a word.
void refuse_no_selection(const Run &run);

// Applied ones, the latest applied first; with --to those of a higher number. A single VERSION is taken as it is.
std::vector<std::string> select_down(Run &run, const StatusMap &status);

// As its file spells a version, else as the database knows it, if there is a connection; else as it was given.
std::string spelled_version(Run &run, const std::string &argument);

// Makes that of VERSION and --to.
void spell_versions(Run &run);

// For commands about VERSION, whose log file names it: opens the log and connects. The version.
std::string open_log_of_target(Run &run);

// For names of log files: "0019", "to_0021", "all".
std::string target_label(const Run &run);

} // namespace surefoot::client

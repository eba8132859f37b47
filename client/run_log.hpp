// The log of one run: timestamped UTC lines, the same ones on standard error and in a file of the
// run's own that only its owner can read.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "settings.hpp"
#include "terminal.hpp"

namespace surefoot::client {

enum class LogLevel {
	debug, // on standard error only with -v
	info,
	warning,
	error
};

// --log-dir, then SUREFOOT_LOG_DIR, then $XDG_STATE_HOME/surefoot, then ~/.local/state/surefoot.
std::filesystem::path log_folder(const std::string &flag, const Environment &env);

// surefoot_20261122T101112Z_apply_0019.log
std::string log_file_name(std::string_view stamp, std::string_view command,
						  std::string_view target);

class RunLog {
public:
	RunLog() = default;
	~RunLog();
	RunLog(const RunLog &) = delete;
	RunLog &operator=(const RunLog &) = delete;

	void configure(const Terminal &terminal, bool quiet, int verbosity);

	// Makes the folder and a new file with its first line; throws when that cannot be done.
	void open(const std::filesystem::path &folder, std::string_view command,
			  std::string_view target, std::string_view first_line);

	// Secrets are covered here, whatever the caller passes.
	void write(LogLevel level, std::string_view text);
	void info(std::string_view text) { write(LogLevel::info, text); }
	void warning(std::string_view text) { write(LogLevel::warning, text); }
	void debug(std::string_view text) { write(LogLevel::debug, text); }
	// A failure's text, in which they are covered: its parts do not make one text to be read for them.
	void error(std::string_view text) { write_covered(LogLevel::error, text); }

	// A line that the next line on standard error replaces.
	void progress(std::string_view text);
	void clear_progress();

	bool is_open() const { return fd_ >= 0; }
	const std::filesystem::path &path() const { return path_; }

private:
	void write_covered(LogLevel level, std::string_view text);
	void write_file(std::string_view line);
	void write_terminal(LogLevel level, std::string_view stamp, std::string_view body);

	Terminal terminal_;
	bool quiet_ = false;
	int verbosity_ = 0;
	bool progress_shown_ = false;
	int fd_ = -1;
	bool file_failed_ = false;
	std::filesystem::path path_;
};

} // namespace surefoot::client

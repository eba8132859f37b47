#include "run_log.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "core/secret_text.hpp"
#include "failure.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace fs = std::filesystem;

namespace {

constexpr int most_collisions = 1000;
constexpr size_t longest_shown = 4000; // on standard error

Failure log_failure(const std::string &what, const fs::path &path, const std::string &why)
{
	return make_failure(exit_usage, "LOG_FILE",
						fmt::format("could not {} \"{}\": {}", what, path.string(), why),
						"Nothing was run. Choose a folder with --log-dir or SUREFOOT_LOG_DIR, or "
						"leave the file out with "
						"--no-log-file.");
}

const char *level_name(LogLevel level)
{
	switch (level) {
		case LogLevel::debug:
			return "DEBUG";
		case LogLevel::info:
			return "INFO ";
		case LogLevel::warning:
			return "WARN ";
		case LogLevel::error:
			return "ERROR";
	}
	return "";
}

bool write_all(int fd, std::string_view text)
{
	while (!text.empty()) {
		ssize_t written = ::write(fd, text.data(), text.size());
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		text.remove_prefix(static_cast<size_t>(written));
	}
	return true;
}

} // namespace

fs::path log_folder(const std::string &flag, const Environment &env)
{
	if (!flag.empty())
		return flag;
	if (std::string folder = env_value(env, "SUREFOOT_LOG_DIR"); !folder.empty())
		return folder;
	if (std::string state = env_value(env, "XDG_STATE_HOME"); !state.empty())
		return fs::path(state) / "surefoot";
	if (std::string home = env_value(env, "HOME"); !home.empty())
		return fs::path(home) / ".local" / "state" / "surefoot";
	return "surefoot_log";
}

std::string log_file_name(std::string_view stamp, std::string_view command, std::string_view target)
{
	return target.empty() ? fmt::format("surefoot_{}_{}.log", stamp, command)
						  : fmt::format("surefoot_{}_{}_{}.log", stamp, command, target);
}

RunLog::~RunLog()
{
	clear_progress();
	if (fd_ >= 0)
		::close(fd_);
}

void RunLog::configure(const Terminal &terminal, bool quiet, int verbosity)
{
	terminal_ = terminal;
	quiet_ = quiet;
	verbosity_ = verbosity;
}

void RunLog::open(const fs::path &folder, std::string_view command, std::string_view target,
				  std::string_view first_line)
{
	std::error_code error;
	bool fresh = fs::create_directories(folder, error);
	if (error)
		throw log_failure("make the log folder", folder, error.message());
	if (fresh)
		fs::permissions(folder, fs::perms::owner_all, error);

	std::string name =
		log_file_name(utc_compact(std::chrono::system_clock::now()), command, target);
	std::string stem = name.substr(0, name.size() - 4);
	for (int attempt = 1; attempt <= most_collisions; ++attempt) {
		path_ = folder / (attempt == 1 ? name : fmt::format("{}_{}.log", stem, attempt));
		fd_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
		if (fd_ >= 0 || errno != EEXIST)
			break;
	}
	if (fd_ < 0)
		throw log_failure("create the log file", path_, std::strerror(errno));
	// A full disk lets a file be made, but not written: the first line is the proof.
	std::string stamp = utc_stamp(std::chrono::system_clock::now());
	std::string body = indent_continuation(core::mask_secret_text(first_line));
	if (!write_all(fd_, fmt::format("{} {} {}\n", stamp, level_name(LogLevel::info), body))) {
		std::string why = std::strerror(errno);
		::close(fd_);
		fd_ = -1;
		::unlink(path_.c_str());
		throw log_failure("write the log file", path_, why);
	}
	write_terminal(LogLevel::info, stamp, body);
}

void RunLog::write_file(std::string_view line)
{
	if (fd_ < 0 || file_failed_ || write_all(fd_, line))
		return;
	file_failed_ = true;
	put_error(fmt::format(
		"{} WARN  the log file \"{}\" cannot be written any more: {}; the run goes on\n",
		utc_stamp(std::chrono::system_clock::now()), path_.string(), std::strerror(errno)));
}

void RunLog::write(LogLevel level, std::string_view text)
{
	write_covered(level, core::mask_secret_text(text));
}

void RunLog::write_covered(LogLevel level, std::string_view text)
{
	std::string stamp = utc_stamp(std::chrono::system_clock::now());
	std::string body = indent_continuation(trim(text));
	write_file(fmt::format("{} {} {}\n", stamp, level_name(level), body));
	write_terminal(level, stamp, body);
}

void RunLog::write_terminal(LogLevel level, std::string_view stamp, std::string_view body)
{
	bool shown = level == LogLevel::debug ? verbosity_ > 0 : !quiet_ || level >= LogLevel::warning;
	if (!shown)
		return;
	clear_progress();
	Color color = level == LogLevel::error	   ? Color::red
				  : level == LogLevel::warning ? Color::yellow
											   : Color::plain;
	// A statement of megabytes is for the file.
	std::string shown_body =
		body.size() > longest_shown ? cut_to_width(body, longest_shown) : std::string(body);
	put_error(fmt::format("{} {} {}\n", paint(terminal_.color_err, Color::dim, stamp),
						  paint(terminal_.color_err, color, level_name(level)), shown_body));
}

void RunLog::progress(std::string_view text)
{
	if (!terminal_.progress || quiet_)
		return;
	auto width = static_cast<size_t>(terminal_.columns_err > 1 ? terminal_.columns_err - 1 : 79);
	put_error(fmt::format("\r\033[K{}", cut_to_width(core::mask_secret_text(text), width)));
	progress_shown_ = true;
}

void RunLog::clear_progress()
{
	if (progress_shown_)
		put_error("\r\033[K");
	progress_shown_ = false;
}

} // namespace surefoot::client

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "commands.hpp"
#include "new_version.hpp"
#include "run.hpp"
#include "sandbox_history.hpp"
#include "text.hpp"
#include "up_template.hpp"
#include "version.hpp"

namespace surefoot::client {

namespace {

void write_new_file(const std::filesystem::path &path, const std::string &text)
{
	int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	bool good =
		fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
	int error = errno;
	if (fd >= 0)
		::close(fd);
	if (!good)
		throw file_failure(
			fmt::format("could not create \"{}\": {}", path.string(), std::strerror(error)));
}

// What is derived from no change, under its comments.
bool does_nothing(const std::string &sql)
{
	const std::vector<std::string> lines = split_lines(sql);
	return std::all_of(lines.begin(), lines.end(),
					   [](const std::string &line) { return line.empty() || line.starts_with("--") || line == "SELECT;"; });
}

// What was derived is a start: whoever wants another way back goes on from there.
int write_down_file(Run &run)
{
	const MigrationFiles &files = run.history().require(run.options.target);
	run.connect();
	prepare_sandbox(run, files.version, true);
	const std::string sql = run.server->inverse(files.version);
	if (does_nothing(sql))
		throw file_failure(fmt::format("{} has changed nothing in the schema: there is no way back to begin with", files.stem()),
						   fmt::format("What it did besides, a script of your own must undo: {}",
									   (run.files->folder() / (files.stem() + ".down.sql")).string()));
	const std::filesystem::path path = run.files->folder() / (files.stem() + ".down.sql");
	write_new_file(path, sql);
	run.say(path.string());
	run.report["version"] = files.version;
	run.report["files"] = Json::array({path.string()});
	return exit_ok;
}

} // namespace

std::string file_name_of(std::string_view title)
{
	std::string name;
	for (char c : trim(title)) {
		auto byte = static_cast<unsigned char>(c);
		if (std::isalnum(byte) || byte >= 0x80)
			name += static_cast<char>(std::tolower(byte));
		else if (!name.empty() && name.back() != '_')
			name += '_';
	}
	while (name.ends_with('_'))
		name.pop_back();
	return name;
}

std::string next_version(const std::string &last, bool timestamp, std::string_view now)
{
	constexpr size_t stamp_digits = 14;
	constexpr size_t usual_digits = 4;
	// A history of timestamps goes on with timestamps.
	if (timestamp || version_key(last).size() == stamp_digits) {
		std::string stamp;
		for (char c : now)
			if (std::isdigit(static_cast<unsigned char>(c)))
				stamp += c;
		if (last.empty() || compare_versions(last, stamp) < 0)
			return stamp;
	}
	// Addition on digits: versions may be longer than any integer.
	std::string digits = last.empty() ? "0" : last;
	size_t at = digits.size();
	while (at > 0 && digits[at - 1] == '9')
		digits[--at] = '0';
	if (at > 0)
		++digits[at - 1];
	else
		digits = std::string("1").append(digits);
	if (digits.size() < usual_digits)
		digits = std::string(usual_digits - digits.size(), '0').append(digits);
	return digits;
}

int command_new(Run &run)
{
	if (run.options.down)
		return write_down_file(run);
	std::string name = file_name_of(run.options.target);
	if (name.empty())
		throw usage_failure(fmt::format("\"{}\" is no name for a file", run.options.target),
							"Use letters and digits: surefoot new add_status");
	std::error_code error;
	std::filesystem::create_directories(run.options.dir, error);
	if (error)
		throw file_failure(
			fmt::format("could not make the folder \"{}\": {}", run.options.dir, error.message()));
	const auto &migrations = run.history().migrations();
	std::string version =
		next_version(migrations.empty() ? "" : migrations.back().version, run.options.timestamp,
					 utc_compact(std::chrono::system_clock::now()));
	std::string stem = version + "_" + name;
	run.report["version"] = version;
	run.report["files"] = Json::array();
	const std::filesystem::path path = run.files->folder() / (stem + ".up.sql");
	write_new_file(path, up_template(stem, version));
	run.say(path.string());
	run.report["files"].push_back(path.string());
	return exit_ok;
}

} // namespace surefoot::client

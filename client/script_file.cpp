#include "script_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "failure.hpp"
#include "text.hpp"
#include "up_template.hpp"

namespace surefoot::client {

namespace {

Failure cannot_read(const std::filesystem::path &path)
{
	return file_failure(
		fmt::format("could not read \"{}\": {}", path.string(), std::strerror(errno)));
}

} // namespace

std::string clean_script(std::string text, const std::string &path)
{
	constexpr std::string_view mark = "\xEF\xBB\xBF";
	size_t dropped = 0;
	if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
		throw file_failure(fmt::format("\"{}\" is UTF-16, not UTF-8", path),
						   "Save the file as UTF-8, for example: iconv -f UTF-16 -t UTF-8");
	if (text.starts_with(mark)) {
		text.erase(0, mark.size());
		dropped = mark.size();
	}
	if (auto bad = find_invalid_utf8(text)) {
		auto line =
			1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(*bad), '\n');
		auto byte = static_cast<unsigned char>(text[*bad]);
		throw file_failure(
			fmt::format("\"{}\" {} in line {} (byte offset {}, value 0x{:02X})", path,
						byte == 0 ? "has a NUL byte" : "is not UTF-8", line, *bad + dropped, byte),
			byte == 0 ? "" : "Save the file as UTF-8, for example: iconv -f LATIN1 -t UTF-8");
	}
	if (trim(text).empty())
		throw file_failure(
			fmt::format("\"{}\" is empty", path),
			path.ends_with(".down.sql")
				? "Fill it in, or delete the file: then the way back is derived."
				: "A script needs at least one statement; fill it in, or delete the file.");
	if (is_untouched_template(text))
		throw file_failure(fmt::format("\"{}\" is as surefoot new has made it: there is no statement in it", path),
						   "Write the change into it, or delete the file.");
	return text;
}

std::string read_script(const std::filesystem::path &path)
{
	int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		throw cannot_read(path);
	struct stat info {};
	std::string text;
	if (::fstat(fd, &info) == 0 && info.st_size > 0)
		text.reserve(static_cast<size_t>(info.st_size) + 1);
	char buffer[65536];
	ssize_t got;
	while ((got = ::read(fd, buffer, sizeof buffer)) > 0 || (got < 0 && errno == EINTR))
		if (got > 0)
			text.append(buffer, static_cast<size_t>(got));
	int error = errno;
	::close(fd);
	if (got < 0) {
		errno = error;
		throw cannot_read(path);
	}
	return clean_script(std::move(text), path.string());
}

} // namespace surefoot::client

#include "terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "failure.hpp"

namespace surefoot::client {

namespace {

int columns_of(int fd, int otherwise)
{
	winsize size{};
	if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return otherwise;
}

const char *sequence(Color color)
{
	switch (color) {
		case Color::bold:
			return "\033[1m";
		case Color::dim:
			return "\033[2m";
		case Color::red:
			return "\033[31m";
		case Color::green:
			return "\033[32m";
		case Color::yellow:
			return "\033[33m";
		case Color::cyan:
			return "\033[36m";
		case Color::plain:
			break;
	}
	return "";
}

} // namespace

Terminal Terminal::detect(std::string_view mode, const Environment &env)
{
	bool out = isatty(STDOUT_FILENO);
	bool err = isatty(STDERR_FILENO);
	bool dumb = env_value(env, "TERM") == "dumb";
	bool wanted =
		mode != "never" && (mode == "always" || (env_value(env, "NO_COLOR").empty() && !dumb));
	Terminal terminal;
	terminal.progress = err && !dumb;
	terminal.color_out = wanted && (out || mode == "always");
	terminal.color_err = wanted && (err || mode == "always");
	terminal.columns_out = out ? columns_of(STDOUT_FILENO, 80) : 0;
	terminal.columns_err = columns_of(STDERR_FILENO, 80);
	return terminal;
}

std::string paint(bool enabled, Color color, std::string_view text)
{
	if (!enabled || color == Color::plain || text.empty())
		return std::string(text);
	return fmt::format("{}{}\033[0m", sequence(color), text);
}

namespace {

// Why the first write failed: what comes after it says nothing of that any more.
int output_error = 0;

void note_output(bool written)
{
	if (!written && output_error == 0)
		output_error = errno ? errno : EIO;
}

} // namespace

void put(std::string_view text)
{
	note_output(std::fwrite(text.data(), 1, text.size(), stdout) == text.size());
}

void put_line(std::string_view text)
{
	put(text);
	put("\n");
}

void flush_output()
{
	note_output(std::fflush(stdout) == 0);
}

void put_error(std::string_view text)
{
	while (!text.empty()) {
		ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return;
		text.remove_prefix(static_cast<size_t>(written));
	}
}

bool finish_output()
{
	flush_output();
	if (output_error != 0 && output_error != EPIPE)
		throw file_failure(
			fmt::format("could not write to standard output: {}", std::strerror(output_error)));
	return output_error == 0;
}

} // namespace surefoot::client

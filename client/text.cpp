#include "text.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <ctime>

namespace surefoot::client {

std::string_view trim(std::string_view text)
{
	constexpr std::string_view blanks = " \t\r\n\f\v";
	size_t first = text.find_first_not_of(blanks);
	if (first == std::string_view::npos)
		return {};
	return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<std::string> split_lines(std::string_view text)
{
	std::vector<std::string> lines;
	while (!text.empty()) {
		size_t end = text.find('\n');
		std::string_view line = text.substr(0, end);
		if (line.ends_with('\r'))
			line.remove_suffix(1);
		lines.emplace_back(line);
		if (end == std::string_view::npos)
			break;
		text.remove_prefix(end + 1);
	}
	return lines;
}

std::string indent_continuation(std::string_view text, std::string_view prefix)
{
	std::string result;
	result.reserve(text.size());
	for (char c : text) {
		if (c == '\r')
			continue;
		result += c;
		if (c == '\n')
			result += prefix;
	}
	return result;
}

std::string one_line(std::string_view text, size_t limit)
{
	std::string result;
	bool blank = false;
	for (char c : trim(text)) {
		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			blank = true;
			continue;
		}
		if (blank)
			result += ' ';
		blank = false;
		result += c;
		// Enough bytes for the limit in any encoding: the rest would be cut off again.
		if (limit != std::string_view::npos && result.size() > limit * 4)
			break;
	}
	return limit == std::string_view::npos ? result : cut_to_width(result, limit);
}

size_t display_width(std::string_view text)
{
	size_t width = 0;
	for (unsigned char c : text)
		width += (c & 0xC0) != 0x80;
	return width;
}

std::string cut_to_width(std::string_view text, size_t width)
{
	if (display_width(text) <= width)
		return std::string(text);
	if (width <= 3)
		return std::string(width, '.');
	size_t seen = 0;
	size_t end = 0;
	while (end < text.size()) {
		if ((static_cast<unsigned char>(text[end]) & 0xC0) != 0x80 && seen++ == width - 3)
			break;
		++end;
	}
	return std::string(text.substr(0, end)) + "...";
}

namespace {

// Length of the well-formed sequence that starts here, or 0.
size_t utf8_sequence(const unsigned char *at, size_t left)
{
	auto tail = [&](size_t n, unsigned low = 0x80, unsigned high = 0xBF) -> size_t {
		if (left < n || at[1] < low || at[1] > high)
			return 0;
		for (size_t i = 2; i < n; ++i)
			if ((at[i] & 0xC0) != 0x80)
				return 0;
		return n;
	};
	unsigned lead = at[0];
	if (lead < 0x80)
		return lead != 0;
	if (lead >= 0xC2 && lead <= 0xDF)
		return tail(2);
	if (lead == 0xE0)
		return tail(3, 0xA0);
	if (lead == 0xED)
		return tail(3, 0x80, 0x9F);
	if (lead >= 0xE1 && lead <= 0xEF)
		return tail(3);
	if (lead == 0xF0)
		return tail(4, 0x90);
	if (lead >= 0xF1 && lead <= 0xF3)
		return tail(4);
	if (lead == 0xF4)
		return tail(4, 0x80, 0x8F);
	return 0;
}

} // namespace

std::optional<size_t> find_invalid_utf8(std::string_view text)
{
	const auto *bytes = reinterpret_cast<const unsigned char *>(text.data());
	for (size_t at = 0; at < text.size();) {
		size_t length = utf8_sequence(bytes + at, text.size() - at);
		if (length == 0)
			return at;
		at += length;
	}
	return std::nullopt;
}

std::string shell_quote(std::string_view word)
{
	constexpr std::string_view plain =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
	if (!word.empty() && word.find_first_not_of(plain) == std::string_view::npos)
		return std::string(word);
	std::string result = "'";
	for (char c : word)
		result += c == '\'' ? std::string("'\\''") : std::string(1, c);
	return result + "'";
}

std::string sql_literal(std::string_view text)
{
	std::string result = text.find('\\') == std::string_view::npos ? "'" : "E'";
	for (char c : text) {
		if (c == '\'' || c == '\\')
			result += c;
		result += c;
	}
	return result + "'";
}

std::string human_duration(double seconds)
{
	if (seconds < 0.9995)
		return fmt::format("{:.0f} ms", seconds * 1000);
	if (seconds < 60)
		return fmt::format("{:.1f} s", seconds);
	auto whole = static_cast<std::int64_t>(std::llround(seconds));
	if (whole < 3600)
		return fmt::format("{} min {} s", whole / 60, whole % 60);
	return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string human_bytes(std::int64_t bytes)
{
	constexpr std::array units{"bytes", "kB", "MB", "GB", "TB", "PB"};
	double value = static_cast<double>(bytes);
	size_t unit = 0;
	while (std::abs(value) >= 1024 && unit + 1 < units.size()) {
		value /= 1024;
		++unit;
	}
	return unit == 0 || value >= 100 ? fmt::format("{:.0f} {}", value, units[unit])
									 : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string human_count(std::int64_t count)
{
	const std::string digits = std::to_string(count);
	std::string grouped;
	for (size_t i = 0; i < digits.size(); ++i) {
		bool first = i == 0 || digits[i - 1] == '-';
		if (!first && (digits.size() - i) % 3 == 0)
			grouped += ',';
		grouped += digits[i];
	}
	return grouped;
}

namespace {

std::tm utc_parts(std::chrono::system_clock::time_point when)
{
	std::time_t seconds =
		std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(when));
	std::tm parts{};
	gmtime_r(&seconds, &parts);
	return parts;
}

} // namespace

std::string utc_stamp(std::chrono::system_clock::time_point when)
{
	std::tm t = utc_parts(when);
	auto millis =
		std::chrono::floor<std::chrono::milliseconds>(when.time_since_epoch()).count() % 1000;
	return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", t.tm_year + 1900, t.tm_mon + 1,
					   t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, millis);
}

std::string utc_compact(std::chrono::system_clock::time_point when)
{
	std::tm t = utc_parts(when);
	return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", t.tm_year + 1900, t.tm_mon + 1,
					   t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

} // namespace surefoot::client

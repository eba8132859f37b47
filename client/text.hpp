// Small helpers over text: no knowledge of migrations or servers in here.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace surefoot::client {

std::string_view trim(std::string_view text);
std::vector<std::string> split_lines(std::string_view text);

// Every line break followed by the prefix, as PostgreSQL's own log continues a record.
std::string indent_continuation(std::string_view text, std::string_view prefix = "\t");

// One line, blanks collapsed, cut at the given number of characters.
std::string one_line(std::string_view text, size_t limit = std::string_view::npos);

// Characters, not bytes. Every code point counts as one column.
size_t display_width(std::string_view text);
std::string cut_to_width(std::string_view text, size_t width);

// The byte offset of the first byte that is no UTF-8 (or is NUL).
std::optional<size_t> find_invalid_utf8(std::string_view text);

// A word that a POSIX shell reads back as it was.
std::string shell_quote(std::string_view word);
std::string sql_literal(std::string_view text);

// "12 ms", "3.4 s", "5 min 20 s"
std::string human_duration(double seconds);
// "1.2 GB"
std::string human_bytes(std::int64_t bytes);
std::string human_count(std::int64_t count);

// 2026-01-02T03:04:05.678Z and 20260102T030405Z
std::string utc_stamp(std::chrono::system_clock::time_point when);
std::string utc_compact(std::chrono::system_clock::time_point when);

} // namespace surefoot::client

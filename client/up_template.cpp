#include "up_template.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "text.hpp"

namespace surefoot::client {

namespace {

constexpr std::string_view first_words = "-- Write plain SQL. All of it runs in one transaction;";

} // namespace

std::string up_template(const std::string &stem, const std::string &version)
{
	return fmt::format(R"(-- {stem}
--
{first_words} indexes on larger tables are built concurrently,
-- in a step of their own, whether you write CONCURRENTLY or not. No BEGIN, COMMIT or \commands.
-- See what would run:  surefoot plan {version}
-- The way back is derived from what it changes; write one of your own as {stem}.down.sql, or
-- get what was derived as a start:  surefoot new --down {version}

)",
					   fmt::arg("stem", stem), fmt::arg("version", version), fmt::arg("first_words", first_words));
}

bool is_untouched_template(std::string_view script)
{
	if (script.find(first_words) == script.npos)
		return false;
	const std::vector<std::string> lines = split_lines(script);
	return std::all_of(lines.begin(), lines.end(), [](const std::string &line) {
		const std::string_view text = trim(line);
		return text.empty() || text.starts_with("--");
	});
}

} // namespace surefoot::client

/* Scripts of nothing but comments: they are accepted, but somebody should have meant it. */
#include "server/checklist/checklist.hpp"

namespace surefoot {

namespace {

bool is_empty(const std::optional<std::string> &text)
{
	return text && Script(*text).statements().empty();
}

} // namespace

void check_empty_scripts(Findings &rows, const Outlook &outlook)
{
	const history::Migration &m = outlook.migration;
	const bool up = outlook.direction == "up";
	const auto add = [&](const char *message, const char *hint) {
		rows.push_back({"warn", "no_statement", m.version, message, "There are comments in it and nothing else.", hint});
	};
	if (up && is_empty(m.up))
		add("the up script has no statement: nothing will be changed", "");
	if (!m.derived && is_empty(m.down))
		add("the down script has no statement: the way back changes nothing", "Without a down script it is derived.");
	if (up && is_empty(m.verify))
		add("the verify script has no statement: it proves nothing", "");
}

} // namespace surefoot

#include "excerpt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "core/secret_text.hpp"
#include "terminal.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace {

constexpr int lines_around = 2;
constexpr size_t longest_line = 100; // characters shown of a line
constexpr size_t tab_width = 4;

struct Window {
	std::string text;
	size_t caret = 0; // characters before the caret
};

// Blanks for tabs, so that the caret stands where the terminal shows the character; a part of the
// line when it is too long, with the caret inside.
Window show_line(std::string_view line, int column)
{
	Window shown;
	size_t characters = 0;
	size_t wanted = column > 0 ? static_cast<size_t>(column) - 1 : 0;
	size_t width = 0;
	for (char c : line) {
		bool starts = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
		if (starts && characters++ == wanted)
			shown.caret = width;
		if (c == '\t') {
			shown.text.append(tab_width, ' ');
			width += tab_width;
			continue;
		}
		shown.text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
		width += starts;
	}
	if (wanted >= characters)
		shown.caret = width;
	if (width <= longest_line)
		return shown;

	size_t skip = shown.caret > longest_line / 2 ? shown.caret - longest_line / 2 : 0;
	size_t at = 0, seen = 0;
	while (at < shown.text.size() &&
		   ((static_cast<unsigned char>(shown.text[at]) & 0xC0) == 0x80 || seen < skip)) {
		seen += (static_cast<unsigned char>(shown.text[at]) & 0xC0) != 0x80;
		++at;
	}
	std::string rest = shown.text.substr(at);
	shown.text = (skip ? "..." : "") + cut_to_width(rest, longest_line);
	shown.caret = shown.caret - skip + (skip ? 3 : 0);
	return shown;
}

struct Line {
	size_t begin, end;
};

struct Covered {
	std::string text;
	int column = 0;
};

// A line with its part of the secrets covered, and where the column is then.
Covered cover_line(std::string_view script, const Line &line,
				   const std::vector<core::SecretSpan> &secrets, int column)
{
	size_t caret = line.begin;
	for (int seen = 1; caret < line.end; ++caret)
		if ((static_cast<unsigned char>(script[caret]) & 0xC0) != 0x80 && seen++ >= column)
			break;
	Covered covered;
	size_t before_caret = 0;
	auto append = [&](size_t begin, size_t end, std::string_view shown) {
		if (caret >= begin)
			before_caret = covered.text.size() + (shown.empty() ? std::min(caret, end) - begin : 0);
		covered.text += shown.empty() ? script.substr(begin, end - begin) : shown;
	};
	size_t at = line.begin;
	auto span = std::partition_point(secrets.begin(), secrets.end(),
									 [&](const core::SecretSpan &one) { return one.end <= line.begin; });
	for (; span != secrets.end() && span->start < line.end; ++span) {
		size_t start = std::max(span->start, line.begin);
		append(at, start, "");
		at = std::min(span->end, line.end);
		if (start < at)
			append(start, at, core::secret_cover);
	}
	append(at, line.end, "");
	if (column > 0)
		covered.column = static_cast<int>(display_width(covered.text.substr(0, before_caret))) + 1;
	return covered;
}

} // namespace

std::string render_excerpt(std::string_view script, int line, int column, bool color)
{
	if (line < 1)
		return "";
	std::vector<Line> lines; // from the first that is shown
	int number = 1;
	const int first = std::max(1, line - lines_around);
	const int last = line + lines_around;
	for (size_t at = 0; at <= script.size() && number <= last; ++number) {
		size_t end = std::min(script.find('\n', at), script.size());
		if (number >= first)
			lines.push_back({at, end});
		at = end + 1;
	}
	if (!script.empty() && script.back() == '\n' && !lines.empty() &&
		lines.back().begin == lines.back().end && number <= last + 1)
		lines.pop_back();
	if (static_cast<int>(lines.size()) <= line - first)
		return "";

	// A literal may go over several lines, so they are found before it is cut into lines.
	const std::vector<core::SecretSpan> secrets = core::secret_spans(script);
	const size_t digits = std::to_string(first + static_cast<int>(lines.size()) - 1).size();
	std::string result;
	for (size_t i = 0; i < lines.size(); ++i) {
		if (lines[i].end > lines[i].begin && script[lines[i].end - 1] == '\r')
			--lines[i].end;
		int at = first + static_cast<int>(i);
		Covered covered = cover_line(script, lines[i], secrets, at == line ? column : 0);
		Window shown = show_line(covered.text, covered.column);
		std::string margin = fmt::format("{} {:>{}} | ", at == line ? ">" : " ", at, digits);
		result += paint(color, Color::dim, margin) + shown.text + "\n";
		if (at == line && column > 0)
			result += std::string(margin.size() - 2, ' ') + paint(color, Color::dim, "| ") +
					  std::string(shown.caret, ' ') + paint(color, Color::red, "^") + "\n";
	}
	return result;
}

} // namespace surefoot::client

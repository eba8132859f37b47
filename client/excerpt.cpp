#include "excerpt.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "mask.hpp"
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

} // namespace

std::string render_excerpt(std::string_view script, int line, int column, bool color)
{
	if (line < 1)
		return "";
	std::vector<std::string_view> lines; // from the first that is shown
	int number = 1;
	const int first = std::max(1, line - lines_around);
	const int last = line + lines_around;
	for (size_t at = 0; at <= script.size() && number <= last; ++number) {
		size_t end = std::min(script.find('\n', at), script.size());
		if (number >= first)
			lines.push_back(script.substr(at, end - at));
		at = end + 1;
	}
	if (!script.empty() && script.back() == '\n' && !lines.empty() && lines.back().empty() &&
		number <= last + 1)
		lines.pop_back();
	if (static_cast<int>(lines.size()) <= line - first)
		return "";

	const size_t digits = std::to_string(first + static_cast<int>(lines.size()) - 1).size();
	std::string result;
	for (size_t i = 0; i < lines.size(); ++i) {
		std::string_view text = lines[i];
		if (text.ends_with('\r'))
			text.remove_suffix(1);
		int at = first + static_cast<int>(i);
		Window shown = show_line(text, at == line ? column : 0);
		std::string margin = fmt::format("{} {:>{}} | ", at == line ? ">" : " ", at, digits);
		bool masked = mask_secrets(shown.text) != shown.text;
		result += paint(color, Color::dim, margin) +
				  (masked ? mask_secrets(shown.text) : shown.text) + "\n";
		if (at == line && column > 0)
			result +=
				std::string(margin.size() - 2, ' ') + paint(color, Color::dim, "| ") +
				(masked ? "" : std::string(shown.caret, ' ') + paint(color, Color::red, "^")) +
				"\n";
	}
	return result;
}

} // namespace surefoot::client

/* Rows as the archive has them: a text[] of the columns' texts. */
#pragma once

#include "server/keep/changed_rows.hpp"

namespace surefoot {

inline std::string kept_text(const Cells &cells)
{
	std::string text = "{";
	for (const std::optional<std::string> &cell : cells) {
		if (text.size() > 1)
			text += ',';
		if (!cell) {
			text += "NULL";
			continue;
		}
		text += '"';
		for (const char c : *cell) {
			if (c == '"' || c == '\\')
				text += '\\';
			text += c;
		}
		text += '"';
	}
	return text + "}";
}

/* The opposite, of such a text alone. */
inline Cells kept_cells(const std::string &text)
{
	Cells cells;
	for (size_t at = 1; at < text.size() && text[at] != '}'; at++) {
		if (text[at] == ',')
			continue;
		if (text[at] != '"') {
			cells.emplace_back();
			at += 3; /* NULL */
			continue;
		}
		std::string cell;
		for (at++; at < text.size() && text[at] != '"'; at++) {
			if (text[at] == '\\')
				at++;
			cell += text[at];
		}
		cells.emplace_back(std::move(cell));
	}
	return cells;
}

} // namespace surefoot

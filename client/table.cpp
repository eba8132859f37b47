#include "table.hpp"

#include <algorithm>

#include "text.hpp"

namespace surefoot::client {

Table::Table(std::vector<std::string> headers)
	: headers_(std::move(headers)), right_(headers_.size(), false)
{}

void Table::right_align(size_t column)
{
	right_[column] = true;
}

void Table::add(std::vector<Cell> row)
{
	row.resize(headers_.size());
	for (Cell &cell : row)
		cell.text = one_line(cell.text);
	rows_.push_back(std::move(row));
}

std::string Table::render(bool color, int width) const
{
	std::vector<size_t> used, widths(headers_.size(), 0);
	for (size_t column = 0; column < headers_.size(); ++column) {
		for (const auto &row : rows_)
			widths[column] = std::max(widths[column], display_width(row[column].text));
		if (widths[column] == 0 && !rows_.empty())
			continue;
		widths[column] = std::max(widths[column], display_width(headers_[column]));
		used.push_back(column);
	}

	std::string result;
	auto add_line = [&](auto &&cell_of) {
		std::string line;
		size_t at = 0;
		for (size_t i = 0; i < used.size(); ++i) {
			size_t column = used[i];
			Cell cell = cell_of(column);
			bool last = i + 1 == used.size();
			if (last && width > 0 && static_cast<size_t>(width) > at + 8)
				cell.text = cut_to_width(cell.text, static_cast<size_t>(width) - at);
			size_t shown = display_width(cell.text);
			size_t blanks = shown < widths[column] ? widths[column] - shown : 0;
			if (right_[column])
				line.append(blanks, ' ');
			line += paint(color, cell.color, cell.text);
			if (!last)
				line.append((right_[column] ? 0 : blanks) + 2, ' ');
			at += widths[column] + 2;
		}
		while (line.ends_with(' '))
			line.pop_back();
		result += line + "\n";
	};
	add_line([&](size_t column) { return Cell{headers_[column], Color::bold}; });
	for (const auto &row : rows_)
		add_line([&](size_t column) { return row[column]; });
	return result;
}

} // namespace surefoot::client

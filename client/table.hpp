// Aligned columns for people.
#pragma once

#include <string>
#include <vector>

#include "terminal.hpp"

namespace surefoot::client {

struct Cell {
	std::string text;
	Color color = Color::plain;
};

class Table {
public:
	explicit Table(std::vector<std::string> headers);
	void right_align(size_t column);
	void add(std::vector<Cell> row);
	bool empty() const { return rows_.empty(); }

	// Columns without any content are left out. With a width, the last column is cut to fit.
	std::string render(bool color, int width = 0) const;

private:
	std::vector<std::string> headers_;
	std::vector<bool> right_;
	std::vector<std::vector<Cell>> rows_;
};

} // namespace surefoot::client

/* Foreign keys of tables whose rows were put back, which no trigger has checked. */
#pragma once

#include "server/keep/changed_rows.hpp"

namespace surefoot {

struct Touched {
	Oid table;
	std::string name;
	std::vector<std::string> columns, types;
	std::vector<size_t> key;	   /* the columns by which a row is found; none: all rows are looked at */
	std::vector<Cells> put, taken; /* rows that are there now, and rows that they have replaced */
	std::vector<Cells> come, gone; /* those of them that were not there before, and that are not there now */
};

/* Raises what the server would, for rows that refer to what is not there and for what is gone and is referred to. */
void check_keys(const Touched &touched);

} // namespace surefoot

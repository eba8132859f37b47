/* A table all of whose rows are kept, as it is dropped or emptied: whether that can be, and what the archive says of it. */
#pragma once

#include "server/history/messages.hpp"

namespace surefoot {

struct WholeTable {
	std::string name, owner, columns;
	int64 bytes = 0;
	bool has_identity = false;
	/* Its rows can be kept as they are stored: its types are the server's own, and mean the same whatever happens to others, or enums. Else as texts. */
	bool storable = false;
};

/* Nothing when its rows could not be brought back by role. */
std::optional<WholeTable> whole_table(Oid id, Oid role);

/* Its own sequences, locked so that nobody takes a number any more. */
std::vector<std::string> own_sequences(Oid id);

/* Of a large table as it was last analyzed, or by some of its pages: nobody waits for a count. */
int64 count_rows(Oid id, const WholeTable &table, int64 pages);

/* A line of the archive; its number. */
std::string store_entry(const Speaker &speaker, const WholeTable &table, const char *kind, int64 count);

/* Runs our own sql, whose names are quoted already; the cells of its first row. */
std::vector<std::string> run_own(const std::string &sql);

} // namespace surefoot

/* Tables whose rows can be found again, and their rows in the archive. */
#pragma once

#include "server/history/messages.hpp"
#include "server/keep/changed_rows.hpp"

namespace surefoot {

struct KeyedColumn {
	AttrNumber number;
	std::string name, type; /* the type by its name in pg_catalog, or with its schema, quoted; see type_of_kept() */
	bool in_key, always; /* GENERATED ALWAYS AS IDENTITY */
	bool fits; /* its values can be kept as texts */
	bool of_server; /* its type is the server's own */
};

struct KeyedTable {
	Oid id;
	std::string name, owner;
	int64 bytes;
	std::vector<KeyedColumn> columns;
	Oid index; /* that of the key, if there is one */
};

/*
 * A table whose rows can be found by a key, and put back to the last bit by role: see docs/reversal.md. Generated columns are left out.
 * with_all: also one of which no column is in a key, as rows are found by all that is in them, and with the columns that are hidden.
 */
std::optional<KeyedTable> keyed_table(Oid id, Oid role, bool with_all = false);

/* A type as store_rows() writes it, as a cast takes it. */
std::string type_of_kept(const std::string &type);

/* kind and name: as in surefoot.archive. */
void store_rows(const Speaker &speaker, const KeyedTable &table, const char *kind, const std::string &kept_name,
				const std::map<Cells, ChangedRow> &rows);

/* Of either side: its values would change by themselves with those of another table, or stop a change there. */
bool is_in_foreign_key(Oid table, AttrNumber number);

/* Whether it was made, or its rows were written into another file, in this transaction. */
bool is_stored_anew(Oid id);

} // namespace surefoot

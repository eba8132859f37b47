/*
 * The rows that a TRUNCATE has removed come back to the table, which is still there, with its indexes, constraints and keys: by the files
 * that were moved away, and the indexes are built anew.
 *
 * Rows that others have written since are conflicts. They are added to those that come back when that is accepted.
 */
#pragma once

#include "server/guard.hpp"
#include "server/record/sequence_moves.hpp"

namespace surefoot {

/* A table that was emptied, and the one in the archive that has its rows. */
struct Emptied {
	Oid table;
	std::string name, archive;
};

/* Whether the rows are such as the table can have as they are. */
bool fits_files(const Emptied &emptied);

/*
 * For the current user, who owns the tables and has locked them against everybody. Rows that are there are an error (SF017), or accepted. By
 * table, how many were there.
 */
std::map<std::string, int64> refill_tables(const std::string &version, const std::vector<Emptied> &tables, bool accept);

/*
 * Puts a sequence where it stood before it was restarted, unless more of it was taken since. In a transaction, as ALTER SEQUENCE does, and not as setval: a
 * trial or a failed revert leaves nothing of it.
 */
void restart_sequence(const std::string &name, int64 last, bool taken);
/* The same of one that a migration has moved: it was there, and was left there. Nobody has taken any since when it is there still, and then it may go backwards. */
void restart_sequence(const std::string &name, const SequencePlace &was, const SequencePlace &left);

} // namespace surefoot

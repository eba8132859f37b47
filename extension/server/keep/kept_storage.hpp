/*
 * The rows of a table that is dropped, kept by their storage: another table, of the same columns but for enums (kept_enums.hpp), in schema surefoot_archive, gets its files,
 * and the table goes as an empty one. It takes the same moment whatever its size, and back as well.
 *
 * As VACUUM FULL and CLUSTER do with the files that they have written. Nothing else is left of the table there: no index, no constraint, no
 * grant; it belongs to the extension's owner, and nobody may use the schema.
 */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/*
 * Moves the rows of table into a new one of that name; to be called by the extension's owner, in a subtransaction, with the table locked
 * against everybody (AccessExclusiveLock) and no types of users' in it but enums. stays: as an empty table, with empty indexes.
 */
void move_storage_away(Oid table, const std::string &archive, bool stays = false);

/*
 * Moves them back into table, which is new and empty and has no index yet, and drops the other. By the files where both have the same columns, else row by
 * row, as the current user, whose functions may be in its constraints and generated columns.
 */
void move_storage_back(Oid table, const std::string &archive);

/* The table of that name in schema surefoot_archive; InvalidOid when it is gone. */
Oid archive_table(const std::string &archive);

/* Plain functions, used inside guarded calls only, with both tables locked against everybody. */

/* The files of two tables change places, with what pg_class says of them, and the tables of their large values. */
void swap_files(Oid first, Oid second);
/* Whether the rows of an archive table are of that table, and not of another one of its name. */
bool is_of_table(Oid archive, Oid table);

/* Whether values of a column in the archive are values of a column as they are. */
bool is_stored_alike(Relation archive, Form_pg_attribute kept, Form_pg_attribute now);
/* By the names of the columns; the constraints of to hold, its triggers do not run. How many. */
int64 copy_rows(Relation from, Relation to);

/* Drops it, if it is there; the storage is given back with the commit. */
void drop_archive_table(const std::string &archive);

} // namespace surefoot

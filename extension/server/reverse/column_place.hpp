/*
 * A dropped column stays in its table, without a name: its number is never given to another, and each row has its value until it is
 * written again. So the way back need not add it anew, at the end and empty, but gives it its name and type again: it is in its place,
 * with the values of all rows that were not written since, in no time whatever the size of the table.
 *
 * The server has no statement for that; it is one row of pg_attribute that becomes what it was. What bytes there are in the table must
 * be of the type that they are taken for, so nobody's word counts but what was read when the migration dropped the column, and only of
 * types that are the server's own.
 */
#pragma once

#include "server/history/messages.hpp"

namespace surefoot {

class Recorder;

/*
 * When the statements of a step have run, and before its way back is tried: writes down which of the columns that it has dropped can be
 * given their place again, and tells recorder the statements for it (Recorder::places). hides: they stay, as keep=hidden has it.
 */
void note_places(const Speaker &speaker, Recorder &recorder, bool hides);

/* Those that run has written down, as of a run that did not come to its end: the statements by the columns' names. Values and all, of the hidden ones. */
struct NotedPlace {
	std::string column, statement;
	bool hidden;
};
std::vector<NotedPlace> noted_places(int64 run);

/* Whether a column that is there will have its place noted, should it be dropped from rows that nothing else moves. */
bool has_place(Oid table, const char *column);

/*
 * As the current user, who has to own the table (AccessExclusiveLock): the column schema.table.column that migration version has
 * dropped is there again, in its place. Where that cannot be, in a database that was restored from a dump say, it is added as the last
 * one, empty, with a notice.
 */
void restore_place(const std::string &version, const std::string &column);

/*
 * As the current user, who has to own the table (schema.table), which this transaction has made with the columns of one that is gone and has dropped
 * those of them that had been dropped there: these have their places in the new one, for migrations that are walked back later.
 */
void keep_places(const std::string &table);

} // namespace surefoot

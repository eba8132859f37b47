/*
 * The rows that a migration drops or changes, kept as texts for the way back.
 *
 * Only what comes back to the last bit is kept: ordinary tables of at most surefoot.keep_size, with columns of the server's own types
 * whose texts have been read back and compared. Of all else the way back stays without rows.
 */
#pragma once

#include "core/inverse.hpp"
#include "server/history/messages.hpp"

namespace surefoot {

class Recorder;

/* An error that is not about what cannot be kept: a lock that was not got, a cancellation, the end of the session. The step ends by it. */
inline bool ends_step(const Error &error)
{
	return error.is("55P03") || error.is("40P01") || error.is("57014") || error.is("57P01");
}

/* Before a DROP TABLE runs, whose tables are locked and seen: keeps their rows, and tells recorder how they come back. */
void keep_dropped(const Speaker &speaker, Recorder &recorder, Node *statement);

/* What is certain to be in the way of that for a table with rows, as it is now and by the current role; empty where nothing is. */
std::string why_not_dropped(Oid table);

/* The same before a TRUNCATE runs, for all tables that it reaches, or for none. */
void keep_truncated(const Speaker &speaker, Recorder &recorder, Node *statement);
/* Code of users that would find the table empty before it is. */
bool has_truncate_triggers(Oid table);
/* At the end of the first step: forgets those whose tables were written since, and tells recorder whether all are kept. */
void settle_truncations(Recorder &recorder, bool more_steps);
/* After a trial of the way back was rolled back: the tables still have files that are new in this transaction. */
void remember_new_files(const Recorder &recorder);

/*
 * At the end of a migration's only step: keeps the rows that its statements have changed, of each table as they were and as they are,
 * and tells recorder whether that is all that was written, and the statement that puts them back.
 */
void keep_changed(const Speaker &speaker, Recorder &recorder);

/* Before a statement runs that drops sequences, by name, with a column or with its identity: where they stand. */
void keep_sequences(Recorder &recorder, Node *statement);
/* At the end of the first step: how those that were restarted come back; keeps: as far as that can be. */
void settle_sequences(Recorder &recorder, bool keeps);
/* Sequences that were moved by now, and do not come back to where they stood. */
std::vector<core::Loss> displaced_sequences(const Recorder &recorder);
/*
 * As arguments of restart_sequence, where the one of that qualified name stood before it was moved. Where that is not known any more it is
 * where it stands, and counts as displaced.
 */
std::string first_place(Recorder &recorder, const std::string &sequence);
/* Whether the way back can put them there when role takes it. */
bool may_restart_sequences(Oid role);

/* The same before an ALTER TABLE runs that drops columns, for their values. */
void keep_columns(const Speaker &speaker, Recorder &recorder, Node *statement);
/* At the end of the first step: forgets those of which it is not certain any more whose values they are. */
void forget_unsure_columns(Recorder &recorder, bool more_steps);

/* The same before an ALTER TABLE runs that changes types of columns, for their values. */
void keep_types(Recorder &recorder, Node *statement);
/* At the end of the first step: keeps the values that others have become than a change back would make of them. */
void settle_types(const Speaker &speaker, Recorder &recorder, bool more_steps);

/* Whether columns and their types are those with which the migration found it, and its rows in the file in which it found them. */
bool is_untouched(Oid table, const Recorder &recorder);
/* Whether this transaction has added, changed or removed rows, in a script, a function or the caller's own statements. */
bool has_changed_rows(Oid table);

/* Texts that mean the same whatever the settings are under which they are read; until the settings' level ends. */
void pin_output();

} // namespace surefoot

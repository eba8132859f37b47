/*
 * The rows that a migration drops or changes, kept as texts for the way back.
 *
 * Only what comes back to the last bit is kept: ordinary tables of at most surefoot.keep_size, with columns of the server's own types
 * whose texts have been read back and compared. Of all else the way back stays without rows.
 */
#pragma once

#include "server/messages.hpp"

namespace surefoot {

class Recorder;

/* Before a DROP TABLE runs, whose tables are locked and seen: keeps their rows, and tells recorder how they come back. */
void keep_dropped(const Speaker &speaker, Recorder &recorder, Node *statement);

/*
 * At the end of a migration's only step: keeps the rows that its statements have changed, of each table as they were and as they are,
 * and tells recorder whether that is all that was written, and the statement that puts them back.
 */
void keep_changed(const Speaker &speaker, Recorder &recorder);

/* Texts that mean the same whatever the settings are under which they are read; until the settings' level ends. */
void pin_output();

} // namespace surefoot

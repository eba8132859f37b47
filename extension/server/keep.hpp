/*
 * The rows of what a migration drops, kept as texts for the way back.
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

} // namespace surefoot

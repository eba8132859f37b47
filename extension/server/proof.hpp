/*
 * The proof of a way back, before anything is committed: in a subtransaction that is always rolled back, the tables concerned
 * get empty storage (so that nothing is scanned or rewritten), the rest of the up script runs in its plain form, then the down
 * script, and the objects of the effect are compared with what they were.
 */
#pragma once

#include "server/recorder.hpp"
#include "server/runner.hpp"

namespace surefoot {

/* Raises SF008 with what the down script of migration would leave behind, unless its directives accept that. */
void prove_way_back(const Speaker &speaker, const history::Migration &migration, const Script &up, Recorder &recorder,
					const StepResult &done);

/* What the newest run up of migration has skipped: its way back leaves that alone. */
Avoid avoided(const history::Migration &migration);

} // namespace surefoot

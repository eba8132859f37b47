/*
 * The proof of a way back, before anything is committed: in a subtransaction that is always rolled back, the tables concerned
 * get empty storage (so that nothing is scanned or rewritten), the rest of the up script runs in its plain form, then the down
 * script, and the objects of the effect are compared with what they were.
 */
#pragma once

#include "server/record/recorder.hpp"
#include "server/reverse/derive.hpp"
#include "server/run/runner.hpp"

namespace surefoot {

/*
 * Raises what a later step of the up script would fail with, and SF008 with what the down script, if there is one, would leave
 * behind, unless the scripts' directives accept that. Without a down script the way back is derived and tried instead, and returned,
 * unless it could not be tried. done: the step that has just run in the transaction under way. When what is
 * left is about indexes alone, which the real statements wait for as long as it takes, a lock that the proof cannot have is an error
 * (55P03) while patient and a warning afterwards.
 */
std::optional<history::Derived> prove(const Speaker &speaker, const history::Migration &migration, const Script &up, Recorder &recorder,
									  const StepResult &done, bool patient);

class Rehearsal;

/* Derives the way back of up from what recorder has seen. steps: of up, those that are about indexes built concurrently included. */
history::Derived derive_way_back(Rehearsal &rehearsal, Recorder &recorder, const Script &up, const std::vector<PlannedStep> &steps);

/* What the newest run up of migration has skipped: its way back leaves that alone. */
Avoid avoided(const history::Migration &migration);

} // namespace surefoot

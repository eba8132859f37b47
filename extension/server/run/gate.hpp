/*
 * One runner at a time: a heavyweight lock on the extension object, held until the end of the transaction by whoever changes the
 * state of a migration. It dies with its holder, and no script can free it, as it could an advisory lock. It is only ever tried,
 * never waited for, so a waiter can neither deadlock nor hold up a concurrent index build.
 */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* Takes the gate; raises SF004 with the holder's name when another has it. */
void take_gate();
/* The same for those that wait: false when another has it. */
bool try_gate();

/* Raises unless this session can change anything at all: not a standby, READ COMMITTED, the library's version = the extension's. */
void check_session();
/* The part of it that also holds for what a migration's own scripts call to put rows back. */
void check_isolation();

/* The first of these alone. */
void refuse_standby();

/*
 * Keeps the extension from being dropped for as long as this session lives, or until it gives its locks back: its steps would be gone
 * in silence. Does not keep anybody from the gate.
 */
void hold_extension();

/*
 * The turn to register new migrations, until the end of the transaction: whose it is finds no others' in his way and need not look for
 * them at every row. Never waited for; who just got it looks once more at what is there.
 */
enum class Turn { others, just_now, mine };
Turn take_turn_to_register();

/* The lock of a run's worker (session level): whoever holds it is alive and works on the run. */
bool try_job_lock(int64 run);
void release_job_lock(int64 run);
/* The pid of the worker that works on run; 0 when none does. */
int job_holder(int64 run);
/* Cancels the statement of the worker that works on run, if one does. */
void interrupt_worker(int64 run);
/*
 * Takes the run over from workers until the end of this transaction; false when one works on it, or comes within a second. True for
 * a run whose worker was killed.
 */
bool keep_workers_away(int64 run);

} // namespace surefoot

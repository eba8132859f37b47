/*
 * What a run says while it goes on: a notice to whoever called, and the same line in the history.
 *
 * The lines of the history are gathered and written together: until its transaction commits nobody else could read them anyway.
 */
#pragma once

#include "server/spi.hpp"

namespace surefoot {

/* Who is speaking: migration 0019, up or down, run 7. */
struct Speaker {
	std::string version, direction;
	int64 run = 0;
	bool notices = true; /* a worker has nobody to send them to */
	bool derived = false; /* what it runs is a way back that nobody has written */
};

/* "0019 up: text" */
void say(const Speaker &speaker, const std::string &text);
/* The same, on its way to the client with whatever goes there next; for the start and the end, where that follows at once. */
void say_with_next(const Speaker &speaker, const std::string &text);
/* "0019 up, step 1, line 3: CREATE ..."; sql is masked already. */
void say_statement(const Speaker &speaker, int step, int line, const std::string &sql);
/* The same as a warning. */
void warn(const Speaker &speaker, const std::string &text);
/* A notice that may differ from run to run (who is waited for, attempts); never in the history. */
void say_live(const Speaker &speaker, const std::string &text);

/* Writes what was said since the last time; before the transaction ends. */
void write_journal();
/* How much was said and not written, and back to that: what a rolled-back attempt has said is forgotten. */
size_t journal_mark();
void forget_journal(size_t mark = 0);

} // namespace surefoot

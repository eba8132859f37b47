/*
 * Idempotence: what a statement would create and is there already.
 *
 * The statement is tried without that object, on empty tables, in a subtransaction that is rolled back, and what it makes is
 * compared with what is there. The same: it is skipped. Another definition: an error that shows both.
 */
#pragma once

#include "server/history/messages.hpp"
#include "server/reverse/way_back.hpp"

namespace surefoot {

struct Remainder {
	std::optional<std::string> sql; /* what is left to run; the whole statement, some of its subcommands, or nothing */
	Avoid skipped;                  /* what is there already, as (kind, identity) */
	std::string invalid_index;      /* stands where the statement makes an index: has to go first */
};

/* Says what is skipped. Raises SF007 when an object of the same name has another definition. */
Remainder without_existing(const Speaker &speaker, const Statement &statement);

/* What a CREATE OR REPLACE would replace. */
std::optional<ObjectAddress> replaced_object(Node *statement);

} // namespace surefoot

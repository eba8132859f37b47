/*
 * Runs transactional steps: statement by statement through SPI, recording, inside one subtransaction, so that a lock that
 * cannot be had in time costs nobody else more than surefoot.lock_timeout: the step is rolled back, its locks go, and it is
 * tried again.
 */
#pragma once

#include "server/history/history.hpp"
#include "server/history/messages.hpp"
#include "server/record/recorder.hpp"
#include "server/reverse/way_back.hpp"

namespace surefoot {

/* Where a step begins: operations planned beforehand, then the script's statements from next on. */
struct Position {
	std::vector<Operation> planned;
	size_t next = 0;
};

struct StepResult {
	std::vector<core::Change> changes;
	std::vector<std::pair<std::string, std::string>> skipped; /* kind, identity */
	std::vector<PlannedStep> rest;                            /* what has to come in steps of its own */
	bool all_is_rest = false; /* from the script's first statement on: the plan has no step before them */
};

/* What a script leaves undone. */
struct Rules {
	Avoid avoid;              /* what the way back must not remove: the migration did not make it */
	size_t undone_before = 0; /* of so many statements: what they would remove and is not there counts as removed */
};

/*
 * What has to hold inside the step, after its statements and before it counts as done; may raise, may be empty. patient: when the
 * check alone cannot have a lock, the step is tried again for the check's sake; later it has to do without.
 */
using StepCheck = std::function<void(Recorder &, const StepResult &, bool patient)>;

/*
 * Runs script from position until it ends or a statement needs a step of its own. A statement whose object is there already, with
 * the same definition, is skipped.
 */
StepResult run_transaction_step(const Speaker &speaker, const Script &script, int step, const Position &position,
								const Created &created, const Rules &rules,
								const StepCheck &check);

/* Executes one operation now, in the current transaction; the error says where in the script. */
void execute_operation(const Speaker &speaker, const Script &script, int step, const Operation &operation);

/* What to do about a derived way back that fails. */
std::string advice_on_derived(const std::string &version);

/* Puts the place in the script at the head of the error's context, in the form that clients read. */
void locate_error(Error &error, const Speaker &speaker, const Script &script, int step, const Operation &operation);

} // namespace surefoot

/*
 * From statements to operations: what is executed, and whether in a transaction.
 *
 * Asked twice: when planning, with nothing executed, and again just before the statement runs, in its transaction, because what
 * an index costs depends on the table as it is then.
 */
#pragma once

#include "core/plan.hpp"
#include "server/plan/created.hpp"

namespace surefoot {

using core::Operation;
using core::OperationKind;
using core::PlannedStep;

/* What the statement becomes. Texts are changed at the place of a token, never written anew from the parse tree. */
std::vector<Operation> expand(const Script &script, size_t statement, const Created &created);

/* The steps from that statement on. Nothing is executed, but for the script's own search_path, which is taken back. */
std::vector<PlannedStep> plan_steps(const Script &script, size_t first_statement,
									const Created &created);

/* The same when the operations of the statements before next are known already; they begin a step. */
std::vector<PlannedStep> plan_steps(const Script &script, std::vector<Operation> known, size_t next,
									Created created);

/*
 * Raises SF006, naming both lines, when a statement needs what a session alone knows (a temporary table, a cursor, a prepared
 * statement, a session lock) and a step boundary lies between: the steps run in different sessions.
 */
void check_boundaries(const Script &script, const std::vector<PlannedStep> &steps);

/* The server refuses the statement in a transaction block. */
bool needs_own_step(Node *statement, const Created &created);

/* DO and CALL: they name nothing of what they change, and in a step of their own may commit as they like. */
bool runs_code(Node *statement);
/* The same, unless it is a DO block that nowhere speaks of committing or rolling back, nor calls what may. */
bool may_commit(Node *statement);

/* CREATE INDEX, and ALTER TABLE that adds a constraint with an index; both as expand(). */
std::vector<Operation> expand_index(const Script &script, size_t statement, const Created &created);
std::vector<Operation> expand_alter_table(const Script &script, size_t statement,
										  const Created &created);

} // namespace surefoot

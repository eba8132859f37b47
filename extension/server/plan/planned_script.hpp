/*
 * Steps that were planned, against the script as it is when they are to run: a down script may be mended at any time, and the
 * operations that are stored count its statements.
 */
#pragma once

#include "server/history/history.hpp"

namespace surefoot {

/* The script that run executes; raises SF002 when the migration has none any more. */
const std::string &script_text(const history::Migration &migration, const history::Run &run);

/* Whether two statements say the same, whatever the blanks and comments. */
bool same_statement(const Statement &a, const Statement &b);

/* Raises SF002 unless script has the statements still that operations were made of. */
void refuse_changed_script(const history::Run &run, const Script &script, const std::vector<Operation> &operations);

/* Whether the steps that are left of run can be run with the scripts that migration has now; the other raises SF002 if not. */
bool is_as_planned(const history::Migration &migration, const history::Run &run);
void refuse_changed_script(const history::Migration &migration, const history::Run &run);

} // namespace surefoot

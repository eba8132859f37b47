/*
 * Properties that a statement sets on an object which is there in any case: a comment, a default, NOT NULL, a privilege, a new
 * definition by CREATE OR REPLACE. When an object has the property already, the statement has no effect, and the statement of the
 * way back that would take it away is left out.
 */
#pragma once

#include "core/object.hpp"
#include "server/reverse/way_back.hpp"

namespace surefoot {

/* What statement (or one subcommand of it, when command is given) sets or takes away, as entries of an Avoid; empty for others. */
Avoid properties_of(Node *statement, const AlterTableCmd *command);

/* Without what the migration has made or set by itself, which changes tell, and then found there. */
Avoid without_own(Avoid avoid, const std::vector<core::Change> &changes);

/* Whether all that statement sets is so already; sql is its text, or that of the subcommand alone. */
bool has_properties(Node *statement, const AlterTableCmd *command, const std::string &sql);

} // namespace surefoot

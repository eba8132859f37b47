// The server's hints are for psql; whoever is at the client gets the client's commands.
#pragma once

#include <string>

#include "failure.hpp"
#include "rows.hpp"

namespace surefoot::client {

struct Run;

// The command that was given, as it can be given again.
std::string same_command(const Run &run);

// What applies version though a later one is applied, and the rest of what was asked for.
std::string out_of_order_command(const Run &run, const std::string &version);

// Of a message that version cannot be reverted before others: what reverts these and then version.
std::string revert_in_order(const Run &run, const std::string &version, const std::string &message);
// Whether a message says that; nobody can override it.
bool is_of_order_back(const std::string &message);

// Replaces hint and next command of an error where the client has its own way.
void translate_hints(Run &run, Failure &failure);

// Of a row that says that a migration is not applied: it has failed.
bool tells_half_done(const Finding &finding);

// As translate_hints, for a row of the checklist.
void translate_hint(const Run &run, const std::string &version, Finding &finding);

} // namespace surefoot::client

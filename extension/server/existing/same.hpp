/* When two definitions count as the same, and how to show that they do not. */
#pragma once

#include "server/trial/trial.hpp"

namespace surefoot {

/* What the statement of the trial makes otherwise than it is there. says_owner: it names the owner, which counts then. */
std::vector<core::Change> differences_of(const Trial &trial, bool says_owner = false);

/* Whether what CREATE has a say in is the same. */
bool same_essence(const core::Object &a, const core::Object &b);

/* In words: both definitions, one under the other. */
std::string show_both(const std::vector<core::Change> &differences);

/* The one among objects that is at address; nullptr if none is. */
const core::Object *find_object(const core::Objects &objects, const ObjectAddress &address);

/* "column public.users.status" */
std::string describe(const ObjectAddress &object);

/* Whether there are indexes or constraints (kind) that could be what the server names. */
bool has_candidates(const core::Objects &there, std::string_view kind);

/* What was there before the trial and is, but for its name, what the trial has made; nullptr if nothing is. */
const core::Object *find_twin(const Trial &trial, std::string_view kind);

} // namespace surefoot

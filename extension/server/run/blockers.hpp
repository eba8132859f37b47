/* Who holds the locks that a step could not get, in words for a person. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* "pid 812 (app, idle in transaction, 3 min): SELECT ..."; several are joined by "; ". Empty when nobody is found. */
std::string describe_blockers(const std::vector<Oid> &relations);

/* The error of a step that sought its locks for the whole of surefoot.lock_retry. */
Error give_up_on_locks(const Error &last, const std::vector<Oid> &relations, const std::string &blockers);

/* "pid 812 (app, idle in transaction, 3 min): SELECT ..." of one backend; empty when it is gone. */
std::string describe_backend(int pid);

} // namespace surefoot

/* Whose scripts the scripts of a migration are, and who may do what with them. */
#pragma once

#include "server/history/history.hpp"

namespace surefoot {

/* Their names: the current role, and the one that is connected. */
std::string current_role();
std::string session_role();

/*
 * Raises 42501 unless the current role may change the scripts. Before they are applied, it takes the rights of their owner;
 * afterwards those of the role that has applied them, as which they would run. The extension's owner always may.
 */
void refuse_foreign_change(const history::Migration &migration);

/* Who the scripts belong to when the current role has given them. */
std::string owner_after_change(const history::Migration &migration);

/* Raises 42501 for a superuser who is about to run, with all rights there are, what somebody without them has written. */
void refuse_foreign_scripts(const history::Migration &migration);

/* Raises 42501 unless the current role has the rights of the role that run runs as. */
void refuse_foreign_run(const history::Run &run, const char *what);

} // namespace surefoot

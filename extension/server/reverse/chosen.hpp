/* Which way back a migration takes: its down script, or the one that was derived. */
#pragma once

#include "server/history/history.hpp"

namespace surefoot {

/*
 * The script that walks migration back: its down script, or what was derived when it was applied; then migration.derived is set,
 * and migration.down is that. Raises SF008 when there is none.
 */
void find_way_back(history::Migration &migration);

/*
 * The same for a revert that begins: a migration that has stopped half way, or whose way back was not tried, has it derived now, in
 * the environment of settings, as role. Returns what was derived. Raises SF008 for what has no way back, unless accept names something.
 */
std::optional<history::Derived> choose_way_back(history::Migration &migration, bool applied, const std::vector<std::string> &settings,
												const std::string &role, const std::vector<std::string> &accept);

/* Gives migration, which has no down script, the one that run, on the way back, executes. */
void use_derived(history::Migration &migration, const history::Run &run);

/* The way back of version, as it was derived or could be, for people: what is said of it is in comments at its head. */
std::string inverse_text(const std::string &version);

} // namespace surefoot

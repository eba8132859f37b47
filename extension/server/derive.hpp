/*
 * The way back, derived and tried: statements are made from what differs, run, and what differs then is looked at again, until
 * nothing does. So what a statement does on the side needs no foresight, and what is left at the end is what does not come back.
 */
#pragma once

#include "core/inverse.hpp"
#include "server/history.hpp"
#include "server/messages.hpp"

namespace surefoot {

/* How statements are tried; the caller has a subtransaction around it all that is rolled back. */
struct Tryout {
	std::function<core::Objects()> now;						/* the definitions as they are at the moment */
	std::function<void(const std::string &)> prepare, run; /* of a statement: prepare is outside of its own subtransaction */
};

/* From what is now to before. */
history::Derived derive(const core::Objects &before, const Tryout &tryout, std::vector<core::Loss> losses);

/* Of a script that has changed no definition. */
history::Derived without_effect(const Script &up);

/* A table, a view ... that was made, and nothing else was changed: that dropping it is the way back is known without a trial. */
bool is_one_new_object(const std::vector<core::Change> &effect);

/* The same for what a run has changed by now, in a subtransaction of its own, on empty tables. */
history::Derived derive_now(const Speaker &speaker, const std::vector<core::Change> &effect);

/* The statements that change rows: they change no definition, and nothing takes them back. */
std::vector<core::Loss> written_rows(const Script &script);

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

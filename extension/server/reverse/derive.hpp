/*
 * The way back, derived and tried: statements are made from what differs, run, and what differs then is looked at again, until
 * nothing does. So what a statement does on the side needs no foresight, and what is left at the end is what does not come back.
 */
#pragma once

#include "core/inverse.hpp"
#include "server/history/history.hpp"
#include "server/history/messages.hpp"
#include "server/reverse/surroundings.hpp"

#include <map>
#include <set>

namespace surefoot {

/* How statements are tried; the caller has a subtransaction around it all that is rolled back. */
struct Tryout {
	std::function<core::Objects()> now;						/* the definitions as they are at the moment */
	std::function<void(const std::string &)> prepare, run; /* of a statement: prepare is outside of its own subtransaction */
	std::set<std::string> built_concurrently;				/* indexes that are to go in the same way */
	std::string restore;					 /* see Recorder::restore */
	std::vector<std::string> refills;		 /* see Recorder::refills */
	std::vector<std::string> placements;	 /* see Recorder::placements */
	std::vector<std::pair<std::string, std::string>> needs_refill; /* words of a statement, and which of them has to come before it */
	std::function<bool()> is_restored;		 /* whether it has nothing left to do */
	LiveSurroundings::Kept kept;
	std::map<std::pair<std::string, std::string>, std::string> not_kept; /* see Recorder::not_kept */
	std::string none_kept;											 /* why nothing is kept at all, if so */
};

/* With which such a script begins. */
inline constexpr std::string_view pinned_path = "SET search_path = pg_catalog";
inline constexpr char unchecked_bodies[] = "SET check_function_bodies = off";

/* Such a script where there is none. */
inline constexpr char nothing_to_undo[] = "-- There is nothing to undo.\n";

/* Statements as a script that means the same whatever the session's settings are. */
std::string script_of(const std::vector<std::string> &statements, const std::set<std::string> &built_concurrently = {});
/* What does not come back, on a line. */
std::string sentence(const core::Loss &loss);

/* From what is now to before. */
history::Derived derive(const core::Objects &before, const Tryout &tryout, std::vector<core::Loss> losses);

/* Of a script that has changed no definition: losses is all there is to say of it, or that what it makes was there before. */
history::Derived without_effect(const std::vector<core::Loss> &losses, bool was_there = false);

/* A table, a view ... that was made, and nothing else was changed: that dropping it is the way back is known without a trial. */
bool is_one_new_object(const std::vector<core::Change> &effect);

/*
 * The same for what a run has changed by now, in a subtransaction of its own, on empty tables; losses: what no definition tells; stopped: that run, when it
 * has not come to its end.
 */
history::Derived derive_now(const Speaker &speaker, const std::vector<core::Change> &effect, std::vector<core::Loss> losses,
							std::optional<int64> stopped = {});

/* The same from the definitions alone, with nothing tried. */
history::Derived draft(const std::vector<core::Change> &effect, const std::vector<core::Loss> &losses);

} // namespace surefoot

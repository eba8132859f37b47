/* The end of a run: what has to hold before it counts as done, checked in its last transaction. */
#pragma once

#include "server/history/history.hpp"
#include "server/history/messages.hpp"

namespace surefoot {

/* One row of a check. */
struct Finding {
	std::string level, code, object, message, detail, hint;
};

/* Whether what run made is there as it made it, its indexes valid, its constraints validated, and the verify script content. */
std::vector<Finding> validate(const history::Migration &migration, int64 run);

/*
 * Adds how the verify script fares, if migration has one, run as role. holds_locks: it may take no longer than surefoot.verify_timeout.
 */
void check_verify(const history::Migration &migration, const std::string &role, bool holds_locks, std::vector<Finding> &findings);

/* Raises SF009 with the first failure of findings, if there is one. */
void raise_failures(const std::string &version, const std::vector<Finding> &findings);

/*
 * What differs now from before the run whose effect it is: what its way back, which changed what way_back says, has left behind.
 * What others have changed since is no part of it, nor is the order of columns; both are said.
 */
std::vector<core::Change> left_behind(const Speaker &speaker, const std::vector<core::Change> &effect,
									  const std::vector<core::Change> &way_back);

/* Raises SF008 unless all of differences are accepted, by identity or as 'all'. derived: nobody has written the way back. */
void refuse_inexact(const Speaker &speaker, const std::vector<core::Change> &differences,
					const std::vector<std::string> &accept, bool derived);

/* What may be left behind: by the caller of the run, or by directives of the scripts. */
std::vector<std::string> accepted_by(const history::Migration &migration, const history::Run &run);

/* Raises SF008 before a derived way back would drop what others have given the name of what the migration made, unless that is accepted by name. */
void refuse_strangers_now(const Speaker &speaker, const history::Migration &migration, const std::vector<std::string> &accept);

/*
 * Concludes run, all of whose steps are done: validation or comparison, then the new state of the migration. fresh: what the run
 * changed, when its definitions have been read in this very transaction; nullptr: they are read again.
 */
void conclude(const Speaker &speaker, const history::Migration &migration, const history::Run &run,
			  const std::vector<core::Change> *fresh);

} // namespace surefoot

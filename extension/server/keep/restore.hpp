/*
 * Puts back the rows that a migration has changed: a merge, by key, of what was, what the migration left, and what is there now.
 *
 * A row that is still what the migration left becomes what it was. One that is what it was stays. Any other was changed by somebody
 * since, and nothing of it is overwritten. No trigger and no rule of users runs; foreign keys are checked when all rows are in place.
 */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

struct Restored {
	int64 rows = 0; /* that were put back */
	std::map<std::string, int64> left; /* by table, the rows that somebody has changed since */
};

/* As the current user. accept: rows that somebody has changed since are left; else they are an error (SF017), and nothing is changed. */
Restored restore_rows(const std::string &version, const std::vector<std::string> &tables, bool accept);

/* The values of a column (schema.table.column) that is there again, for the rows that are still there; how many got one. direction: of the run that has dropped it. */
int64 restore_column(const std::string &version, const std::string &column, const char *direction = "up");

/*
 * Before the type of such a column is changed back: how many of the values that are kept were changed by others since. These stay what the change makes of
 * them, when that is accepted; else they are an error (SF017).
 */
int64 check_values(const std::string &version, const std::string &column, bool accept);

/*
 * Before a column of another type is given type back: how many of its values a cast to that would cut off, round or change otherwise. That is an error (SF017)
 * unless it is accepted. As the current user, who has to own the table (AccessExclusiveLock).
 */
int64 check_cast(const std::string &version, const std::string &column, const std::string &type, bool accept);

/* While one lives, revert() is at work, which accepts these; or a trial, in which nothing is accepted whatever the scripts say. */
class Accepting {
public:
	explicit Accepting(const std::vector<std::string> &words);
	static const std::vector<std::string> nothing;
	~Accepting();
	Accepting(const Accepting &) = delete;
	Accepting &operator=(const Accepting &) = delete;
	/* Nothing of what is done lasts. */
	static bool is_trial();
	/* Whether the revert of version that is under way accepts conflicts: as its caller says, or its scripts. */
	static bool conflicts(const std::string &version);

private:
	const std::vector<std::string> *outer_;
};

} // namespace surefoot

/*
 * The environment of a script: who it runs as and the settings that decide what its DDL means. It is recorded with the run and
 * set again, the same, in every later step, in resume and in revert.
 */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* name, value, name, value ...: the settings that decide what DDL means, as they are now. */
std::vector<std::string> essential_settings();

/*
 * The same and whatever else was SET in this session or by the script so far, for steps that other processes will run; of extensions'
 * and users' own settings only what was SET since the GUC level (0: all).
 */
std::vector<std::string> session_settings(int level);

/* Sets them until the current GUC level ends, or, for a worker, for the rest of its session. */
enum class Scope { level, session };
void apply_settings(const std::vector<std::string> &settings, Scope scope);

/*
 * Around a script in somebody's session. What it SETs, SET ROLE included, is undone at the end. A statement_timeout that comes
 * from the role's or database's defaults does not kill it; lock waits are bounded by surefoot.lock_timeout.
 */
class ScriptEnvironment {
public:
	ScriptEnvironment();
	~ScriptEnvironment();
	ScriptEnvironment(const ScriptEnvironment &) = delete;
	ScriptEnvironment &operator=(const ScriptEnvironment &) = delete;

	/* The GUC level of what the script SETs. */
	int level() const { return guc_level_; }

private:
	int guc_level_;
	int exceptions_;
	int outer_baseline_;
};

/* Arms the script's own statement_timeout for one statement; the server's loop arms it only for what a client sends. */
class StatementClock {
public:
	StatementClock();
	~StatementClock();
	StatementClock(const StatementClock &) = delete;
	StatementClock &operator=(const StatementClock &) = delete;

private:
	bool armed_;
};

} // namespace surefoot

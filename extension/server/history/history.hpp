/*
 * The state tables (schema surefoot), through fixed statements. The only file that reads or writes them for the engine.
 * Callers hold an Internal. Every change of a migration's state names the state that it must find.
 */
#pragma once

#include "core/object.hpp"
#include "core/version.hpp"
#include "server/plan/operations.hpp"
#include "server/script/script.hpp"
#include "server/spi.hpp"

namespace surefoot::history {

struct Migration {
	std::string version, number, name, up, state;
	std::string owner; /* the role whose scripts they are */
	std::optional<std::string> down, verify;
	int64 run = 0;
	bool derived = false; /* down is none that somebody wrote */
};

struct Place {
	std::string version, state;
};

/* A migration and what stands in its way, read at once. */
struct Situation {
	std::optional<Migration> migration;
	std::optional<Place> unfinished; /* another migration that is neither applied nor at rest */
	std::optional<Place> highest;    /* the highest applied version */
};

struct Run {
	int64 id = 0;
	std::string version, direction, state;
	std::string session_role, role;
	std::vector<std::string> settings; /* name, value, name, value ...: when the script began */
	std::vector<std::string> carried;  /* the same after its latest step */
	std::vector<std::string> accept;
	int launches = 1; /* how often its steps were queued */
	bool here = true; /* made on this system, in this database */
};

struct Step {
	int64 run = 0;
	int n = 0;
	OperationKind kind = OperationKind::transactional;
	std::string state;
	std::vector<Operation> operations;
};

/* Raises SF001 unless version is digits. */
std::string number_of(const std::string &version);

/* Whether two scripts are one text but for newlines at the end: psql's backquotes take one away, and editors add one. */
bool same_text(std::string_view a, std::string_view b);

/* The state as view surefoot.status has it: a queue that came here with a restore or a copy of the database is orphaned. */
std::string state_here(const std::string &state, int64 run);
Situation situation(const std::string &number);
std::optional<Migration> find(const std::string &number);
/* As it was registered: 0019 for 19; version itself when there is none. */
std::string version_of(const std::string &version);
/* Raises SF001 with the way to register it. */
Migration get(const std::string &number);

/* False when another session has registered that number meanwhile, which may have to be waited for. */
bool insert(const Migration &migration);
/* The same for whoever has the turn to register, without that look: raises SF004 in its stead. */
void insert_in_turn(const Migration &migration);
void update_scripts(const Migration &migration);
void set_owner(const Migration &migration, const std::string &owner);
/* from: the states it may be in, separated by commas. Raises when it is in another by now. */
void set_state(const std::string &version, const char *from, const char *to, int64 run);

int64 next_run();
void insert_run(const Run &run, TimestampTz started, XLogRecPtr wal, bool finished);
std::optional<Run> get_run(int64 id);
/* The newest run of version in direction that took effect ('done' or under way). */
std::optional<int64> last_run(const std::string &version, const char *direction);
void set_run_state(int64 id, const char *state, bool ended);
/*
 * Makes a run that has stopped, or that was restored from elsewhere, one that waits for a worker here, connected as session_role.
 * Returns which queueing of the run this is.
 */
int requeue_run(int64 id, const std::string &session_role);
/*
 * The migrations applied after this one that have changed what it has changed, or what depends on that, latest first. That is told
 * by roots, as text, and where only a part of an object depends on it, by the part's identity.
 */
std::vector<std::string> later_on_same_objects(const Migration &migration, const std::vector<std::string> &roots,
											   const std::vector<std::string> &parts);
/* From where run was started, when it is written down by another session. */
void set_origin(int64 id, const std::string &client_addr, const std::string &application);
/* What scripts have SET is of no use once no step is left. */
void forget_carried(const std::string &version);
void set_run_carried(int64 id, const std::vector<std::string> &carried);
void record_failure(int64 id, int step, const Error &error, const std::string &statement, int line, int column,
					const char *state);

void insert_done_step(int64 run, int n, TimestampTz started);
/* Replaces the pending steps of run from number n on. */
void store_steps(int64 run, int n, const std::vector<PlannedStep> &steps, const Script &script);
std::optional<Step> next_step(int64 run);
int unfinished_steps(int64 run);
/* Of the steps that are not done; only what says which statement each was made of. */
std::vector<Operation> unfinished_operations(int64 run);
void set_step_state(int64 run, int n, const char *state);

/* What the first step of run changed. */
void insert_effect(int64 run, const std::vector<core::Change> &changes);
/* Joins what one more step changed to the effect of run. */
void merge_effect(int64 run, const std::vector<core::Change> &changes);
std::vector<core::Change> effect(int64 run);
/*
 * What run has made, as it left it, but each with the address that the newest run has recorded which began before until: one that was dropped and brought back has
 * another since. Without an address where that was elsewhere, or the object was not there at its end.
 */
std::vector<core::Object> made_by(int64 run, int64 until);
void insert_skipped(int64 run, const std::vector<std::pair<std::string, std::string>> &objects);
std::vector<std::pair<std::string, std::string>> skipped(int64 run);

/*
 * The way back that was derived: of a run up, from its effect; of a run down, the one that it runs. way_back is one of
 * core::name_of(); reason says what does not come back.
 */
struct Derived {
	std::string script, way_back, reason;
};
void store_derived(int64 run, const Derived &derived);
std::optional<Derived> derived(int64 run);

/* What is kept of a migration that was applied and whose down script does not ask for it, and the statements that bring it back. */
struct KeptAside {
	std::string tables, command;
};
std::optional<KeptAside> kept_aside(const std::string &version);

/* A line of the history that says how far a run is. */
struct Event {
	int64 run;
	TimestampTz at;
	std::optional<int> step, line;
	std::string message, statement;
};
void log(const std::vector<Event> &events);
void log(int64 run, const char *level, std::optional<int> step, std::optional<int> line, const std::string &message,
		 const std::string &statement);

} // namespace surefoot::history

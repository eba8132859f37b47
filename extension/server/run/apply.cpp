#include "server/run/apply.hpp"

#include "jobs/launch.hpp"
#include "server/history/script_owner.hpp"
#include "server/keep/restore.hpp"
#include "server/plan/lock_table.hpp"
#include "server/plan/planned_script.hpp"
#include "server/reverse/chosen.hpp"
#include "server/reverse/derive.hpp"
#include "server/reverse/left_builds.hpp"
#include "server/run/conclude.hpp"
#include "server/run/environment.hpp"
#include "server/run/gate.hpp"
#include "server/run/order_back.hpp"
#include "server/run/role_fence.hpp"
#include "server/run/runner.hpp"
#include "server/run/undone_before.hpp"
#include "server/settings.hpp"
#include "server/trial/proof.hpp"

extern "C" {
#include "commands/trigger.h"
}

namespace surefoot {

namespace {

std::string role_name(Oid role)
{
	return pg_call([role] { return GetUserNameFromId(role, false); });
}

std::string call(const char *function, const std::string &version)
{
	return "SELECT " + function_prefix() + function + "('" + version + "');";
}

std::string queued(int steps)
{
	return "queued: " + std::to_string(steps) + (steps == 1 ? " step" : " steps");
}

/* Has a worker go on with a run that nobody works on; the steps that are left. */
std::string requeue(const history::Migration &migration, const history::Run &run)
{
	history::Migration planned = migration;
	use_derived(planned, run);
	refuse_changed_script(planned, run);
	const Oid session = worker_role(run);
	Internal internal;
	const int launch = history::requeue_run(run.id, role_name(session));
	history::set_state(migration.version, "queued,running,failed,reverting,orphaned",
					   run.direction == "up" ? "queued" : "reverting", run.id);
	launch_run(run.id, launch, session);
	return queued(history::unfinished_steps(run.id));
}

history::Run current_run(const history::Migration &migration)
{
	Internal internal;
	const std::optional<history::Run> run = history::get_run(migration.run);
	if (!run)
		throw Error("XX000", "the run of migration " + migration.version + " is missing");
	return *run;
}

/* What is left of a run whose worker was killed, or that came here with a copy of its database, is given up. */
void give_up_run(const history::Migration &migration)
{
	Internal internal;
	const std::optional<history::Step> step = history::next_step(migration.run);
	const Error error(sqlstate::step_failed, migration.state == "orphaned" ? "this database is a copy; its queue is not alive"
																		  : "the worker was interrupted");
	history::record_failure(migration.run, step ? step->n : 0, error, "", 0, 0, "failed");
	history::set_state(migration.version, "queued,running,reverting,orphaned", "failed", migration.run);
}

/* Code that commits by itself, and was under way when the server was stopped: of what it had committed there is no record. */
void warn_of_lost_code(const history::Migration &migration)
{
	if (migration.state != "running" && migration.state != "orphaned")
		return;
	std::optional<history::Step> step;
	{
		Internal internal;
		step = history::next_step(migration.run);
	}
	if (!step || step->state != "running" || step->kind != OperationKind::concurrent)
		return;
	const Operation &operation = step->operations.front();
	if (runs_code(Script(operation.sql, Script::Part{}).statements().front().raw->stmt))
		warn({migration.version, "up", migration.run, true},
			 "step " + std::to_string(step->n) + " was under way when the server was stopped: what its code had committed by then is not recorded, and stays");
}

[[noreturn]] void refuse_unfinished(const std::string &version)
{
	throw Error(sqlstate::busy, "migration " + version + " has steps to finish", "",
				"CALL " + function_prefix() + "migrate_wait('" + version + "'); or " + call("migrate_cancel", version));
}

/* Another migration that is not at rest stands in the way of everything. */
void refuse_if_busy(const history::Situation &situation)
{
	if (!situation.unfinished)
		return;
	const history::Place &other = *situation.unfinished;
	if (other.state == "failed" || other.state == "orphaned")
		throw Error(sqlstate::busy, "migration " + other.version + " is " + other.state + " and comes first", "",
					call("migrate_resume", other.version) + " or " + call("migrate_revert", other.version));
	refuse_unfinished(other.version);
}

history::Migration need(const history::Situation &situation, const std::string &version)
{
	if (!situation.migration)
		throw Error(sqlstate::not_registered, "migration " + version + " is not registered", "",
					"SELECT " + function_prefix() + "migrate_register('" + version + "', 'name', 'up script');");
	return *situation.migration;
}

/* The way back goes newest first, unless nothing that came later has to do with it. */
void refuse_if_others_depend(const history::Migration &migration)
{
	const std::vector<std::string> later = to_revert_before(migration);
	if (!later.empty())
		throw Error(sqlstate::out_of_order, cannot_be_reverted_before(migration, later), order_reason, call("migrate_revert", later.front()));
}

/* A run that has begun, with what it has to remember of its start. */
struct Begun {
	history::Run run;
	Speaker speaker;
	TimestampTz started = GetCurrentTimestamp();
	XLogRecPtr wal = GetXLogInsertRecPtr();
};

Begun begin(const history::Migration &migration, const char *direction, const std::vector<std::string> &accept)
{
	Begun begun;
	begun.run.version = migration.version;
	begun.run.direction = direction;
	begun.run.session_role = role_name(GetSessionUserId());
	begun.run.role = role_name(GetUserId());
	begun.run.settings = essential_settings();
	begun.run.accept = accept;
	{
		Internal internal;
		begun.run.id = history::next_run();
	}
	begun.speaker = {migration.version, direction, begun.run.id, true};
	forget_journal();
	say_with_next(begun.speaker, "started");
	return begun;
}

/* Refuses before anything runs what could not end well: session objects across steps, more locks than the server has. */
void check_plan(const Script &script)
{
	/* A script of one statement has no boundary, and takes no locks to speak of. */
	if (script.statements().size() < 2)
		return;
	const std::vector<PlannedStep> steps = plan_steps(script, 0, Created());
	check_boundaries(script, steps);
	refuse_lock_exhaustion(script, steps);
}

/*
 * Runs the leading transactional step of script in the caller's transaction and queues what is left. An error goes to the history
 * through a worker, because this transaction is about to be rolled back.
 */
std::string run_script(Begun &begun, const history::Migration &migration, const std::string &text, const Rules &rules,
					   const std::vector<std::string> &settings,
					   const std::function<void(const Script &, Recorder &, const StepResult &, bool)> &check)
{
	history::Run &run = begun.run;
	bool holds_locks = false; /* of the step; when that fails by itself, they are gone */
	try {
		StepResult result;
		const Script script(text);
		check_plan(script);
		{
			ScriptEnvironment environment;
			apply_settings(settings, Scope::level);
			const Oid role = role_named(run.role);
			for (const Statement &statement : script.statements())
				refuse_role_change(script, statement, role);
			RoleFence fence(role);
			result = run_transaction_step(begun.speaker, script, 1, {{}, 0}, Created(), rules,
										  [&](Recorder &recorder, const StepResult &done, bool patient) {
											  if (check)
												  check(script, recorder, done, patient);
										  });
			if (!result.rest.empty())
				run.carried = session_settings(environment.level());
		}
		holds_locks = true;
		const bool more = !result.rest.empty();
		const Oid session = more ? worker_role(run) : InvalidOid;
		{
			Internal internal;
			run.state = more ? "queued" : "done";
			history::insert_run(run, begun.started, begun.wal, !more);
			if (!result.all_is_rest)
				history::insert_done_step(run.id, 1, begun.started);
			history::insert_effect(run.id, result.changes);
			history::insert_skipped(run.id, result.skipped);
			if (more) {
				history::store_steps(run.id, result.all_is_rest ? 1 : 2, result.rest, script);
				history::set_state(migration.version, "registered,reverted,applied,failed,orphaned",
								   run.direction == "up" ? "queued" : "reverting", run.id);
			}
		}
		if (!more) {
			conclude(begun.speaker, migration, run, &result.changes);
			write_journal();
			return run.direction == "up" ? "applied" : "reverted";
		}
		launch_run(run.id, run.launches, session);
		const std::string answer = queued(static_cast<int>(result.rest.size()));
		say(begun.speaker, answer);
		write_journal();
		return answer;
	} catch (Error &error) {
		mask_error(error);
		Attempt attempt;
		attempt.version = migration.version;
		attempt.direction = run.direction;
		attempt.role = run.role;
		attempt.settings = run.settings;
		attempt.started = begun.started;
		attempt.wal = begun.wal;
		attempt.error = error;
		attempt.statement = error.script_statement;
		attempt.line = error.script_line;
		attempt.column = error.script_column;
		constexpr int patience = 3000; /* ms */
		record_attempt(attempt, holds_locks ? std::min(settings::lock_timeout, patience) : patience);
		if (error.hint.empty())
			error.hint = error.is("57014")       ? "Nothing was changed."
						 : begun.speaker.derived ? "Nothing was changed. " + advice_on_derived(migration.version)
												 : "Nothing was changed. Mend the script, then run it again.";
		throw;
	}
}

/* What cannot be walked back is applied when somebody has said that it is meant. */
void refuse_irreversible(const Speaker &speaker, const Script &script, const history::Derived &derived)
{
	if (!settings::allow_no_way_back && !script.directives().accepts("no-way-back"))
		throw Error(sqlstate::irreversible, "migration " + speaker.version + " has no way back", derived.reason,
					"Nothing was changed. Write a down script; or, when it is meant, say so in the up script: "
					"-- surefoot: accept=no-way-back");
	warn(speaker, "there is no way back: " + derived.reason);
}

/* How every change of state begins: is this session fit for it, is it alone, and where does the migration stand? */
history::Situation enter(const std::string &version)
{
	check_session();
	const std::string number = history::number_of(version);
	refuse_after_queueing();
	take_gate();
	Internal internal;
	return history::situation(number);
}

} // namespace

std::string apply(const std::string &version)
{
	const history::Situation situation = enter(version);
	const history::Migration migration = need(situation, version);
	if (migration.state == "applied")
		return "already applied";
	refuse_if_busy(situation);
	if (migration.state == "queued" || migration.state == "running") {
		if (job_holder(migration.run) == 0) {
			warn_of_lost_code(migration);
			return requeue(migration, current_run(migration));
		}
		Internal internal;
		return queued(history::unfinished_steps(migration.run));
	}
	if (migration.state == "reverting")
		refuse_unfinished(migration.version);
	if (migration.state != "registered" && migration.state != "reverted")
		throw Error(migration.state == "orphaned" ? sqlstate::orphaned : sqlstate::step_failed,
					"migration " + migration.version + " is " + migration.state, "",
					call("migrate_resume", migration.version) + " or " + call("migrate_revert", migration.version));
	if (situation.highest && !settings::allow_out_of_order &&
		core::version_less(migration.number, core::version_number(situation.highest->version)))
		throw Error(sqlstate::out_of_order,
					"migration " + migration.version + " comes before " + situation.highest->version +
						", which is applied already",
					"", "If it is meant: SET surefoot.allow_out_of_order = on;");

	refuse_foreign_scripts(migration);
	Begun begun = begin(migration, "up", {});
	std::optional<history::Derived> derived;
	const std::string answer = run_script(begun, migration, migration.up, {}, {},
										  [&](const Script &script, Recorder &recorder, const StepResult &done, bool patient) {
											  derived = prove(begun.speaker, migration, script, recorder, done, patient);
											  if (derived && derived->way_back == core::name_of(core::WayBack::none))
												  refuse_irreversible(begun.speaker, script, *derived);
											  else if (derived && derived->way_back == core::name_of(core::WayBack::exact) && !derived->reason.empty())
												  say(begun.speaker, "way back: " + derived->reason);
										  });
	if (derived) {
		Internal internal;
		history::store_derived(begun.run.id, *derived);
	}
	return answer;
}

std::string revert(const std::string &version, const std::vector<std::string> &accept)
{
	const history::Situation situation = enter(version);
	history::Migration migration = need(situation, version);
	if (migration.state == "registered" || migration.state == "reverted")
		return "not applied";
	refuse_if_busy(situation);
	if (migration.state == "reverting") {
		const history::Run run = current_run(migration);
		history::Migration planned = migration;
		use_derived(planned, run);
		const bool alone = job_holder(run.id) == 0;
		if (alone && is_as_planned(planned, run))
			return requeue(migration, run);
		if (!alone) {
			Internal internal;
			return queued(history::unfinished_steps(run.id));
		}
	}
	if (migration.state != "applied" && migration.state != "failed") {
		if (migration.state != "orphaned" && !keep_workers_away(migration.run))
			refuse_unfinished(migration.version);
		warn_of_lost_code(migration);
		give_up_run(migration);
		migration.state = "failed";
	}
	refuse_if_others_depend(migration);

	/* The way back sees the names and the role that the way there saw. */
	const bool applied = migration.state == "applied";
	std::vector<std::string> settings;
	std::string role = role_name(GetUserId());
	std::optional<int64> up;
	Rules rules;
	{
		Internal internal;
		rules.avoid = avoided(migration);
		up = history::last_run(migration.version, "up");
		if (up) {
			const history::Run there = *history::get_run(*up);
			settings = there.settings;
			role = there.role;
		}
	}
	history::Run back;
	back.version = migration.version;
	back.role = role;
	refuse_foreign_run(back, "revert");
	const std::vector<std::string> essential = settings;
	if (role != role_name(GetUserId())) {
		settings.push_back("role");
		settings.push_back(role);
	}
	if (up && !applied && !migration.down)
		record_left_builds(*up);
	const std::optional<history::Derived> derived = choose_way_back(migration, applied, settings, role, accept);
	if (derived)
		refuse_strangers_now({migration.version, "down", 0, false}, migration, accept);

	std::optional<history::KeptAside> aside;
	if (!derived && applied) {
		const Internal internal;
		aside = history::kept_aside(migration.version);
	}
	const Accepting accepting(accept);
	rules.undone_before = undone_before(migration, {});
	Begun begun = begin(migration, "down", accept);
	if (aside)
		say(begun.speaker, "the down script does not ask for the rows of " + aside->tables + " that are kept; to have them back: " + aside->command);
	if (!essential.empty())
		begun.run.settings = essential;
	begun.run.role = role;
	begun.speaker.derived = migration.derived;
	if (derived) {
		rules.avoid.clear(); /* it makes anew what was there before as well */
		if (!derived->reason.empty())
			say(begun.speaker, derived->way_back + ": " + derived->reason);
		Internal internal;
		history::store_derived(begun.run.id, *derived);
	}
	if (migration.derived && *migration.down == nothing_to_undo)
		say(begun.speaker, "nothing to undo");
	return run_script(begun, migration, *migration.down, rules, settings, {});
}

std::string resume(const std::string &version)
{
	const history::Situation situation = enter(version);
	const history::Migration migration = need(situation, version);
	const std::string &state = migration.state;
	if (state == "applied" || state == "registered" || state == "reverted")
		throw Error(sqlstate::step_failed, "migration " + migration.version + " has nothing to resume", "It is " + state + ".");
	if (state == "orphaned" || job_holder(migration.run) == 0) {
		warn_of_lost_code(migration);
		return requeue(migration, current_run(migration));
	}
	Internal internal;
	return queued(history::unfinished_steps(migration.run));
}

std::string cancel(const std::string &version)
{
	check_session();
	const std::string number = history::number_of(version);
	take_gate();
	history::Migration migration;
	{
		Internal internal;
		migration = history::get(number);
	}
	if (migration.state != "queued" && migration.state != "running" && migration.state != "reverting")
		return "nothing to cancel";
	refuse_foreign_run(current_run(migration), "cancel");
	if (!keep_workers_away(migration.run)) {
		/* The worker aborts its statement, removes what it left, and writes the state itself. */
		interrupt_worker(migration.run);
		return "cancelling";
	}
	Internal internal;
	const Error error("57014", "cancelled before the step had begun", "",
					  call("migrate_resume", migration.version) + " or " + call("migrate_revert", migration.version));
	const std::optional<history::Step> step = history::next_step(migration.run);
	history::record_failure(migration.run, step ? step->n : 0, error, "", 0, 0, "cancelled");
	history::set_state(migration.version, "queued,running,reverting", "failed", migration.run);
	return "cancelled";
}

} // namespace surefoot

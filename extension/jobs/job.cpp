#include "jobs/job.hpp"

#include "server/plan/planned_script.hpp"
#include "server/reverse/left_builds.hpp"
#include "server/run/conclude.hpp"
#include "server/run/environment.hpp"
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

struct Work {
	history::Run run;
	history::Migration migration;
	std::optional<history::Step> step;
	const std::string &script() const { return script_text(migration, run); }
	Speaker speaker() const { return {migration.version, run.direction, run.id, false, migration.derived}; }
};

/* Reads where run stands; nothing when it is not to be worked on. */
std::optional<Work> look_at(int64 id)
{
	Internal internal;
	std::optional<history::Run> run = history::get_run(id);
	if (!run || run->state != "queued" || !run->here)
		return std::nullopt;
	Work work{*run, history::get(core::version_number(run->version)), history::next_step(id)};
	if (run->direction == "down" && !work.migration.down)
		if (const std::optional<history::Derived> derived = history::derived(id)) {
			work.migration.down = derived->script;
			work.migration.derived = true;
		}
	return work;
}

/* The same, and marks the next step as running. */
std::optional<Work> pick_up(int64 id)
{
	std::optional<Work> work;
	in_transaction([&] {
		work = look_at(id);
		if (!work)
			return;
		Internal internal;
		if (work->run.direction == "up")
			history::set_state(work->migration.version, "queued,running", "running", id);
		/* A concurrent step runs when its effect is about to be recorded. */
		if (work->step && work->step->kind == OperationKind::transactional)
			history::set_step_state(id, work->step->n, "running");
	});
	return work;
}

/* What the statements before the step have made, in transactions that are committed. */
Created made_before(const Script &script, const history::Step &step)
{
	Created made;
	for (size_t s = 0; s < step.operations.front().statement; s++)
		made.add(script.statement(s));
	made.new_transaction();
	return made;
}

void run_transactional(const Work &work)
{
	const history::Step &step = *work.step;
	in_transaction([&] {
		const Script script(work.script());
		refuse_changed_script(work.run, script, step.operations);
		/* The lock timeout of ordinary steps; a script's own comes with what it carried. */
		pg_call([] {
			char wait[32];
			pg_snprintf(wait, sizeof(wait), "%d", settings::lock_timeout);
			SetConfigOption("lock_timeout", wait, PGC_USERSET, PGC_S_SESSION);
		});
		apply_settings(work.run.carried, Scope::session);
		Rules rules;
		if (work.run.direction == "down") {
			Internal internal;
			rules.avoid = avoided(work.migration);
			rules.undone_before = undone_before(work.migration, work.run.id);
		}
		const StepResult result = [&] {
			RoleFence fence(role_named(work.run.role));
			return run_transaction_step(work.speaker(), script, step.n, {step.operations, script.statements().size()},
										made_before(script, step), rules, {});
		}();
		const std::vector<std::string> carried = session_settings(0);
		Internal internal;
		history::merge_effect(work.run.id, result.changes);
		history::insert_skipped(work.run.id, result.skipped);
		history::set_step_state(work.run.id, step.n, "done");
		history::set_run_carried(work.run.id, carried);
		if (!result.rest.empty())
			history::store_steps(work.run.id, step.n + 1, result.rest, script);
	});
}

void run_concurrent(const Work &work)
{
	const history::Step &step = *work.step;
	in_transaction([&] {
		apply_settings(work.run.carried, Scope::session);
		/* Its waits are harmless, and a timeout in them would leave an invalid index. */
		pg_call([] { SetConfigOption("lock_timeout", "0", PGC_USERSET, PGC_S_SESSION); });
		const Operation &operation = step.operations.front();
		say_statement(work.speaker(), step.n, operation.line, mask_secrets(operation.sql));
	});
	run_concurrent_step(work.run.id, step);
}

/* Says where in the script operation is; the script may be another one by now. */
void locate(Error &error, const Work &work, const Operation &operation)
{
	error.script_statement = mask_secrets(operation.sql);
	error.script_line = operation.line;
	if (!is_as_planned(work.migration, work.run))
		return;
	const Script script(work.script());
	locate_error(error, work.speaker(), script, work.step->n, operation);
}

/* Writes down why the run stopped; the migration is failed at that step until it is resumed or reverted. */
void write_failure(int64 run, Error error)
{
	mask_error(error);
	in_transaction([&] {
		const std::optional<Work> work = look_at(run);
		if (!work)
			return;
		const int n = work->step ? work->step->n : 0;
		std::string statement;
		int line = 0, column = 0;
		if (work->step && !work->step->operations.empty()) {
			const Operation &operation = work->step->operations.front();
			statement = mask_secrets(operation.sql);
			if (!error.context.starts_with("migration "))
				locate(error, *work, operation);
			if (error.hint.empty() && work->speaker().derived)
				error.hint = advice_on_derived(work->migration.version);
			line = error.script_line;
			column = error.script_column;
		}
		/* Whoever reverts does not see from a step that has failed whether its build had begun. */
		if (work->step && work->step->kind == OperationKind::concurrent)
			record_left_builds(run);
		Internal internal;
		const bool cancelled = error.is("57014");
		history::record_failure(run, n, error, statement, line, column, cancelled ? "cancelled" : "failed");
		if (work->step)
			history::set_step_state(run, n, "failed");
		history::set_state(work->migration.version, "queued,running,reverting", "failed", run);
		history::log(run, "error", n, line, error.message, statement);
		const std::string text = "migration " + work->run.version + " " + work->run.direction + " failed in step " +
								 std::to_string(n) + ": " + error.message;
		const char *message = text.c_str();
		pg_call([message] { ereport(LOG, (errmsg_internal("%s", message))); });
	});
}

/* The last transaction of a run: validation, and the state that it has come to. */
void finish(const Work &work)
{
	in_transaction([&] {
		std::vector<std::string> settings = work.run.settings;
		/* What the script has SET is over, its role too. */
		settings.push_back("role");
		settings.push_back(work.run.role);
		apply_settings(settings, Scope::session);
		conclude(work.speaker(), work.migration, work.run, nullptr);
	});
}

} // namespace

void work_off(int64 run)
{
	for (;;) {
		try {
			const std::optional<Work> work = pick_up(run);
			if (!work)
				return;
			if (!work->step) {
				finish(*work);
				return;
			}
			if (work->step->kind == OperationKind::concurrent)
				run_concurrent(*work);
			else
				run_transactional(*work);
		} catch (Error &error) {
			abort_transaction(run);
			/* Whoever cancels twice gets the same record. */
			without_cancel([&] { write_failure(run, error); });
			return;
		}
	}
}

} // namespace surefoot

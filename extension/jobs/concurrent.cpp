/*
 * One concurrent step: a statement that commits on its own, so that its traces may be there although it did not end.
 *
 * What it comes to is read from the catalog, never from the command's end: an index counts when it is valid. Its effect is recorded
 * before it begins, as if all that it touches would be gone, and again when it has ended, so that a step which was killed half way
 * can still be told from one that never began.
 */
#include "jobs/debris.hpp"
#include "jobs/job.hpp"
#include "jobs/toplevel.hpp"
#include "server/catalog/definitions.hpp"
#include "server/existing/existing.hpp"
#include "server/record/recorder.hpp"
#include "server/run/waiting.hpp"
#include "server/script/targets.hpp"
#include "server/settings.hpp"

namespace surefoot {

namespace {

/* Two builds on one table can still deadlock, and one of them is chosen to die: that is worth another try. */
constexpr int tries_after_deadlock = 5;

/* Definitions of what the statement is about. The locks go at the end of the transaction. */
struct Seen {
	std::vector<ObjectAddress> roots;
	core::Objects objects;
};

Seen look(const std::string &sql)
{
	Seen seen;
	in_transaction([&] {
		const Script script(sql, Script::Part{});
		lock_targets(
			script.statements().front().raw->stmt,
			[&seen](const ObjectAddress &found) {
				const ObjectAddress root = catalog::root_of(found.classId, found.objectId, found.objectSubId);
				if (OidIsValid(root.classId))
					seen.roots.push_back(root);
			},
			[](Oid) {});
		seen.objects = catalog::read_definitions(seen.roots);
	});
	return seen;
}

core::Objects look_again(const Seen &seen)
{
	core::Objects objects;
	in_transaction([&] { objects = catalog::read_definitions(seen.roots); });
	return objects;
}

/* Every object of before, as it is in after; nothing of it is left out, though it be the same. */
std::vector<core::Change> all_changes(const core::Objects &before, const core::Objects &after)
{
	std::vector<core::Change> changes = core::difference(before, after);
	for (const core::Object &object : before)
		if (const core::Object *same = after.find(object.kind, object.identity))
			if (core::equal(object, *same))
				changes.push_back({object, *same});
	return changes;
}

void record(int64 run, const history::Step &step, const std::vector<core::Change> &changes)
{
	in_transaction([&] {
		Internal internal;
		history::merge_effect(run, changes);
		history::set_step_state(run, step.n, "running");
	});
}

/* As if all of it went. What an earlier step has made was not there at first, and would be no effect at all then. */
std::vector<core::Change> what_may_go(int64 run, const core::Objects &before)
{
	std::vector<core::Change> changes = core::difference(before, {});
	in_transaction([&] {
		Internal internal;
		for (const core::Change &known : history::effect(run))
			if (!known.before)
				std::erase_if(changes, [&known](const core::Change &change) {
					return change.before->kind == known.after->kind && change.before->identity == known.after->identity;
				});
	});
	return changes;
}

/* What a killed step was about, as it had recorded that: the statement does not name all of it any more. Those there before it. */
core::Objects look_at_recorded(int64 run, Seen &seen)
{
	core::Objects before;
	in_transaction([&] {
		std::vector<core::Change> effect;
		{
			Internal internal;
			effect = history::effect(run);
		}
		for (const core::Change &change : effect)
			if (const std::optional<ObjectAddress> root = catalog::resolve_root(change.object().root))
				if (std::none_of(seen.roots.begin(), seen.roots.end(), [&root](const ObjectAddress &known) {
						return known.classId == root->classId && known.objectId == root->objectId;
					}))
					seen.roots.push_back(*root);
		seen.objects = catalog::read_definitions(seen.roots);
		for (const core::Change &change : effect)
			if (change.before)
				before.add(*change.before);
			else
				before.add(*change.after); /* made by an earlier step */
	});
	return before;
}

void finish_step(int64 run, const history::Step &step, const std::vector<core::Change> &changes, const Avoid &skipped = {})
{
	in_transaction([&] {
		Internal internal;
		history::merge_effect(run, changes);
		history::insert_skipped(run, skipped);
		history::set_step_state(run, step.n, "done");
	});
}

void warn(int64 run, const history::Step &step, const std::string &message, const std::string &about)
{
	in_transaction([&] {
		Internal internal;
		history::log(run, "warning", step.n, std::nullopt, message, about);
	});
}

/* Removes what a failed statement has left, if it can be had soon: what stays is removed when the step is run again. */
void clean_up(int64 run, const history::Step &step, const std::vector<std::string> &debris)
{
	constexpr int patience = 5; /* s */
	for (const std::string &index : debris) {
		try {
			run_toplevel("DROP INDEX CONCURRENTLY IF EXISTS " + index, in_seconds(patience));
		} catch (Error &error) {
			abort_transaction(run);
			warn(run, step, "an invalid index is left because it is in use; resume and revert remove it", index);
		}
	}
}

/* An error of a statement that had a deadline, in the words of the setting that set it. */
void explain_deadline(Error &error, Deadline deadline)
{
	if (error.is("57014") && is_over(deadline)) {
		error.message = "the statement took longer than surefoot.build_deadline allows";
		error.hint = "Allow more time: SET surefoot.build_deadline = '" + std::to_string(2 * settings::build_deadline) + "s';";
	}
}

/*
 * A valid index of the name is there. Made by somebody else after the step was planned: the same, it is theirs and stays when this
 * migration is reverted; another one is an error. Nothing when it has gone meanwhile. Strong locks may be needed for the comparison,
 * so they are sought in short attempts. silent: nothing is said of what is the same.
 */
Avoid compare_with_existing(int64 run, const Operation &operation, bool silent = false)
{
	const Deadline deadline = in_seconds(settings::lock_retry);
	Backoff backoff;
	for (;;) {
		try {
			Avoid skipped;
			in_transaction([&] {
				const std::string timeout = std::to_string(settings::lock_timeout);
				const char *wait = timeout.c_str();
				pg_call([wait] {
					(void)set_config_option("lock_timeout", wait, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
				});
				const Script script(operation.sql, Script::Part{});
				const size_t mark = journal_mark();
				skipped = without_existing({"", "up", run, false}, script.statements().front()).skipped;
				if (silent)
					forget_journal(mark);
			});
			return skipped;
		} catch (Error &error) {
			if (error.is(sqlstate::object_differs)) {
				/* Nor does the way back touch it. */
				abort_transaction(run);
				const std::string index = index_text(operation);
				in_transaction([&] {
					Internal internal;
					history::insert_skipped(run, {{"index", index}});
				});
			}
			if (!error.is("55P03") || is_over(deadline))
				throw;
			abort_transaction(run);
		}
		backoff.pause();
	}
}

/* An invalid index of the name that the build wants is what a dead build has left, unless it is somebody else's. */
void clear_the_way(int64 run, const history::Step &step, const Operation &operation, const IndexState &state, Deadline deadline)
{
	const std::string index = index_text(operation);
	if (!state.on_table)
		throw Error(sqlstate::object_differs, "index " + index + " exists already, on another table", "It is not valid.",
					"Drop it, or give the new index another name; then resume.");
	if (state.builder != 0)
		throw Error(sqlstate::busy, "index " + index + " is being built by another session",
					"The process is " + std::to_string(state.builder) + ".", "Wait for it to end, then resume.");
	warn(run, step, "an invalid index that an earlier build has left is dropped and built again", index);
	run_toplevel("DROP INDEX CONCURRENTLY IF EXISTS " + index, deadline);
}

struct Build {
	Oid locked = InvalidOid;
	bool is_there = false; /* a valid index had the name before anything was built */
};

/*
 * One attempt; a lock on the table keeps other builds of it away, and is had without a snapshot that they would wait for. It is held
 * until the effect is recorded, which then need not wait for anything. The step counts as begun when nothing is in its way any more: an
 * invalid index that is found after a kill is then the step's own.
 */
Build try_build(int64 run, const history::Step &step, const Operation &operation, Deadline deadline)
{
	IndexState state = read_index_state(operation);
	const Oid table = state.table;
	if (OidIsValid(table)) {
		lock_table(table, deadline);
		state = read_index_state(operation);
	}
	if (state.exists && !state.valid)
		clear_the_way(run, step, operation, state, deadline);
	if (!state.valid) {
		record(run, step, {});
		run_toplevel(operation.sql, deadline);
	}
	return {table, state.valid};
}

void record_index(int64 run, const history::Step &step, const Operation &operation)
{
	if (!read_index_state(operation).valid)
		throw Error(sqlstate::step_failed, "index " + index_text(operation) + " is not valid after its build", "",
					"Resume the migration to build it again.");
	const Seen after = look(operation.sql);
	std::vector<core::Change> changes;
	if (const core::Object *index = after.objects.find("index", index_text(operation)))
		changes.push_back({std::nullopt, *index});
	finish_step(run, step, changes);
}

/* Ends the step, whose index somebody else has made. What an earlier attempt has left of its own is gone then, and no effect. */
void pass_over(int64 run, const history::Step &step, const Operation &operation, const Avoid &skipped)
{
	const std::string index = index_text(operation);
	std::vector<core::Change> changes;
	in_transaction([&] {
		Internal internal;
		for (const core::Change &known : history::effect(run))
			if (!known.before && known.after->kind == "index" && known.after->identity == index)
				changes.push_back({known.after, std::nullopt});
	});
	finish_step(run, step, changes, skipped);
}

void build_index(int64 run, const history::Step &step, const Operation &operation)
{
	/* A step that was killed may have ended its build; one that has failed has left nothing. Nobody else's counts as that. */
	bool is_ours = false;
	if (read_index_state(operation).valid) {
		const bool interrupted = step.state == "running";
		const Avoid skipped = compare_with_existing(run, operation, interrupted);
		is_ours = interrupted && !skipped.empty();
		if (!interrupted && !skipped.empty()) {
			pass_over(run, step, operation, skipped);
			return;
		}
	}
	const Deadline deadline = in_seconds(settings::build_deadline);
	Build build;
	for (int n = 1;; n++) {
		try {
			build = try_build(run, step, operation, deadline);
			if (build.is_there && !is_ours) {
				if (OidIsValid(build.locked))
					unlock_table(build.locked);
				const Avoid skipped = compare_with_existing(run, operation);
				if (skipped.empty())
					continue;
				pass_over(run, step, operation, skipped);
				return;
			}
			break;
		} catch (Error &error) {
			explain_deadline(error, deadline);
			abort_transaction(run);
			const IndexState left = read_index_state(operation);
			if (left.exists && !left.valid && left.on_table && left.builder == 0)
				clean_up(run, step, {index_text(operation)});
			if (!error.is("40P01") || n == tries_after_deadlock)
				throw;
		}
	}
	without_cancel([&] { record_index(run, step, operation); });
	if (OidIsValid(build.locked))
		unlock_table(build.locked);
}

/* What DO and CALL change is seen while they run, in whatever transactions. */
bool code_runs(const std::string &sql)
{
	bool result = false;
	in_transaction([&] { result = runs_code(Script(sql, Script::Part{}).statements().front().raw->stmt); });
	return result;
}

void add_recorded(std::vector<core::Change> &changes, std::optional<Recorder> &recorder)
{
	if (!recorder)
		return;
	in_transaction([&] {
		for (core::Change &change : recorder->changes())
			changes.push_back(std::move(change));
	});
	recorder.reset();
}

void run_other(int64 run, const history::Step &step, const Operation &operation)
{
	const Deadline deadline = in_seconds(settings::build_deadline);
	const bool interrupted = step.state == "running";
	for (int n = 1;; n++) {
		Seen seen = look(operation.sql);
		const core::Objects before = interrupted ? look_at_recorded(run, seen) : seen.objects;
		clean_up(run, step, reindex_debris(operation.sql));
		record(run, step, what_may_go(run, before));
		const std::optional<std::string> sql = what_is_left(operation.sql, interrupted);
		std::optional<Recorder> recorder;
		if (sql && code_runs(*sql))
			recorder.emplace();
		try {
			if (sql)
				run_toplevel(*sql, deadline);
			std::vector<core::Change> changes = all_changes(before, look_again(seen));
			add_recorded(changes, recorder);
			finish_step(run, step, changes);
			return;
		} catch (Error &error) {
			explain_deadline(error, deadline);
			abort_transaction(run);
			clean_up(run, step, reindex_debris(operation.sql));
			std::vector<core::Change> changes = all_changes(before, look_again(seen));
			add_recorded(changes, recorder);
			record(run, step, changes);
			if (!error.is("40P01") || n == tries_after_deadlock)
				throw;
		}
	}
}

} // namespace

void run_concurrent_step(int64 run, const history::Step &step)
{
	const Operation &operation = step.operations.front();
	if (operation.index_name.empty())
		run_other(run, step, operation);
	else
		build_index(run, step, operation);
}

} // namespace surefoot

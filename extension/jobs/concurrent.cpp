/*
 * One concurrent step: a statement that commits on its own, so that its traces may be there although it did not end.
 *
 * Success is read from the catalog (indisvalid), never from the command's end. An index that a dead build has left invalid is
 * dropped and built again; one that somebody else is building at this moment is not touched.
 */
#include "jobs/job.hpp"
#include "jobs/toplevel.hpp"
#include "server/catalog/definitions.hpp"
#include "server/environment.hpp"
#include "server/settings.hpp"
#include "server/targets.hpp"
#include "server/waiting.hpp"

namespace surefoot {

namespace {

/* Two builds on one table deadlock, and one of them is chosen to die: that is worth another try. */
constexpr int tries_after_deadlock = 5;

struct IndexState {
	bool exists = false, valid = false;
	int builder = 0; /* pid of who is building it now */
};

IndexState index_state(const Operation &operation)
{
	static Query query("SELECT i.indisvalid, coalesce((SELECT p.pid FROM pg_stat_progress_create_index p "
					   "WHERE p.index_relid = c.oid LIMIT 1), 0) "
					   "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_index i ON i.indexrelid = c.oid "
					   "WHERE n.nspname = $1 AND c.relname = $2",
					   {TEXTOID, TEXTOID});
	Internal internal;
	const Rows rows = query.run({operation.index_schema, operation.index_name});
	IndexState state;
	if (!rows.empty()) {
		state.exists = true;
		state.valid = rows.flag(0, 0);
		state.builder = static_cast<int>(rows.number(0, 1));
	}
	return state;
}

IndexState read_index_state(const Operation &operation)
{
	IndexState state;
	in_transaction([&] { state = index_state(operation); });
	return state;
}

std::string qualified(const Operation &operation)
{
	const char *schema = operation.index_schema.c_str(), *name = operation.index_name.c_str();
	return pg_call([schema, name] { return quote_qualified_identifier(schema, name); });
}

/* What the statement is about, and its definitions now. The locks go at the end of the transaction. */
std::pair<std::vector<ObjectAddress>, core::Objects> look(const std::string &sql)
{
	std::vector<ObjectAddress> roots;
	core::Objects objects;
	in_transaction([&] {
		const Script script(sql);
		lock_targets(
			script.statements().front().raw->stmt,
			[&roots](const ObjectAddress &found) {
				const ObjectAddress root = catalog::root_of(found.classId, found.objectId, found.objectSubId);
				if (OidIsValid(root.classId))
					roots.push_back(root);
			},
			[](Oid) {});
		objects = catalog::read_definitions(roots);
	});
	return {roots, objects};
}

void drop_carcass(const Operation &operation)
{
	std::string sql;
	in_transaction([&] { sql = "DROP INDEX CONCURRENTLY IF EXISTS " + qualified(operation); });
	run_toplevel(sql, 0);
}

/* An invalid index of the name that the build wants: what a dead build has left. */
void clear_the_way(int64 run, const history::Step &step, const Operation &operation)
{
	const IndexState state = read_index_state(operation);
	if (!state.exists || state.valid)
		return;
	if (state.builder != 0)
		throw Error(sqlstate::busy,
					"index \"" + operation.index_schema + "." + operation.index_name + "\" is being built by another session",
					"The process is " + std::to_string(state.builder) + ".", "Wait for it to end, then resume.");
	in_transaction([&] {
		Internal internal;
		history::log(run, "warning", step.n, std::nullopt,
					 "an invalid index that an earlier build has left is dropped and built again", operation.index_name);
	});
	drop_carcass(operation);
}

void finish_step(int64 run, const history::Step &step, const std::vector<core::Change> &changes)
{
	in_transaction([&] {
		Internal internal;
		history::merge_effect(run, changes);
		history::set_step_state(run, step.n, "done");
	});
}

/* A valid index was there before the step: that it is the one which is wanted has been seen when the step was planned or begun. */
void build_index(int64 run, const history::Step &step, const Operation &operation)
{
	IndexState state = read_index_state(operation);
	if (!state.exists || !state.valid) {
		clear_the_way(run, step, operation);
		for (int n = 1;; n++) {
			try {
				run_toplevel(operation.sql, 1000 * settings::build_deadline);
				break;
			} catch (Error &error) {
				abort_transaction(run);
				const bool again = error.is("40P01") && n < tries_after_deadlock;
				const IndexState left = read_index_state(operation);
				if (left.exists && !left.valid && left.builder == 0)
					drop_carcass(operation);
				if (!again) {
					if (error.is("57014") && error.message.find("statement timeout") != std::string::npos)
						error.message = "the build took longer than surefoot.build_deadline allows";
					throw;
				}
			}
		}
		state = read_index_state(operation);
		if (!state.exists || !state.valid)
			throw Error(sqlstate::step_failed, "index \"" + operation.index_name + "\" is not valid after its build", "",
						"Resume the migration to build it again.");
	}
	auto [roots, after] = look(operation.sql);
	std::vector<core::Change> changes;
	std::string name;
	in_transaction([&] { name = qualified(operation); });
	if (const core::Object *index = after.find("index", name))
		changes.push_back({std::nullopt, *index});
	finish_step(run, step, changes);
}

} // namespace

void run_concurrent_step(int64 run, const history::Step &step)
{
	const Operation &operation = step.operations.front();
	if (!operation.index_name.empty()) {
		build_index(run, step, operation);
		return;
	}
	const auto [roots, before] = look(operation.sql);
	run_toplevel(operation.sql, 1000 * settings::build_deadline);
	core::Objects after;
	in_transaction([&after, &roots = roots] { after = catalog::read_definitions(roots); });
	finish_step(run, step, core::difference(before, after));
}

} // namespace surefoot

#include "server/history/history.hpp"

#include "core/kinds.hpp"
#include "core/object_json.hpp"
#include "server/table_access.hpp"

#include <algorithm>
#include <map>

/* Steps, operations and effects of a run. */
namespace surefoot::history {

namespace {

const char *kind_name(OperationKind kind)
{
	return kind == OperationKind::concurrent ? "concurrent" : "transaction";
}

} // namespace

void insert_done_step(int64 run, int n, TimestampTz started)
{
	NewRows("step", {"run", "n", "kind", "state", "started_at", "ended_at"})
		.add({run, n, "transaction", "done", Value::datum(TimestampTzGetDatum(started)),
			  Value::datum(TimestampTzGetDatum(GetCurrentTimestamp()))})
		.insert();
}

void store_steps(int64 run, int n, const std::vector<PlannedStep> &steps, const Script &script)
{
	static Query forget_operations("DELETE FROM surefoot.operation WHERE run = $1 AND step >= $2", {INT8OID, INT4OID});
	static Query forget_steps("DELETE FROM surefoot.step WHERE run = $1 AND n >= $2", {INT8OID, INT4OID});
	static Query insert_step("INSERT INTO surefoot.step (run, n, kind, state) VALUES ($1, $2, $3, 'pending')",
							 {INT8OID, INT4OID, TEXTOID});
	static Query insert_operation("INSERT INTO surefoot.operation (run, step, n, statement, line, sql, source, "
								  "index_schema, index_name, table_name) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
								  {INT8OID, INT4OID, INT4OID, INT4OID, INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID});

	forget_operations.run({run, n});
	forget_steps.run({run, n});
	for (const PlannedStep &step : steps) {
		insert_step.run({run, n, kind_name(step.kind)});
		int k = 1;
		for (const Operation &operation : step.operations) {
			const Statement &source = script.statement(operation.statement);
			insert_operation.run({run, n, k++, static_cast<int>(operation.statement), source.line, operation.sql,
								  Value::or_null(source.text == operation.sql ? "" : source.text),
								  Value::or_null(operation.index_schema), Value::or_null(operation.index_name),
								  Value::or_null(operation.table)});
		}
		n++;
	}
}

std::optional<Step> next_step(int64 run)
{
	static Query read_step("SELECT n, kind, state FROM surefoot.step WHERE run = $1 AND state <> 'done' ORDER BY n LIMIT 1",
						   {INT8OID});
	static Query read_operations("SELECT o.statement, o.sql, o.index_schema, o.index_name, o.table_name, o.line, "
								 "coalesce(o.source, o.sql), EXISTS (SELECT FROM surefoot.operation e "
								 "WHERE e.run = o.run AND e.step < o.step AND e.statement = o.statement)::int "
								 "FROM surefoot.operation o WHERE o.run = $1 AND o.step = $2 ORDER BY o.n",
								 {INT8OID, INT4OID});

	const Rows rows = read_step.run({run});
	if (rows.empty())
		return std::nullopt;
	Step step;
	step.run = run;
	step.n = static_cast<int>(rows.number(0, 0));
	step.kind = rows.text(0, 1) == "concurrent" ? OperationKind::concurrent : OperationKind::transactional;
	step.state = rows.text(0, 2);
	const Rows operations = read_operations.run({run, step.n});
	for (size_t i = 0; i < operations.size(); i++) {
		Operation operation;
		operation.statement = static_cast<size_t>(operations.number(i, 0));
		operation.kind = step.kind;
		operation.sql = operations.text(i, 1);
		operation.index_schema = operations.text(i, 2);
		operation.index_name = operations.text(i, 3);
		operation.table = operations.text(i, 4);
		operation.line = static_cast<int>(operations.number(i, 5));
		operation.source = operations.text(i, 6);
		operation.is_remainder = operations.number(i, 7) != 0;
		step.operations.push_back(std::move(operation));
	}
	return step;
}

int unfinished_steps(int64 run)
{
	static Query query("SELECT count(*) FROM surefoot.step WHERE run = $1 AND state <> 'done'", {INT8OID});
	return static_cast<int>(query.run({run}).number(0, 0));
}

std::vector<Operation> unfinished_operations(int64 run)
{
	static Query query("SELECT o.statement, coalesce(o.source, o.sql) FROM surefoot.operation o "
					   "JOIN surefoot.step s ON s.run = o.run AND s.n = o.step WHERE s.run = $1 AND s.state <> 'done'",
					   {INT8OID});
	std::vector<Operation> operations;
	const Rows rows = query.run({run});
	for (size_t i = 0; i < rows.size(); i++) {
		Operation operation;
		operation.statement = static_cast<size_t>(rows.number(i, 0));
		operation.source = rows.text(i, 1);
		operations.push_back(std::move(operation));
	}
	return operations;
}

void set_step_state(int64 run, int n, const char *state)
{
	static Query query("UPDATE surefoot.step SET state = $3, "
					   "started_at = CASE $3 WHEN 'running' THEN clock_timestamp() ELSE started_at END, "
					   "ended_at = CASE WHEN $3 IN ('done', 'failed') THEN clock_timestamp() END WHERE run = $1 AND n = $2",
					   {INT8OID, INT4OID, TEXTOID});
	query.run({run, n, state});
}

namespace {

struct RecordedChange {
	std::string root;
	core::Change change;
};

void insert_recorded(int64 run, const std::vector<RecordedChange> &recorded)
{
	std::map<std::string_view, std::vector<core::Change>> by_root;
	for (const RecordedChange &one : recorded)
		by_root[one.root].push_back(one.change);
	NewRows rows("root_effect", {"run", "root", "changes"});
	for (const auto &[root, changes] : by_root)
		rows.add({run, std::string(root), core::to_json(changes)});
	rows.insert();
}

std::vector<RecordedChange> recorded_effect(int64 run)
{
	static Query query("SELECT root, changes::text FROM surefoot.root_effect WHERE run = $1 ORDER BY root", {INT8OID});
	std::vector<RecordedChange> recorded;
	const Rows rows = query.run({run});
	for (size_t i = 0; i < rows.size(); i++)
		for (core::Change &change : core::changes_from_json(rows.text(i, 1)))
			recorded.push_back({rows.text(i, 0), std::move(change)});
	return recorded;
}

bool is_none(const core::Change &change)
{
	if (!change.before || !change.after)
		return !change.before && !change.after;
	return change.before->fields == change.after->fields && !core::is_another(*change.before, *change.after);
}

} // namespace

void insert_effect(int64 run, const std::vector<core::Change> &changes)
{
	std::vector<RecordedChange> recorded;
	for (const core::Change &change : changes)
		recorded.push_back({change.object().root, change});
	insert_recorded(run, recorded);
}

void merge_effect(int64 run, const std::vector<core::Change> &changes)
{
	static Query remove("DELETE FROM surefoot.root_effect WHERE run = $1", {INT8OID});
	if (changes.empty())
		return;
	/* The first definition before stays; an object that is back to it is no effect any more. */
	std::vector<RecordedChange> recorded = recorded_effect(run);
	for (const core::Change &change : changes) {
		const core::Object &object = change.object();
		const auto known = std::find_if(recorded.begin(), recorded.end(), [&object](const RecordedChange &one) {
			return one.change.object().kind == object.kind && one.change.object().identity == object.identity;
		});
		if (known == recorded.end()) {
			recorded.push_back({object.root, change});
			continue;
		}
		known->change.after = change.after;
		if (is_none(known->change))
			recorded.erase(known);
	}
	remove.run({run});
	insert_recorded(run, recorded);
}

std::vector<core::Change> effect(int64 run)
{
	std::vector<core::Change> changes;
	for (RecordedChange &one : recorded_effect(run))
		changes.push_back(std::move(one.change));
	std::sort(changes.begin(), changes.end(), [](const core::Change &a, const core::Change &b) {
		return std::tie(a.object().kind, a.object().identity) < std::tie(b.object().kind, b.object().identity);
	});
	return changes;
}

std::vector<core::Object> made_by(int64 run, int64 until)
{
	static Query later("SELECT theirs.changes::text, r.system_identifier = $3::numeric AND r.database_oid = $4 FROM surefoot.root_effect theirs "
					   "JOIN surefoot.run r ON r.id = theirs.run WHERE theirs.root = ANY (ARRAY(SELECT mine.root FROM surefoot.root_effect mine WHERE mine.run = $1)) "
					   "AND theirs.run >= $1 AND theirs.run < $2 ORDER BY theirs.run",
					   {INT8OID, INT8OID, TEXTOID, OIDOID});
	std::vector<core::Object> made;
	for (core::Change &change : effect(run))
		if (!change.before && change.after)
			made.push_back(std::move(*change.after));
	if (made.empty())
		return made;
	std::map<std::pair<std::string, std::string>, std::string> addresses;
	const Rows rows = later.run({run, until, std::to_string(GetSystemIdentifier()), Value::datum(ObjectIdGetDatum(MyDatabaseId))});
	for (size_t i = 0; i < rows.size(); i++)
		for (const core::Change &change : core::changes_from_json(rows.text(i, 0)))
			addresses[{change.object().kind, change.object().identity}] = change.after && rows.flag(i, 1) ? change.after->address : std::string();
	for (core::Object &object : made)
		object.address = addresses[{object.kind, object.identity}];
	return made;
}

void insert_skipped(int64 run, const std::vector<std::pair<std::string, std::string>> &objects)
{
	static Query query("INSERT INTO surefoot.skipped (run, kind, identity) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
					   {INT8OID, TEXTOID, TEXTOID});
	for (const auto &[kind, identity] : objects)
		query.run({run, kind, identity});
}

std::vector<std::pair<std::string, std::string>> skipped(int64 run)
{
	static Query query("SELECT kind, identity FROM surefoot.skipped WHERE run = $1", {INT8OID});
	std::vector<std::pair<std::string, std::string>> objects;
	const Rows rows = query.run({run});
	for (size_t i = 0; i < rows.size(); i++)
		objects.emplace_back(rows.text(i, 0), rows.text(i, 1));
	return objects;
}

void store_derived(int64 run, const Derived &derived)
{
	static Query query("INSERT INTO surefoot.derived (run, script, way_back, reason) VALUES ($1, $2, $3, $4) ON CONFLICT (run) "
					   "DO UPDATE SET script = excluded.script, way_back = excluded.way_back, reason = excluded.reason",
					   {INT8OID, TEXTOID, TEXTOID, TEXTOID});
	query.run({run, derived.script, derived.way_back, Value::or_null(derived.reason)});
}

std::optional<Derived> derived(int64 run)
{
	static Query query("SELECT script, way_back, reason FROM surefoot.derived WHERE run = $1", {INT8OID});
	const Rows rows = query.run({run});
	if (rows.empty())
		return std::nullopt;
	return Derived{rows.text(0, 0), rows.text(0, 1), rows.text(0, 2)};
}

std::optional<KeptAside> kept_aside(const std::string &version)
{
	static Query query("SELECT tables, command FROM surefoot.kept_aside WHERE version = $1", {TEXTOID});
	const Rows rows = query.run({version});
	if (rows.empty())
		return std::nullopt;
	return KeptAside{rows.text(0, 0), rows.text(0, 1)};
}

} // namespace surefoot::history

#include "server/plan/planned_script.hpp"

namespace surefoot {

namespace {

Error changed(const history::Run &run)
{
	return Error(sqlstate::changed,
				 "the " + run.direction + " script of migration " + run.version + " has changed since its steps were planned",
				 "The steps that are left were made of the script as it was.",
				 run.direction == "down" ? "SELECT " + function_prefix() + "migrate_revert('" + run.version +
											   "'); begins the way back anew, with the script as it is now."
										 : "Put the script back as it was, then resume.");
}

bool is_in(const Script &script, const Operation &operation)
{
	if (operation.statement >= script.statements().size())
		return false;
	const Statement &statement = script.statement(operation.statement);
	if (statement.text == operation.source)
		return true;
	const Script source(operation.source, Script::Part{});
	return same_statement(source.statement(0), statement);
}

} // namespace

const std::string &script_text(const history::Migration &migration, const history::Run &run)
{
	if (run.direction == "up")
		return migration.up;
	if (!migration.down)
		throw changed(run);
	return *migration.down;
}

bool same_statement(const Statement &a, const Statement &b)
{
	Node *x = a.raw->stmt, *y = b.raw->stmt;
	/* equal() leaves out where in the text a node was. */
	return pg_call([x, y] { return equal(x, y); });
}

void refuse_changed_script(const history::Run &run, const Script &script, const std::vector<Operation> &operations)
{
	for (const Operation &operation : operations)
		if (!is_in(script, operation))
			throw changed(run);
}

void refuse_changed_script(const history::Migration &migration, const history::Run &run)
{
	if (!is_as_planned(migration, run))
		throw changed(run);
}

bool is_as_planned(const history::Migration &migration, const history::Run &run)
{
	if (run.direction == "down" && !migration.down)
		return false;
	const std::vector<Operation> operations = [&] {
		Internal internal;
		return history::unfinished_operations(run.id);
	}();
	const Script script(script_text(migration, run));
	return std::all_of(operations.begin(), operations.end(),
					   [&script](const Operation &operation) { return is_in(script, operation); });
}

} // namespace surefoot

#include "server/plan/operations.hpp"

#include "server/script/script_path.hpp"

namespace surefoot {

std::vector<Operation> expand(const Script &script, size_t n, const Created &created)
{
	const Statement &statement = script.statement(n);
	Node *node = statement.raw->stmt;
	std::vector<Operation> result;

	if (IsA(node, IndexStmt)) {
		result = expand_index(script, n, created);
	} else if (IsA(node, AlterTableStmt)) {
		result = expand_alter_table(script, n, created);
	} else {
		Operation operation;
		operation.statement = n;
		operation.sql = statement.text;
		if (needs_own_step(node, created))
			operation.kind = OperationKind::concurrent;
		result.push_back(std::move(operation));
	}

	if (script.directives().no_transaction) {
		for (Operation &operation : result) {
			operation.boundary_before = true;
			/* They may commit by themselves, which only a command of its own can do. */
			if (may_commit(node))
				operation.kind = OperationKind::concurrent;
		}
	} else if (created.uses_new_value(statement)) {
		result.front().boundary_before = true;
	}
	return result;
}

std::vector<PlannedStep> plan_steps(const Script &script, std::vector<Operation> known, size_t next,
									Created created)
{
	ScriptPath path;
	std::vector<Operation> all = std::move(known);
	if (!all.empty()) {
		created.new_transaction();
		size_t last = SIZE_MAX;
		for (const Operation &operation : all) {
			if (operation.statement != last)
				created.add(script.statement(operation.statement));
			last = operation.statement;
			if (!operation.index_name.empty())
				created.reserve(operation.index_schema, operation.index_name);
		}
	}
	for (size_t n = next; n < script.statements().size(); n++) {
		const Statement &statement = script.statement(n);
		for (Operation &operation : expand(script, n, created)) {
			if (operation.kind == OperationKind::concurrent || operation.boundary_before)
				created.new_transaction();
			if (!operation.index_name.empty())
				created.reserve(operation.index_schema, operation.index_name);
			all.push_back(std::move(operation));
		}
		created.add(statement);
		path.follow(statement.raw->stmt);
	}
	return core::group_into_steps(std::move(all));
}

std::vector<PlannedStep> plan_steps(const Script &script, size_t first_statement,
									const Created &created)
{
	return plan_steps(script, {}, first_statement, created);
}

} // namespace surefoot

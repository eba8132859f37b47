/* What a migration will run, in order, and how it falls into steps. */
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace surefoot::core {

enum class OperationKind {
	transactional,
	concurrent, /* cannot run in a transaction block: a step of its own */
};

/* One command that is executed; a statement of the script becomes one or several. */
struct Operation {
	size_t statement = 0; /* which statement of the script it comes from */
	OperationKind kind = OperationKind::transactional;
	std::string sql;
	/* Of an operation that was stored: the statement as the script had it then, and its line. */
	std::string source;
	int line = 0;
	/* Of an operation that was stored: other operations of its statement were done in steps before. */
	bool is_remainder = false;
	bool boundary_before =
		false; /* what was before it must be committed, though both are transactional */
	/* For a concurrent CREATE INDEX: what will be there. table is qualified and quoted. */
	std::string index_schema, index_name, table;
	std::vector<std::string> notes;
};

struct PlannedStep {
	OperationKind kind = OperationKind::transactional;
	std::vector<Operation> operations;
};

/*
 * Groups operations, in their order, into the fewest steps: a transaction is as long as possible, because what is in it happens
 * together or not at all.
 */
std::vector<PlannedStep> group_into_steps(std::vector<Operation> operations);

} // namespace surefoot::core

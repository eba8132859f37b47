/* What is known of an operation before it runs: locks, sizes, what it costs and what it cannot take back. */
#pragma once

#include "core/hazards.hpp"
#include "server/plan/operations.hpp"
#include "server/plan/relation_size.hpp"

namespace surefoot {

/* Whether the planner has left that note on operation. */
bool has_note(const Operation &operation, const char *note);

/* A relation and the strongest lock that a statement takes on it. */
struct LockedTable {
	TableState table;
	LOCKMODE mode = NoLock;
};

/* The relations that statement names, and those that it reaches through foreign keys; the strongest lock first. */
std::vector<LockedTable> locked_tables(Node *statement, const Created &created);

/* What a statement does beyond taking locks. */
struct Work {
	bool rewrites = false;
	bool scans = false;
	bool builds_index = false;
	std::vector<std::string> hazards;
};

/*
 * Of an ALTER TABLE on a table that is there; the server's own rules for types, defaults and constraints. not_null: columns that a CHECK of
 * the same script has proved to be so by then.
 */
Work alter_table_work(const AlterTableStmt *statement, Oid table, const std::set<std::string> &not_null = {});

/* CHECK constraints of one table that a script adds, and the columns that they prove to be not null once they are validated. */
class ProvedNotNull {
public:
	void follow(const AlterTableStmt *statement);
	const std::set<std::string> &columns() const { return columns_; }

private:
	std::map<std::string, std::set<std::string>> unproved_; /* by constraint */
	std::set<std::string> columns_;
};

struct Facts {
	std::string lock;	/* ACCESS EXCLUSIVE; empty: none that anybody else would notice */
	std::string object; /* on what */
	std::optional<int64> rows, bytes;
	bool rewrites = false, scans = false;
	std::vector<std::string> hazards;
	std::string way_back; /* the statement that undoes it, where one alone does */
	std::vector<LockedTable> tables;
};

/* One for each operation, in order. */
std::vector<Facts> describe(const Script &script, const std::vector<PlannedStep> &steps);

} // namespace surefoot

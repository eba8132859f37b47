#include "server/proof.hpp"

#include "server/conclude.hpp"
#include "server/empty_storage.hpp"
#include "server/tokens.hpp"
#include "server/trial.hpp"

namespace surefoot {

namespace {

/* sql without its CONCURRENTLY: the same for the catalog. */
std::string without_concurrently(const std::string &sql)
{
	for (const Token &token : all_tokens(sql))
		if (token.is("concurrently"))
			return sql.substr(0, static_cast<size_t>(token.start)) + sql.substr(static_cast<size_t>(token.end));
	return sql;
}

/* What a statement that cannot run in a transaction does to the catalog, as one that can; nothing when it does nothing. */
std::optional<std::string> plain_form(Node *statement, const std::string &sql)
{
	switch (nodeTag(statement)) {
	case T_VacuumStmt:
	case T_ReindexStmt:
	case T_ClusterStmt:
	case T_CheckPointStmt:
	case T_AlterSystemStmt:
		return std::nullopt;
	case T_IndexStmt:
	case T_DropStmt:
	case T_AlterTableStmt:
		return without_concurrently(sql);
	default:
		return sql;
	}
}

class Rehearsal {
public:
	void run(const std::string &sql)
	{
		const Script script(sql);
		Node *statement = script.statements().front().raw->stmt;
		const std::optional<std::string> plain = plain_form(statement, sql);
		if (!plain)
			return;
		storage_.prepare(statement);
		const char *text = plain->c_str();
		pg_call([text] {
			if (SPI_connect() != SPI_OK_CONNECT)
				elog(ERROR, "SPI_connect failed");
			SPIExecuteOptions options = {};
			options.dest = None_Receiver;
			if (SPI_execute_extended(text, &options) < 0)
				elog(ERROR, "cannot run this statement here");
			SPI_finish();
		});
	}

private:
	EmptyStorage storage_;
};

} // namespace

void prove_way_back(const Speaker &speaker, const history::Migration &migration, const Script &up, Recorder &recorder,
					const StepResult &done)
{
	const Script down(*migration.down);
	if (up.directives().accepts("inexact-down") || down.directives().accepts("inexact-down"))
		return;
	int line = 0;
	try {
		const std::vector<core::Change> left = in_rolled_back_subtransaction([&] {
			Rehearsal rehearsal;
			be_silent();
			/* What is deferred would be pending when the tables are altered; in reality it is over by then. */
			rehearsal.run("SET CONSTRAINTS ALL IMMEDIATE");
			for (const PlannedStep &step : done.rest)
				for (const Operation &operation : step.operations)
					rehearsal.run(operation.sql);
			for (const Statement &statement : down.statements()) {
				line = statement.line;
				if (const std::optional<std::string> sql = without_avoided(statement, done.skipped, false))
					rehearsal.run(*sql);
			}
			std::vector<core::Change> changes = recorder.changes();
			std::erase_if(changes, [](const core::Change &change) {
				return core::differs_only_in_column_order(std::vector<core::Change>{change});
			});
			return changes;
		});
		refuse_inexact(speaker, left, accepted_by(migration, {}));
	} catch (Error &error) {
		if (line == 0 || error.is("55P03") || error.is("57014") || error.is(sqlstate::no_way_back))
			throw;
		throw Error(sqlstate::no_way_back,
					"the down script of migration " + migration.version + " fails in line " + std::to_string(line) + ": " +
						error.message,
					error.detail.empty() ? "It was tried, on empty tables, before anything was committed."
										 : error.detail + " It was tried, on empty tables, before anything was committed.",
					"Mend it, or say in it that it is meant: -- surefoot: accept=inexact-down");
	}
}

Avoid avoided(const history::Migration &migration)
{
	const std::optional<int64> up = history::last_run(migration.version, "up");
	return up ? history::skipped(*up) : Avoid();
}

} // namespace surefoot

#include "server/proof.hpp"

#include "server/conclude.hpp"
#include "server/empty_storage.hpp"
#include "server/existing.hpp"
#include "server/properties.hpp"
#include "server/tokens.hpp"
#include "server/trial.hpp"

namespace surefoot {

namespace {

/* What a statement that cannot run in a transaction does to the catalog, as one that can; nothing when it does nothing. */
std::optional<std::string> plain_form(Node *statement, const std::string &sql, OperationKind kind)
{
	switch (nodeTag(statement)) {
	case T_IndexStmt:
	case T_DropStmt:
	case T_AlterTableStmt:
		return without_concurrently(sql);
	case T_VacuumStmt:
	case T_ReindexStmt:
	case T_ClusterStmt:
		return std::nullopt;
	default:
		/* What else runs by itself is outside the catalog of this database, or commits as it likes. */
		return kind == OperationKind::concurrent ? std::nullopt : std::optional(sql);
	}
}

/* An invalid index of the name that statement wants: the build will replace it. */
void drop_invalid_index(const IndexStmt *statement)
{
	const RangeVar *table = statement->relation;
	const char *name = statement->idxname;
	pg_call([table, name] {
		const Oid table_id = RangeVarGetRelid(table, NoLock, true);
		if (name == nullptr || !OidIsValid(table_id))
			return;
		ObjectAddress address;
		ObjectAddressSet(address, RelationRelationId, get_relname_relid(name, get_rel_namespace(table_id)));
		if (!OidIsValid(address.objectId) || get_rel_relkind(address.objectId) != RELKIND_INDEX ||
			get_index_isvalid(address.objectId) || IndexGetRelation(address.objectId, false) != table_id)
			return;
		performDeletion(&address, DROP_RESTRICT, PERFORM_DELETION_INTERNAL | PERFORM_DELETION_QUIETLY);
		CommandCounterIncrement();
	});
}

bool is_invalid_index(const core::Object &object)
{
	const std::string *valid = object.field("valid");
	return object.kind == "index" && valid != nullptr && *valid == "no";
}

/* Statements run one by one on empty tables, in a subtransaction of the caller's that is rolled back. */
class Rehearsal {
public:
	explicit Rehearsal(const Speaker &speaker) : speaker_(speaker)
	{
		be_silent();
		/* What is deferred would be pending when the tables are altered; in reality it is over by then. */
		run("SET CONSTRAINTS ALL IMMEDIATE", OperationKind::transactional);
	}

	void run(const std::string &sql, OperationKind kind)
	{
		const Script script(sql);
		const Statement &statement = script.statements().front();
		/* A trial inside the rehearsal: what is there already is skipped here as it will be then. */
		const Remainder remainder = without_existing(speaker_, statement);
		skipped_.insert(skipped_.end(), remainder.skipped.begin(), remainder.skipped.end());
		if (!remainder.sql)
			return;
		Node *node = statement.raw->stmt;
		const std::optional<std::string> plain = plain_form(node, *remainder.sql, kind);
		if (!plain)
			return;
		/* First, as new storage comes with indexes that are valid. */
		if (IsA(node, IndexStmt))
			drop_invalid_index((IndexStmt *)node);
		storage_.prepare(node);
		if (!is_about_rows(node)) {
			execute(*plain);
			return;
		}
		/* Rows that are missing here make errors that would not be: those say nothing. Others, as of a wrong name, do. */
		try {
			in_subtransaction([&] { execute(*plain); });
		} catch (Error &error) {
			const std::string family = error.sqlstate.substr(0, 2);
			if (family != "21" && family != "22" && family != "23" && family != "P0")
				throw;
		}
	}

	/* What was there already. */
	const Avoid &skipped() const { return skipped_; }

private:
	static bool is_about_rows(Node *node)
	{
		return IsA(node, InsertStmt) || IsA(node, UpdateStmt) || IsA(node, DeleteStmt) || IsA(node, SelectStmt) ||
			   IsA(node, DoStmt) || IsA(node, CallStmt);
	}

	static void execute(const std::string &sql)
	{
		const char *text = sql.c_str();
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

	const Speaker &speaker_;
	EmptyStorage storage_;
	Avoid skipped_;
};

/* The steps that are to come, numbered as they will be. */
void rehearse_rest(Rehearsal &rehearsal, const Speaker &speaker, const Script &up, const StepResult &done)
{
	int n = 2;
	for (const PlannedStep &step : done.rest) {
		for (const Operation &operation : step.operations) {
			try {
				rehearsal.run(operation.sql, operation.kind);
			} catch (Error &error) {
				locate_error(error, speaker, up, n, operation);
				throw;
			}
		}
		n++;
	}
}

Error down_fails(const history::Migration &migration, int line, const Error &error)
{
	const std::string how = "It was tried, on empty tables, before anything was committed.";
	return Error(sqlstate::no_way_back,
				 "the down script of migration " + migration.version + " fails in line " + std::to_string(line) + ": " +
					 error.message,
				 error.detail.empty() ? how : error.detail + " " + how,
				 "Mend it, or say in it that it is meant: -- surefoot: accept=inexact-down");
}

} // namespace

void prove(const Speaker &speaker, const history::Migration &migration, const Script &up, Recorder &recorder,
		   const StepResult &done)
{
	const std::optional<Script> down = migration.down ? std::optional<Script>(std::in_place, *migration.down) : std::nullopt;
	const bool look_back = down && !up.directives().accepts("inexact-down") && !down->directives().accepts("inexact-down");
	if (!look_back && done.rest.empty())
		return;
	Speaker silent = speaker;
	silent.notices = false;
	const size_t mark = journal_mark();
	int line = 0; /* of the down script; 0: still on the way there */
	std::vector<core::Change> left;
	try {
		left = in_rolled_back_subtransaction([&] {
			Rehearsal rehearsal(silent);
			rehearse_rest(rehearsal, silent, up, done);
			std::vector<core::Change> changes;
			if (!look_back)
				return changes;
			Avoid avoid = done.skipped;
			avoid.insert(avoid.end(), rehearsal.skipped().begin(), rehearsal.skipped().end());
			avoid = without_own(std::move(avoid), done.rest.empty() ? done.changes : recorder.changes());
			for (const Statement &statement : down->statements()) {
				line = statement.line;
				if (const std::optional<std::string> sql = without_avoided(statement, avoid, false))
					rehearsal.run(*sql, OperationKind::transactional);
			}
			changes = recorder.changes();
			std::erase_if(changes, [](const core::Change &change) {
				/* Nobody wants an invalid index back. */
				return core::differs_only_in_column_order(std::vector<core::Change>{change}) ||
					   (change.before && !change.after && is_invalid_index(*change.before));
			});
			return changes;
		});
	} catch (Error &error) {
		forget_journal(mark);
		/* A new enum value can be used after the commit that comes between, and not before. */
		if (error.is("55P04"))
			return;
		if (line == 0 || error.is("55P03") || error.is("57014") || error.is(sqlstate::no_way_back))
			throw;
		throw down_fails(migration, line, error);
	}
	forget_journal(mark);
	if (look_back)
		refuse_inexact(speaker, left, accepted_by(migration, {}));
}

Avoid avoided(const history::Migration &migration)
{
	const std::optional<int64> up = history::last_run(migration.version, "up");
	return up ? without_own(history::skipped(*up), history::effect(*up)) : Avoid();
}

} // namespace surefoot

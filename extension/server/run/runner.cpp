#include "server/run/runner.hpp"

#include "server/existing/existing.hpp"
#include "server/history/masked_log.hpp"
#include "server/keep/keep.hpp"
#include "server/run/blockers.hpp"
#include "server/run/environment.hpp"
#include "server/run/waiting.hpp"
#include "server/settings.hpp"

extern "C" {
#include "utils/lsyscache.h"
}

namespace surefoot {

namespace {

/* A lock that was not had in time, or a deadlock that somebody else's locks made: worth another try. */
bool is_lock_trouble(const Error &error)
{
	return error.is("55P03") || error.is("40P01");
}

void run_sql(const char *sql)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	/* Rows of a SELECT are thrown away as they come. */
	SPIExecuteOptions options = {};
	options.dest = None_Receiver;
	const int code = SPI_execute_extended(sql, &options);
	if (code < 0)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("cannot run this statement in a migration: %s",
																		SPI_result_code_string(code))));
	SPI_finish();
}

/* Everything from operation first of a statement on, in steps. */
std::vector<PlannedStep> plan_rest(const Script &script, std::vector<Operation> operations, size_t first, size_t next,
								   const Created &created)
{
	std::vector<Operation> rest(std::make_move_iterator(operations.begin() + static_cast<long>(first)),
								std::make_move_iterator(operations.end()));
	return plan_steps(script, std::move(rest), next, created);
}

/* A statement as it stands in the script. */
Operation as_written(size_t statement, const std::string &sql)
{
	Operation operation;
	operation.statement = statement;
	operation.sql = sql;
	return operation;
}

/* What is left to do of a statement when that is counted out which is there already, or must stay. */
std::vector<Operation> remaining_operations(const Speaker &speaker, const Script &script, size_t s, const Created &made,
											const Rules &rules, Avoid &skipped)
{
	const Statement &statement = script.statement(s);
	Remainder remainder;
	try {
		remainder.sql = without_avoided(statement, rules.avoid, s < rules.undone_before);
		if (remainder.sql == statement.text)
			remainder = without_existing(speaker, statement);
	} catch (Error &error) {
		locate_error(error, speaker, script, 1, as_written(s, statement.text));
		throw;
	}
	skipped.insert(skipped.end(), remainder.skipped.begin(), remainder.skipped.end());
	if (!remainder.sql)
		return {};
	if (*remainder.sql == statement.text) {
		std::vector<Operation> operations = expand(script, s, made);
		/* The worker removes it by itself; a direct build needs the name to be free. */
		if (!remainder.invalid_index.empty() && operations.front().kind == OperationKind::transactional)
			operations.insert(operations.begin(), as_written(s, "DROP INDEX " + remainder.invalid_index));
		return operations;
	}
	const Script part(*remainder.sql, Script::Part{script.directives()});
	std::vector<Operation> operations = expand(part, 0, made);
	for (Operation &operation : operations)
		operation.statement = s;
	return operations;
}

void want_table(Recorder &recorder, const IndexStmt *statement)
{
	const RangeVar *name = statement->relation;
	const Oid table = pg_call([name] { return RangeVarGetRelid(name, NoLock, true); });
	if (OidIsValid(table))
		recorder.want(table);
}

/*
 * A temporary table of the session's own that has the name of another one would be changed in its stead, and nobody would notice. What
 * the step itself makes is meant, and so is what is called by pg_temp.
 */
void refuse_temporary(const std::vector<Oid> &relations, size_t first, SubTransactionId step, const Statement &statement)
{
	if (statement.text.find("pg_temp") != std::string::npos)
		return;
	for (size_t i = first; i < relations.size(); i++) {
		const Oid id = relations[i];
		const char *name = pg_call([id, step]() -> const char * {
			if (get_rel_persistence(id) != RELPERSISTENCE_TEMP)
				return nullptr;
			Relation relation = RelationIdGetRelation(id);
			if (!RelationIsValid(relation))
				return nullptr;
			const bool made_here = relation->rd_createSubid != InvalidSubTransactionId && relation->rd_createSubid >= step;
			const char *result = made_here ? nullptr : pstrdup(RelationGetRelationName(relation));
			RelationClose(relation);
			return result;
		});
		if (name == nullptr)
			continue;
		const std::string quoted = quote_name(name);
		throw Error(sqlstate::script_refused, quoted + " is a temporary table of this session",
					"The migration would change it, and not a table that others see.",
					"DROP TABLE pg_temp." + quoted + "; or name the schema of the table that is meant.");
	}
}

/*
 * What is deferred is done now: a constraint would fail at the commit, when nobody can tell any more which migration it was, and what triggers
 * of users' do belongs to the migration as well.
 */
void fire_deferred(const Speaker &speaker, int step)
{
	try {
		/* SET CONSTRAINTS ALL IMMEDIATE, less its text. */
		pg_call([] { AfterTriggerSetState(makeNode(ConstraintsSetStmt)); });
	} catch (Error &error) {
		const std::string place = "migration " + speaker.version + " " + speaker.direction + ", step " + std::to_string(step) + ", at its end";
		error.context = error.context.empty() ? place : place + "\n" + error.context;
		throw;
	}
}

StepResult attempt(const Speaker &speaker, const Script &script, int step, const Position &position, const Created &created,
				   const Rules &rules, const StepCheck &check, bool patient, bool fires_deferred, std::vector<Oid> &wanted)
{
	StepResult result;
	Recorder recorder;
	Created made = created;
	bool started = false;
	const SubTransactionId own = GetCurrentSubTransactionId();

	const auto lock_and_see = [&](size_t s) {
		const Statement &statement = script.statement(s);
		try {
			const size_t first = recorder.wanted().size();
			recorder.see_targets(statement.raw->stmt);
			refuse_temporary(recorder.wanted(), first, own, statement);
		} catch (Error &error) {
			locate_error(error, speaker, script, step, as_written(s, statement.text));
			throw;
		}
	};

	/* Runs statement s, or finds that what is left of it and of the script has to come in steps of its own. */
	const auto run_statement = [&](size_t s) {
		const Statement &statement = script.statement(s);
		const bool is_index = IsA(statement.raw->stmt, IndexStmt);
		const size_t skipped = result.skipped.size();
		/* An index that gets a step of its own needs no lock here: whoever writes to its table is not in the way. */
		if (is_index)
			want_table(recorder, (IndexStmt *)statement.raw->stmt);
		else
			lock_and_see(s);
		std::vector<Operation> operations = remaining_operations(speaker, script, s, made, rules, result.skipped);
		if (is_index && !operations.empty() && operations.front().kind != OperationKind::concurrent) {
			/* The size of a table decides how its index is built: it counts under the statement's own lock. */
			lock_and_see(s);
			result.skipped.resize(skipped);
			operations = remaining_operations(speaker, script, s, made, rules, result.skipped);
		}
		for (size_t i = 0; i < operations.size(); i++) {
			const Operation &operation = operations[i];
			if (operation.kind == OperationKind::concurrent || (operation.boundary_before && started)) {
				result.all_is_rest = s == 0 && i == 0;
				result.rest = plan_rest(script, std::move(operations), i, s + 1, made);
				return;
			}
			if (step == 1 && operation.sql == statement.text && script.directives().keep) {
				keep_dropped(speaker, recorder, statement.raw->stmt);
				keep_truncated(speaker, recorder, statement.raw->stmt);
				keep_types(recorder, statement.raw->stmt);
				keep_sequences(recorder, statement.raw->stmt);
				if (!script.directives().hide)
					keep_columns(speaker, recorder, statement.raw->stmt);
			}
			execute_operation(speaker, script, step, operation);
			started = true;
		}
		/* What was there already is not this migration's. */
		if (!operations.empty())
			made.add(statement);
	};

	try {
		for (const Operation &operation : position.planned) {
			if (!result.rest.empty())
				break;
			/*
			 * What was planned of a whole statement is looked at again: the catalog may have changed since. Not one that has had its
			 * indexes built in steps before, and now attaches them.
			 */
			if (!operation.is_remainder && operation.sql == script.statement(operation.statement).text)
				run_statement(operation.statement);
			else {
				execute_operation(speaker, script, step, operation);
				started = true;
			}
		}
		for (size_t s = position.next; s < script.statements().size() && result.rest.empty(); s++)
			run_statement(s);
		if (fires_deferred)
			fire_deferred(speaker, step);
		std::vector<core::Change> remade;
		result.changes = recorder.changes(&remade);
		if (check)
			check(recorder, result, patient);
		/* For whoever has to know an object of earlier runs again. */
		std::move(remade.begin(), remade.end(), std::back_inserter(result.changes));
	} catch (Error &) {
		wanted = recorder.wanted();
		throw;
	}
	return result;
}

/* A COMMIT where there can be none; the server says that much, and no more. */
std::string advice_on_commit(const Operation &operation)
{
	return operation.kind == OperationKind::concurrent
			   ? "A procedure that is SECURITY DEFINER or has SET options cannot commit, nor can what it calls within a block with EXCEPTION."
			   : "A step is one transaction. To let the code commit by itself, make each statement of the script a step, by a line of its own in it: -- surefoot: no-transaction";
}

} // namespace

std::string advice_on_derived(const std::string &version)
{
	return "The way back was derived. surefoot show " + version + " has it; surefoot drift --sql recorded takes back what others have changed since; surefoot new --down " +
		   version + " writes it to a file, to be mended.";
}

void locate_error(Error &error, const Speaker &speaker, const Script &script, int step, const Operation &operation)
{
	const Statement &statement = script.statement(operation.statement);
	const auto [line, column] = operation.sql == statement.text ? error_place(script, statement, error) : script.line_column(statement.offset);
	if (error.internal_query == operation.sql) {
		error.internal_position = 0;
		error.internal_query.clear();
	}
	if (error.is("2D000") && error.hint.empty())
		error.hint = advice_on_commit(operation);
	error.script_statement = mask_secrets(operation.sql);
	error.script_line = line;
	error.script_column = column;
	std::string place = "migration " + speaker.version + " " + speaker.direction + ", step " + std::to_string(step) +
						", statement " + std::to_string(operation.statement + 1) + ", line " + std::to_string(line) +
						", column " + std::to_string(column);
	/* Of what nobody has written, lines and columns say nothing. */
	if (speaker.derived)
		place += "\nstatement of the derived way back: " + error.script_statement;
	/* SPI's own line repeats the statement, which the history and the client show already. */
	const std::string echo = "SQL statement \"" + operation.sql + "\"";
	if (error.context.ends_with(echo))
		error.context.resize(error.context.size() - echo.size());
	while (!error.context.empty() && error.context.back() == '\n')
		error.context.pop_back();
	error.context = error.context.empty() ? place : place + "\n" + error.context;
	mask_error(error);
}

void execute_operation(const Speaker &speaker, const Script &script, int step, const Operation &operation)
{
	say_statement(speaker, step, script.statement(operation.statement).line, mask_secrets(operation.sql));
	try {
		StatementClock clock;
		const MaskedLog masked;
		const char *sql = operation.sql.c_str();
		pg_call([sql] { run_sql(sql); });
	} catch (Error &error) {
		locate_error(error, speaker, script, step, operation);
		throw;
	}
}

StepResult run_transaction_step(const Speaker &speaker, const Script &script, int step, const Position &position,
								const Created &created, const Rules &rules, const StepCheck &check)
{
	const TimestampTz started = GetCurrentTimestamp();
	const TimestampTz deadline = TimestampTzPlusMilliseconds(started, 1000L * settings::lock_retry);
	const TimestampTz patience = TimestampTzPlusMilliseconds(started, 1000L * settings::lock_retry / 10);
	Backoff backoff;
	/* A caller with a transaction of their own decides when it ends. */
	const bool fires_deferred = !pg_call([] { return IsTransactionBlock(); });

	for (int n = 1;; n++) {
		std::vector<Oid> wanted;
		const size_t mark = journal_mark();
		try {
			return in_subtransaction(
				[&] {
					return attempt(speaker, script, step, position, created, rules, check, GetCurrentTimestamp() < patience,
								   fires_deferred, wanted);
				});
		} catch (Error &error) {
			if (!is_lock_trouble(error))
				throw;
			forget_journal(mark);
			const std::string blockers = describe_blockers(wanted);
			if (GetCurrentTimestamp() >= deadline)
				throw give_up_on_locks(error, wanted, blockers);
			say_live(speaker, "attempt " + std::to_string(n) + " gave its locks back after " +
								  std::to_string(settings::lock_timeout) + " ms; " +
								  (blockers.empty() ? "trying again" : "waiting for " + blockers));
		}
		/* Here the step holds nothing that anybody could queue behind. */
		backoff.pause();
	}
}

} // namespace surefoot

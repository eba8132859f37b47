#include "jobs/toplevel.hpp"

#include "server/compat.hpp"
#include "server/history/masked_log.hpp"

extern "C" {
#include "parser/analyze.h"
}

namespace surefoot {

namespace {

void run_parsed(const char *sql, MemoryContext parse_context)
{
	MemoryContext transaction_context = MemoryContextSwitchTo(parse_context);
	List *statements = pg_parse_query(sql);
	if (list_length(statements) != 1)
		elog(ERROR, "expected one statement");
	RawStmt *statement = linitial_node(RawStmt, statements);
	const CommandTag tag = CreateCommandTag(statement->stmt);

	/* The snapshot of the analysis is gone before execution: a concurrent build would wait for it. */
	const bool snapshot = analyze_requires_snapshot(statement);
	if (snapshot)
		PushActiveSnapshot(GetTransactionSnapshot());
	List *queries = pg_analyze_and_rewrite_fixedparams(statement, sql, nullptr, 0, nullptr);
	List *plans = pg_plan_queries(queries, sql, CURSOR_OPT_PARALLEL_OK, nullptr);
	if (snapshot)
		PopActiveSnapshot();

	Portal portal = CreatePortal("", true, true);
	portal->visible = false;
	PortalDefineQuery(portal, nullptr, sql, tag, plans, nullptr);
	PortalStart(portal, nullptr, 0, InvalidSnapshot);
	MemoryContextSwitchTo(transaction_context);
	QueryCompletion completion;
	/* Only the portal knows how to find its way when the statement commits under it. */
	compat::run_portal(portal, None_Receiver, &completion);
	PortalDrop(portal, false);
}

} // namespace

namespace {

void arm(Deadline deadline)
{
	if (deadline != 0)
		enable_timeout_at(STATEMENT_TIMEOUT, deadline);
}

void disarm(Deadline deadline)
{
	if (deadline != 0)
		disable_timeout(STATEMENT_TIMEOUT, false);
}

LockRelId session_lock_on(Oid table)
{
	LockRelId id;
	id.relId = table;
	id.dbId = MyDatabaseId;
	return id;
}

} // namespace

Deadline in_seconds(int seconds)
{
	return seconds == 0 ? 0 : TimestampTzPlusMilliseconds(GetCurrentTimestamp(), 1000L * seconds);
}

bool is_over(Deadline deadline)
{
	return deadline != 0 && GetCurrentTimestamp() >= deadline;
}

void lock_table(Oid table, Deadline deadline)
{
	LockRelId id = session_lock_on(table);
	pg_call([&id, deadline] {
		StartTransactionCommand();
		InvalidateCatalogSnapshot();
		arm(deadline);
		LockRelationIdForSession(&id, ShareUpdateExclusiveLock);
		disarm(deadline);
		CommitTransactionCommand();
	});
}

void unlock_table(Oid table)
{
	LockRelId id = session_lock_on(table);
	pg_call([&id] { UnlockRelationIdForSession(&id, ShareUpdateExclusiveLock); });
}

void run_toplevel(const std::string &sql, Deadline deadline)
{
	const MaskedLog masked;
	const char *text = sql.c_str();
	pg_call([text, deadline] {
		/* Outlives the statement's own commits. */
		MemoryContext context =
			AllocSetContextCreate(TopMemoryContext, "surefoot top-level statement", ALLOCSET_DEFAULT_SIZES);
		SetCurrentStatementStartTimestamp();
		debug_query_string = MemoryContextStrdup(context, text);
		pgstat_report_activity(STATE_RUNNING, debug_query_string);
		StartTransactionCommand();
		arm(deadline);
		run_parsed(debug_query_string, context);
		disarm(deadline);
		CommitTransactionCommand();
		debug_query_string = nullptr;
		pgstat_report_activity(STATE_IDLE, nullptr);
		pgstat_report_stat(true);
		MemoryContextDelete(context);
	});
}

} // namespace surefoot

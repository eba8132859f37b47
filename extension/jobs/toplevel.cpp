#include "jobs/toplevel.hpp"

#include "server/compat.hpp"

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

void run_toplevel(const std::string &sql, int deadline)
{
	const char *text = sql.c_str();
	pg_call([text, deadline] {
		MemoryContext context =
			AllocSetContextCreate(TopMemoryContext, "surefoot top-level statement", ALLOCSET_DEFAULT_SIZES);
		SetCurrentStatementStartTimestamp();
		debug_query_string = MemoryContextStrdup(context, text);
		pgstat_report_activity(STATE_RUNNING, debug_query_string);
		StartTransactionCommand();
		if (deadline > 0)
			enable_timeout_after(STATEMENT_TIMEOUT, deadline);
		run_parsed(debug_query_string, context);
		if (deadline > 0)
			disable_timeout(STATEMENT_TIMEOUT, false);
		CommitTransactionCommand();
		debug_query_string = nullptr;
		pgstat_report_activity(STATE_IDLE, nullptr);
		pgstat_report_stat(true);
		MemoryContextDelete(context);
	});
}

} // namespace surefoot

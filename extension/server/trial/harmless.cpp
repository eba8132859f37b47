#include "server/trial/harmless.hpp"

#include "server/compat.hpp"

extern "C" {
#include "catalog/pg_language.h"
#include "catalog/pg_proc.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"
}

namespace surefoot {

namespace {

bool active = false;
Oid refused = InvalidOid;
const char *refused_command = nullptr;
object_access_hook_type next_hook = nullptr;

/* Volatile functions of the server's own that a rollback takes back, or that change nothing which matters. */
bool is_known_to_be_harmless(const char *name)
{
	static const char *const names[] = {
		"nextval",		  "currval",		   "lastval",		"random",			  "setseed",		  "clock_timestamp",
		"timeofday",	  "gen_random_uuid",   "uuidv4",		"uuidv7",			  "set_config",		  "pg_notify",
		"pg_sleep",		  "txid_current",	   "pg_current_xact_id", "query_to_xml",	  "table_to_xml",	  "pg_relation_size",
		"pg_table_size",  "pg_indexes_size",   "pg_total_relation_size", "pg_database_size", "pg_is_in_recovery",
		"pg_current_wal_lsn", "pg_trigger_depth",
	};
	static const char *const families[] = {"pg_event_trigger_", "pg_advisory_xact_", "pg_try_advisory_xact_", "uuid_generate_",
										   "txid_current_", "pg_current_xact_"};
	for (const char *known : names)
		if (strcmp(name, known) == 0)
			return true;
	for (const char *known : families)
		if (strncmp(name, known, strlen(known)) == 0)
			return true;
	return false;
}

/* Called under the server's own code: no C++ object may be alive here. */
bool may_act_outside(Oid function)
{
	HeapTuple row = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(row))
		return false;
	const FormData_pg_proc *form = (const FormData_pg_proc *)GETSTRUCT(row);
	bool outside = form->provolatile == PROVOLATILE_VOLATILE && !is_known_to_be_harmless(NameStr(form->proname));
	if (outside) {
		HeapTuple language = SearchSysCache1(LANGOID, ObjectIdGetDatum(form->prolang));
		outside = HeapTupleIsValid(language) && !((const FormData_pg_language *)GETSTRUCT(language))->lanpltrusted;
		if (HeapTupleIsValid(language))
			ReleaseSysCache(language);
		/* SQL and procedural languages that are trusted do nothing but through other functions, which are looked at as well. */
		if (form->prolang == SQLlanguageId)
			outside = false;
	}
	ReleaseSysCache(row);
	return outside;
}

void on_object_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *arg)
{
	if (next_hook)
		next_hook(access, class_id, object_id, sub_id, arg);
	if (active && access == OAT_FUNCTION_EXECUTE && may_act_outside(object_id)) {
		refused = object_id;
		ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED), errmsg("function %u is not called in a trial", object_id)));
	}
}

bool is_users_and_volatile(Oid function, void *)
{
	return function >= FirstNormalObjectId && func_volatile(function) == PROVOLATILE_VOLATILE;
}

/* Called under the server's own code; the list is the current memory context's. */
bool collect_relations(Node *node, void *context)
{
	if (node == nullptr)
		return false;
	if (!IsA(node, Query))
		return compat::walk_expression(node, collect_relations, context);
	const List *entries = ((::Query *)node)->rtable;
	for (int i = 0; i < list_length(entries); i++) {
		const RangeTblEntry *entry = (const RangeTblEntry *)list_nth(entries, i);
		if (entry->rtekind == RTE_RELATION)
			*(List **)context = lappend_oid(*(List **)context, entry->relid);
	}
	Node *utility = ((::Query *)node)->utilityStmt;
	if (utility != nullptr && IsA(utility, CreateTableAsStmt))
		return collect_relations(((CreateTableAsStmt *)utility)->query, context);
	return compat::walk_query((::Query *)node, collect_relations, context);
}

bool calls_users_code(Node *node, void *context)
{
	if (node == nullptr)
		return false;
	if (check_functions_in_node(node, is_users_and_volatile, context))
		return true;
	return IsA(node, Query) ? compat::walk_query((::Query *)node, calls_users_code, context)
							: compat::walk_expression(node, calls_users_code, context);
}

} // namespace

bool has_no_traces(Node *statement)
{
	switch (nodeTag(statement)) {
	case T_CopyStmt:
	case T_CheckPointStmt:
	case T_LoadStmt:
	case T_ExplainStmt:
	case T_NotifyStmt:
	case T_ListenStmt:
	case T_UnlistenStmt:
	case T_PrepareStmt:
	case T_ExecuteStmt:
	case T_DeallocateStmt:
	case T_DeclareCursorStmt:
	case T_FetchStmt:
	case T_ClosePortalStmt:
	case T_DiscardStmt:
	case T_VacuumStmt:
	case T_ReindexStmt:
	case T_ClusterStmt:
	case T_RefreshMatViewStmt:
		return true;
	default:
		return false;
	}
}

bool prepare_query(const std::string &sql, std::vector<Oid> *tables)
{
	const char *text = sql.c_str();
	List *relations = NIL;
	List **found_relations = tables ? &relations : nullptr;
	const MemoryContext caller = CurrentMemoryContext;
	const bool calls = pg_call([text, found_relations, caller] {
		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		SPIPlanPtr plan = SPI_prepare(text, 0, nullptr);
		if (plan == nullptr)
			elog(ERROR, "cannot prepare this statement: %s", SPI_result_code_string(SPI_result));
		bool found = false;
		List *sources = SPI_plan_get_plan_sources(plan);
		for (int i = 0; i < list_length(sources) && !found; i++) {
			List *queries = ((CachedPlanSource *)list_nth(sources, i))->query_list;
			for (int n = 0; n < list_length(queries) && !found; n++)
				found = calls_users_code((Node *)list_nth(queries, n), nullptr);
			if (found_relations == nullptr)
				continue;
			const MemoryContext own = MemoryContextSwitchTo(caller);
			for (int n = 0; n < list_length(queries); n++)
				(void)collect_relations((Node *)list_nth(queries, n), found_relations);
			MemoryContextSwitchTo(own);
		}
		SPI_finish();
		return found;
	});
	for (int i = 0; i < list_length(relations); i++)
		tables->push_back(list_nth_oid(relations, i));
	return calls;
}

HarmlessOnly::HarmlessOnly(int64 microseconds)
	: limit_(microseconds > 0 ? static_cast<int>(std::max<int64>(1, microseconds / 1000)) : 0)
{
	active = true;
	refused = InvalidOid;
	refused_command = nullptr;
}

HarmlessOnly::~HarmlessOnly()
{
	active = false;
}

void HarmlessOnly::refuse(Node *statement)
{
	const bool copies = IsA(statement, CopyStmt) && (((CopyStmt *)statement)->is_program || ((CopyStmt *)statement)->filename != nullptr);
	if (!active || !(copies || IsA(statement, LoadStmt)))
		return;
	refused_command = copies ? "COPY" : "LOAD";
	ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED), errmsg("%s is not run in a trial", refused_command)));
}

void HarmlessOnly::install_hook()
{
	next_hook = object_access_hook;
	object_access_hook = on_object_access;
}

bool HarmlessOnly::is_watching()
{
	return active;
}

std::string HarmlessOnly::prevented()
{
	if (refused_command != nullptr)
		return std::string("it has a ") + refused_command + ", which acts outside of the transaction";
	if (OidIsValid(refused)) {
		const Oid function = refused;
		return "it calls " + std::string(pg_call([function] { return format_procedure(function); })) +
			   ", which may act outside of the transaction";
	}
	return TimeLimit::reached() ? "it takes too long" : "";
}

} // namespace surefoot

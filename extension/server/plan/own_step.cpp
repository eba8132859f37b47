/* The statements that the server refuses in a transaction block. */
#include "server/plan/operations.hpp"

extern "C" {
#include "catalog/pg_subscription.h"
}

namespace surefoot {

namespace {

const DefElem *option(List *options, const char *name)
{
	for (int i = 0; i < list_length(options); i++) {
		const DefElem *element = (DefElem *)list_nth(options, i);
		if (strcmp(element->defname, name) == 0)
			return element;
	}
	return nullptr;
}

bool flag(List *options, const char *name, bool missing)
{
	const DefElem *element = option(options, name);
	return element == nullptr ? missing
							  : pg_call([element] { return defGetBoolean((DefElem *)element); });
}

bool is_partitioned(const RangeVar *name, const Created &created)
{
	const TableState state = created.find(name);
	if (!OidIsValid(state.id))
		return false;
	const Oid id = state.id;
	const char kind = pg_call([id] { return get_rel_relkind(id); });
	return kind == RELKIND_PARTITIONED_TABLE || kind == RELKIND_PARTITIONED_INDEX;
}

/* DROP SUBSCRIPTION drops its slot on the publisher, if it has one. */
bool subscription_has_slot(const char *name)
{
	return pg_call([name] {
		HeapTuple tuple = SearchSysCache2(SUBSCRIPTIONNAME, ObjectIdGetDatum(MyDatabaseId),
										  CStringGetDatum(name));
		if (!HeapTupleIsValid(tuple))
			return true;
		bool none;
		(void)SysCacheGetAttr(SUBSCRIPTIONNAME, tuple, Anum_pg_subscription_subslotname, &none);
		ReleaseSysCache(tuple);
		return !none;
	});
}

bool reindexes_alone(const ReindexStmt *reindex, const Created &created)
{
	if (reindex->kind != REINDEX_OBJECT_INDEX && reindex->kind != REINDEX_OBJECT_TABLE)
		return true;
	return flag(reindex->params, "concurrently", false) ||
		   is_partitioned(reindex->relation, created);
}

bool alters_subscription_alone(const AlterSubscriptionStmt *alter)
{
	switch (alter->kind) {
		case ALTER_SUBSCRIPTION_REFRESH:
			return true;
		case ALTER_SUBSCRIPTION_SET_PUBLICATION:
		case ALTER_SUBSCRIPTION_ADD_PUBLICATION:
		case ALTER_SUBSCRIPTION_DROP_PUBLICATION:
			return flag(alter->options, "refresh", true);
		case ALTER_SUBSCRIPTION_OPTIONS:
			return option(alter->options, "failover") != nullptr ||
				   option(alter->options, "two_phase") != nullptr;
		default:
			return false;
	}
}

} // namespace

bool runs_code(Node *statement)
{
	return IsA(statement, DoStmt) || IsA(statement, CallStmt);
}

bool may_commit(Node *statement)
{
	if (!IsA(statement, DoStmt))
		return runs_code(statement);
	List *arguments = ((DoStmt *)statement)->args;
	const DefElem *body = option(arguments, "as"), *language = option(arguments, "language");
	if (body == nullptr || (language != nullptr && strcmp(strVal(language->arg), "plpgsql") != 0))
		return true;
	std::string text = strVal(body->arg);
	std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return c < 0x80 ? tolower(c) : c; });
	/* What EXECUTE runs cannot commit. */
	return text.find("commit") != text.npos || text.find("rollback") != text.npos || text.find("call") != text.npos;
}

bool needs_own_step(Node *node, const Created &created)
{
	switch (nodeTag(node)) {
		case T_DropStmt:
			return ((DropStmt *)node)->concurrent;
		case T_ReindexStmt:
			return reindexes_alone((ReindexStmt *)node, created);
		case T_VacuumStmt:
			return ((VacuumStmt *)node)->is_vacuumcmd;
		case T_ClusterStmt: {
			const RangeVar *table = ((ClusterStmt *)node)->relation;
			return table == nullptr || is_partitioned(table, created);
		}
		case T_AlterTableStmt: {
			List *commands = ((AlterTableStmt *)node)->cmds;
			for (int i = 0; i < list_length(commands); i++) {
				const AlterTableCmd *command = (AlterTableCmd *)list_nth(commands, i);
				if (command->subtype == AT_DetachPartition &&
					((PartitionCmd *)command->def)->concurrent)
					return true;
			}
			return false;
		}
		case T_CreatedbStmt:
		case T_DropdbStmt:
		case T_CreateTableSpaceStmt:
		case T_DropTableSpaceStmt:
		case T_AlterSystemStmt:
			return true;
		case T_AlterDatabaseStmt:
			return option(((AlterDatabaseStmt *)node)->options, "tablespace") != nullptr;
		case T_CreateSubscriptionStmt: {
			List *options = ((CreateSubscriptionStmt *)node)->options;
			return flag(options, "create_slot", flag(options, "connect", true));
		}
		case T_AlterSubscriptionStmt:
			return alters_subscription_alone((AlterSubscriptionStmt *)node);
		case T_DropSubscriptionStmt:
			return subscription_has_slot(((DropSubscriptionStmt *)node)->subname);
		default:
			return false;
	}
}

} // namespace surefoot

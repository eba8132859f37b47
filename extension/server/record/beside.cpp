#include "server/record/beside.hpp"

extern "C" {
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_operator.h"
#include "utils/syscache.h"
}

namespace surefoot {

std::vector<Oid> tied_operators(Oid id)
{
	Oid ids[2] = {};
	pg_call([id, &ids] {
		HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(id));
		if (!HeapTupleIsValid(tuple))
			return;
		const Form_pg_operator row = (Form_pg_operator)GETSTRUCT(tuple);
		ids[0] = row->oprcom;
		ids[1] = row->oprnegate;
		ReleaseSysCache(tuple);
	});
	std::vector<Oid> result(std::begin(ids), std::end(ids));
	std::erase(result, InvalidOid);
	return result;
}

bool detaches(Node *statement)
{
	if (!IsA(statement, AlterTableStmt))
		return false;
	const List *commands = ((AlterTableStmt *)statement)->cmds;
	for (int i = 0; i < list_length(commands); i++)
		if (const AlterTableType type = ((AlterTableCmd *)list_nth(commands, i))->subtype;
			type == AT_DetachPartition || type == AT_DetachPartitionFinalize)
			return true;
	return false;
}

std::vector<ObjectAddress> sequences_that_follow(Node *statement)
{
	std::vector<ObjectAddress> result;
	const RangeVar *name = nullptr;
	if (IsA(statement, AlterObjectSchemaStmt))
		name = ((AlterObjectSchemaStmt *)statement)->relation;
	else if (IsA(statement, AlterTableStmt)) {
		const AlterTableStmt *alter = (AlterTableStmt *)statement;
		for (int i = 0; i < list_length(alter->cmds); i++) {
			const AlterTableType kind = ((AlterTableCmd *)list_nth(alter->cmds, i))->subtype;
			if (kind == AT_SetLogged || kind == AT_SetUnLogged)
				name = alter->relation;
		}
	}
	if (name == nullptr)
		return result;
	List *owned = pg_call([name]() -> List * {
		const Oid table = RangeVarGetRelid(name, NoLock, true);
		return OidIsValid(table) ? getOwnedSequences(table) : NIL;
	});
	for (int i = 0; i < list_length(owned); i++)
		result.push_back({RelationRelationId, list_nth_oid(owned, i), 0});
	return result;
}

} // namespace surefoot

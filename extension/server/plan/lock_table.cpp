#include "server/plan/lock_table.hpp"

#include <algorithm>

extern "C" {
#include "parser/parse_type.h"
}

namespace surefoot {

namespace {

/* A value of the type may be stored out of line: the table gets a TOAST table. */
bool is_toastable(const TypeName *name)
{
	return pg_call([name] {
		HeapTuple tuple = LookupTypeName(nullptr, name, nullptr, true);
		if (!HeapTupleIsValid(tuple))
			return false;
		const Form_pg_type form = (Form_pg_type)GETSTRUCT(tuple);
		const bool result = form->typlen == -1 && form->typstorage != TYPSTORAGE_PLAIN &&
							form->typtype != TYPTYPE_DOMAIN && form->oid != NUMERICOID;
		ReleaseSysCache(tuple);
		return result;
	});
}

bool has_index(List *constraints)
{
	for (int i = 0; i < list_length(constraints); i++) {
		const Constraint *constraint = (Constraint *)list_nth(constraints, i);
		if (IsA(constraint, Constraint) &&
			(constraint->contype == CONSTR_PRIMARY || constraint->contype == CONSTR_UNIQUE ||
			 constraint->contype == CONSTR_EXCLUSION))
			return true;
	}
	return false;
}

/*
 * As seen in pg_locks on 14 to 18: a table takes two entries, three more with TOAST, one for each index. Other things that a
 * column may bring are left out: to refuse what would have worked is worse than to miss some.
 */
int64 need_of_table(const CreateStmt *create)
{
	int64 need = 2;
	bool toast = false;
	for (int i = 0; i < list_length(create->tableElts); i++) {
		Node *element = (Node *)list_nth(create->tableElts, i);
		if (IsA(element, ColumnDef)) {
			const ColumnDef *column = (ColumnDef *)element;
			toast = toast || (column->typeName != nullptr && is_toastable(column->typeName));
			need += has_index(column->constraints);
		} else if (IsA(element, Constraint)) {
			const ConstrType type = ((Constraint *)element)->contype;
			need += type == CONSTR_PRIMARY || type == CONSTR_UNIQUE || type == CONSTR_EXCLUSION;
		}
	}
	return need + (toast ? 3 : 0);
}

int64 need_of(Node *node)
{
	switch (nodeTag(node)) {
		case T_CreateStmt:
			return need_of_table((CreateStmt *)node);
		case T_CreateTableAsStmt:
		case T_ViewStmt:
			return 2;
		case T_CreateSeqStmt:
		case T_IndexStmt:
			return 1;
		case T_DropStmt: {
			const DropStmt *drop = (DropStmt *)node;
			const ObjectType type = drop->removeType;
			const bool relation = type == OBJECT_TABLE || type == OBJECT_VIEW ||
								  type == OBJECT_INDEX || type == OBJECT_SEQUENCE ||
								  type == OBJECT_MATVIEW;
			return relation ? list_length(drop->objects) : 0;
		}
		default:
			return 0;
	}
}

int64 setting(const char *name)
{
	return strtol(pg_call([name] { return GetConfigOption(name, false, false); }), nullptr, 10);
}

} // namespace

int64 lock_table_capacity()
{
	const int64 entries =
		setting("max_locks_per_transaction") * (MaxBackends + setting("max_prepared_transactions"));
	/*
	 * The table may grow into what the server keeps in reserve. Measured on 15: 2,029 for 1,000, 14,190 for 8,320 and 48,009
	 * for 31,232; this stays just below.
	 */
	return entries + entries * 45 / 100 + std::min<int64>(1900, entries / 2);
}

int64 lock_table_need(const Script &script, const std::vector<Operation> &operations)
{
	int64 need = 0;
	for (const Operation &operation : operations)
		need += need_of(script.statement(operation.statement).raw->stmt);
	return need;
}

void refuse_lock_exhaustion(const Script &script, const std::vector<PlannedStep> &steps)
{
	const int64 capacity = lock_table_capacity();
	for (size_t i = 0; i < steps.size(); i++) {
		if (steps[i].kind == OperationKind::concurrent)
			continue;
		const int64 need = lock_table_need(script, steps[i].operations);
		if (need <= capacity)
			continue;
		const int64 now = setting("max_locks_per_transaction");
		throw Error(
			sqlstate::limit_predicted,
			"step " + std::to_string(i + 1) + " needs more locks than the server has room for",
			"It needs about " + std::to_string(need) + "; with max_locks_per_transaction = " +
				std::to_string(now) + " there is room for " + std::to_string(capacity) + ".",
			"Set max_locks_per_transaction to " + std::to_string(now * need / capacity + 16) +
				" or more and restart the server, or split the migration.");
	}
}

} // namespace surefoot

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

bool is_serial(const ColumnDef *column)
{
	if (column->typeName != nullptr && column->typeName->names != NIL)
		for (const char *serial : {"smallserial", "serial", "bigserial", "serial2", "serial4", "serial8"})
			if (strcmp(strVal(llast(column->typeName->names)), serial) == 0)
				return true;
	for (int i = 0; i < list_length(column->constraints); i++)
		if (((Constraint *)list_nth(column->constraints, i))->contype == CONSTR_IDENTITY)
			return true;
	return false;
}

/*
 * As it was measured until the server gave up: a table takes two entries, two more with TOAST, and two for each index; one for the
 * sequence of a column. Its way back, which is tried in the same transaction, locks its row type besides.
 */
int64 need_of_table(const CreateStmt *create, bool tries_way_back)
{
	int64 need = tries_way_back ? 3 : 2;
	bool toast = false;
	for (int i = 0; i < list_length(create->tableElts); i++) {
		Node *element = (Node *)list_nth(create->tableElts, i);
		if (IsA(element, ColumnDef)) {
			const ColumnDef *column = (ColumnDef *)element;
			toast = toast || (column->typeName != nullptr && is_toastable(column->typeName));
			need += 2 * has_index(column->constraints) + is_serial(column);
		} else if (IsA(element, Constraint)) {
			const ConstrType type = ((Constraint *)element)->contype;
			need += 2 * (type == CONSTR_PRIMARY || type == CONSTR_UNIQUE || type == CONSTR_EXCLUSION);
		}
	}
	return need + 2 * toast;
}

/* A table that goes is locked with its two types; what hangs on it is not looked up. */
int64 need_of_drop(const DropStmt *drop)
{
	switch (drop->removeType) {
		case OBJECT_TABLE:
		case OBJECT_VIEW:
		case OBJECT_MATVIEW:
			return 3 * list_length(drop->objects);
		case OBJECT_INDEX:
		case OBJECT_SEQUENCE:
			return list_length(drop->objects);
		default:
			return 0;
	}
}

int64 need_of(Node *node, bool tries_way_back)
{
	switch (nodeTag(node)) {
		case T_CreateStmt:
			return need_of_table((CreateStmt *)node, tries_way_back);
		case T_CreateTableAsStmt:
		case T_ViewStmt:
			return 2;
		case T_CreateSeqStmt:
		case T_IndexStmt:
			return 1;
		case T_DropStmt:
			return need_of_drop((DropStmt *)node);
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
	 * The table may grow into what the server keeps in reserve, which depends on other settings too. Measured on 15: room for 2,029
	 * with 1,000, for 12,852 with 7,808 (the default), for 14,190 with 8,320, and for 48,009 with 31,232; this stays below.
	 */
	return entries + entries * 37 / 100 + std::min<int64>(1900, entries / 2);
}

int64 lock_table_need(const Script &script, const std::vector<Operation> &operations)
{
	int64 need = 0;
	const bool tries_way_back = !script.directives().accepts("inexact-down");
	for (const Operation &operation : operations)
		need += need_of(script.statement(operation.statement).raw->stmt, tries_way_back);
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

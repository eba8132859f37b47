#include "server/record/sequence_calls.hpp"

#include "server/compat.hpp"

extern "C" {
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
}

namespace surefoot {

Numbers numbers = Numbers::anything;

namespace {

LocalTransactionId mover_stays_ready_in = InvalidLocalTransactionId;

bool is_in_trigger()
{
	return DatumGetInt32(DirectFunctionCall1(pg_trigger_depth, (Datum)0)) > 0;
}

} // namespace

Numbers numbers_of(const PlannedStmt *statement)
{
	return statement->commandType == CMD_SELECT && !statement->hasModifyingCTE ? Numbers::query : Numbers::rows;
}

/* These make the defaults of rows ready themselves. */
Numbers numbers_of(Node *utility)
{
	return IsA(utility, CopyStmt) || IsA(utility, AlterTableStmt) ? Numbers::rows : Numbers::anything;
}

bool moves_sequence(Oid function, bool is_watched)
{
	const bool sets = function == F_SETVAL_REGCLASS_INT8 || function == F_SETVAL_REGCLASS_INT8_BOOL;
	if (!sets && (function != F_NEXTVAL || !is_watched || numbers == Numbers::rows || is_in_trigger()))
		return false;
	if (numbers != Numbers::query)
		mover_stays_ready_in = compat::local_transaction();
	return true;
}

bool may_call_mover_again()
{
	return mover_stays_ready_in != InvalidLocalTransactionId && mover_stays_ready_in == compat::local_transaction();
}

} // namespace surefoot

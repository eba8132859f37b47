/*
 * Which calls of functions move a sequence. A number that is taken for a row is none of these: where the sequence stands then belongs to
 * the rows. The server tells of a function when an expression is made ready to run, so what counts is what is made ready then.
 */
#pragma once

#include "server/pg.hpp"

namespace surefoot {

/* What numbers are for that the expressions take which are being made ready. */
enum class Numbers {
	anything,
	query,
	rows
};

extern Numbers numbers;

Numbers numbers_of(const PlannedStmt *statement);
Numbers numbers_of(Node *utility);

/* Called under the server's own code: no C++ object may be alive here, and run has none. */
template <typename Run> void run_for(Numbers wanted, const Run &run)
{
	const Numbers outer = numbers;
	numbers = wanted;
	PG_TRY();
	{
		run();
	}
	PG_FINALLY();
	{
		numbers = outer;
	}
	PG_END_TRY();
}

/* setval at any rate; nextval unless it is for a row, as a default or in a trigger, or nobody watches what it is for. Same rule. */
bool moves_sequence(Oid function, bool is_watched);

/* An expression was made ready in this transaction which may run again without being made ready again, as in a function of PL/pgSQL. */
bool may_call_mover_again();

} // namespace surefoot

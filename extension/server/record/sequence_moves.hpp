/* What changes where a sequence stands: no definition tells of it, and no rollback takes setval() back. */
#pragma once

#include "server/pg.hpp"

#include <optional>
#include <vector>

namespace surefoot {

struct SequencePlace {
	int64 last = 0;
	bool called = false;
	bool operator==(const SequencePlace &) const = default;
};

/* By the page itself: it asks for no right on the sequence. Nothing when it is gone. */
std::optional<SequencePlace> place_of_sequence(Oid sequence);

/* Whether nobody else can take or set a number of it, by a lock of ours. */
bool is_held(Oid sequence);

/* Where a new one of its definition stands. */
SequencePlace start_of_sequence(Oid sequence);

/* Those of which this transaction has taken or set a number, in functions and in what was rolled back to a savepoint as well. */
std::vector<Oid> sequences_in_use();

/* Of a column, its own or by its identity. */
std::vector<Oid> sequences_of_column(Oid table, const char *column, bool identity_only);

/* ALTER SEQUENCE or ALTER COLUMN with RESTART, by its text. */
bool restarts_sequence(Node *statement);
/* Those that such a statement restarts, and those of TRUNCATE RESTART IDENTITY. */
std::vector<Oid> restarted_sequences(Node *statement);

/* A query that calls setval or nextval itself. */
bool calls_for_sequence(Node *statement);

} // namespace surefoot

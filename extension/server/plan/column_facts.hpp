/* What the catalog knows of a column, and what the server would do to its values. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* A column as the catalog has it. */
struct Column {
	bool exists, not_null, generated;
	AttrNumber number;
	Oid type, collation;
	int32 typmod;
};

/* Server calls, to be made inside pg_call. */
Column find_column(Oid table, const char *name);
bool is_serial(const TypeName *type);
/* InvalidOid when it does not exist yet. */
Oid type_oid(const TypeName *name, int32 *typmod);
/*
 * Whether a value of type from must be changed to be one of type to: the server's own coercion, after its own simplification, is
 * looked at as ALTER COLUMN TYPE does.
 */
bool coercion_rewrites(Oid from, int32 from_typmod, Oid collation, Oid to, int32 to_typmod);
/* Validated CHECK constraints say so. Without a lock that is free, nothing is known, and the answer is no. */
bool checks_imply_not_null(Oid table, const Column &column);
/* A validated CHECK reads the column, so the table is read again when its type changes. */
bool has_check_on(Oid table, AttrNumber number);
/* It is not the last one: what comes back in its place comes at the end. */
bool has_later_column(Oid table, AttrNumber number);

/* A default that must be computed row by row. What cannot be understood yet may be anything. */
bool default_rewrites(Node *raw);

} // namespace surefoot

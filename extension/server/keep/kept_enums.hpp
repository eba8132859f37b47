/*
 * Values of enums in tables that are kept by their storage: the numbers of pg_enum, which mean nothing when the type is made anew, or in another
 * database. In the archive they are numbers (oid), so that the type may go, and where they are from and what they were called is written beside
 * them, in the comment on the column.
 *
 * Plain functions, used inside guarded calls only.
 */
#pragma once

#include "server/pg.hpp"

namespace surefoot {

/* Makes numbers of the enums of a table in the archive, whose files may already be those of the table that it was made like. */
void store_enums_as_numbers(Oid archive);

/* Whether the column of a table in the archive holds values of type, a column's now: by the same numbers, so that its files can be. */
bool has_same_numbers(Oid archive, AttrNumber column, Oid type);

/* What the column's numbers are in type, now; nullptr when it holds no enum, or type is none. For renumbered(). */
struct EnumNumbers;
EnumNumbers *enum_numbers(Oid archive, AttrNumber column, Oid type);
/* Raises when type has no such value any more. */
Oid renumbered(const EnumNumbers *numbers, Oid number);

} // namespace surefoot

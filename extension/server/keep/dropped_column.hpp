/*
 * What there is of a column that was dropped, in the table and in the catalog, and a column's table locked for a change.
 *
 * All but lock_table_of are plain functions, to be called inside one guarded call.
 */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* A table whose rows are nobody else's business. */
bool is_plain_table(Relation relation);

/* Whether a column of this pg_attribute row, of a plain table, can be given its place again once it is dropped. */
bool is_restorable(const FormData_pg_attribute *attribute);

/* Whether the dropped column of this pg_attribute row can hold values of type, which is written as definition. */
bool fits(HeapTuple row, Oid type, const char *definition);

/* A column that this transaction has dropped, and that can be given its place again. */
struct Dropped {
	Oid type; /* InvalidOid: it cannot */
	const char *missing;
	bool is_dropped;      /* in this transaction, whether it can come back or not */
	bool has_no_values;   /* its table was stored anew, before or after: rows have nothing, or what they had then */
};

/* The column at address, whose type was written as definition before the step. is_new: its table is, and has no rows. */
Dropped dropped_at(const ObjectAddress &address, const char *definition, bool is_new = false);

/* Name and type back into the row of pg_attribute, and all else as in a new column: what there is to say of it is said afterwards. */
void revive(Oid table, AttrNumber number, const char *column, Oid type, const char *missing);

/* A column's table, and its name without quotes. */
struct Named {
	Oid table;
	const char *column;
};

/* Locks the table of schema.table.column against everybody (AccessExclusiveLock), once it is certain that the current user owns it. */
Named lock_table_of(const std::string &column);

/* The same of schema.table, which this transaction has made and which has no rows; raises when that is not so. */
Oid lock_new_table(const std::string &table);

} // namespace surefoot

/* What the files that foresee ways back share; not for others. */
#pragma once

#include "server/plan/foreseen.hpp"
#include "server/plan/foreseen_kept.hpp"
#include "server/plan/names_made.hpp"

namespace surefoot {

inline Foreseen exact()
{
	return {};
}

inline Foreseen needless()
{
	return {Foreseen::needless, core::WayBack::exact};
}

inline Foreseen lossy(core::WayBack way_back, std::string reason)
{
	return {Foreseen::verdict, way_back, std::move(reason)};
}

inline Foreseen unknown(std::string reason)
{
	return {Foreseen::unknown, core::WayBack::none, std::move(reason)};
}

inline Foreseen cascading()
{
	return unknown("it shows when it is applied what CASCADE takes along");
}

/* Nothing but the column, or casts of it to the type that is wanted, by way of text at most. */
bool is_plain_cast(Node *expression, const char *column, const TypeName *wanted);
/* Whether the statement itself changes rows. */
bool changes_rows(Node *statement);
/* The materialized view that statement fills anew, unless this transaction has made it; empty when it is no such statement. */
std::string refreshed_view(Node *statement);

/* A foreign key, on either side, of a partitioned table or a partition. To be called within a pg_call. */
bool has_keys_of_partitions(Oid table);

/* How a way back without rows is called where others are changed than those of what is dropped. */
Foreseen without_changed_rows(Node *statement, const Keeping &keeping);
/* The same of rows, or a reason for it, in brackets; nothing where there is none. */
std::string in_brackets(const std::string &why);

Foreseen foresee_drop_column(Oid table, const char *name, const Keeping &keeping);
Foreseen foresee_restart(const Keeping &keeping);
Foreseen foresee_drop(const DropStmt *drop, const Keeping &keeping);
Foreseen foresee_alter_table(const AlterTableStmt *alter, const Keeping &keeping);

} // namespace surefoot

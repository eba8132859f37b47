/* What is there by the name of something that a statement would create. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* The object that statement would create, if something of that name is there; else without an OID. */
ObjectAddress existing_object(Node *statement);

/* The same for one subcommand of an ALTER TABLE. */
ObjectAddress existing_part(const AlterTableStmt *alter, const AlterTableCmd *command);

/* The value that ALTER TYPE ... ADD VALUE names. */
struct EnumPlace {
	bool exists, as_said; /* before or after the one that the statement names */
};
EnumPlace find_enum_value(const AlterEnumStmt *alter);

} // namespace surefoot

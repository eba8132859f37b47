/* Which objects a utility statement is about, found and locked the way the statement itself will do it. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/*
 * Calls found for every top-level or dependent object that statement names and that exists, after locking it: relations in the
 * mode that the statement takes (waiting at most lock_timeout), others as get_object_address does. wanted is called with each
 * relation before its lock is asked for. Objects that are missing are left to the statement itself to complain of.
 */
void lock_targets(Node *statement, const std::function<void(const ObjectAddress &)> &found,
				  const std::function<void(Oid)> &wanted);

/*
 * Whether the current role may ask for a strong lock on relation: as its owner, as that of its schema, or by one of privileges. Raw:
 * call it within pg_call.
 */
bool may_lock(Oid relation, AclMode privileges);

/*
 * The object of that name, locked as get_object_address does, a relation that it belongs to in lock; an invalid one when either is not there. Raw: call
 * it within pg_call.
 */
ObjectAddress find_object(ObjectType type, Node *object, LOCKMODE lock);

/* All tables that a TRUNCATE reaches, children and by CASCADE, as it is now. */
std::vector<Oid> truncated_tables(const TruncateStmt *statement);

/* The tables that a DROP TABLE names, without what goes with them; InvalidOid for one that is not there. */
std::vector<Oid> dropped_tables(const DropStmt *statement);

/* The strongest lock that statement takes on the relations that it names; NoLock when it takes none. */
LOCKMODE target_lock(Node *statement);

} // namespace surefoot

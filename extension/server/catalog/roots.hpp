/*
 * Top-level objects: what definitions are read of, and how one is found again.
 *
 * A root is a relation, a type, a function, a schema ... ; indexes, constraints, triggers and so on belong to one. Its text names it
 * by type and names, as pg_identify_object_as_address does, in JSON: {"type": "table", "names": ["public", "users"]}.
 */
#pragma once

#include "server/guard.hpp"

namespace surefoot::catalog {

/*
 * The root that an address belongs to; class InvalidOid when it is none of ours: temporary and toast relations, what lives
 * in schema surefoot, shared objects, and what is not there. A member of an extension belongs to the extension. Raises nothing for
 * half-done states: it can be called from object_access_hook, also for what the current command has created but not yet shown.
 */
ObjectAddress root_of(Oid class_id, Oid object_id, int32 sub_id = 0);

/*
 * The same, before it is asked who brought that along (an extension, a range type): what is a root itself has that asked already. It is
 * what a member of an extension is by itself, also one of Surefoot's own.
 */
ObjectAddress whole_of(Oid class_id, Oid object_id);

/* The text of a root; an object that is not there gives its class and OID, which no resolve_root() finds. */
std::string root_text(const ObjectAddress &root);

/* An address as the text that core::Object::address holds, and back; {} for what is none. */
std::string address_text(const ObjectAddress &address);
ObjectAddress address_of(const std::string &text);

/* The root that the text names, if it is there. */
std::optional<ObjectAddress> resolve_root(std::string_view text);

} // namespace surefoot::catalog

/*
 * Holds a script to the role that it runs as. Where that is not the session's own, RESET ROLE and the like would give it the rights
 * of the session, a superuser's perhaps; so they are refused, in functions and DO blocks too, as the server does it in a function
 * that runs as its owner.
 */
#pragma once

#include "server/script/script.hpp"

namespace surefoot {

/* Around the statements of a script of role. Which role is the current one stays as it is. */
class RoleFence {
public:
	explicit RoleFence(Oid role);
	~RoleFence();
	RoleFence(const RoleFence &) = delete;
	RoleFence &operator=(const RoleFence &) = delete;

	/* Whether there is one around what runs at the moment. */
	static bool stands();

private:
	Oid user_;
	int security_;
	bool stands_;
};

/* The same, and the statements run as role, when the current role has its rights. */
class AsRole {
public:
	explicit AsRole(Oid role);
	~AsRole();
	AsRole(const AsRole &) = delete;
	AsRole &operator=(const AsRole &) = delete;

	Oid role() const { return role_; }

private:
	Oid user_, role_;
	int security_;
	bool apart_;
};

/* Raises SF006 for a statement of script that the fence around role would not let through. */
void refuse_role_change(const Script &script, const Statement &statement, Oid role);

/* The role of this name, InvalidOid when there is none. */
Oid role_named(const std::string &name);

} // namespace surefoot

#include "server/run/role_fence.hpp"

namespace surefoot {

namespace {

int fences = 0;

bool is_fenced(Oid role)
{
	return role != GetSessionUserId();
}

bool changes_role(Node *node)
{
	if (!IsA(node, VariableSetStmt))
		return false;
	const char *name = ((VariableSetStmt *)node)->name;
	return name != nullptr && (pg_strcasecmp(name, "role") == 0 || pg_strcasecmp(name, "session_authorization") == 0);
}

} // namespace

/* The end of a (sub)transaction that fails in between puts back what there was at its beginning, and that is the same. */
RoleFence::RoleFence(Oid role)
{
	GetUserIdAndSecContext(&user_, &security_);
	stands_ = is_fenced(role);
	if (!stands_)
		return;
	SetUserIdAndSecContext(user_, security_ | SECURITY_LOCAL_USERID_CHANGE);
	fences++;
}

RoleFence::~RoleFence()
{
	Oid user;
	int security;
	/* Without a fence the script may have become another role: that is not ours to change. */
	GetUserIdAndSecContext(&user, &security);
	SetUserIdAndSecContext(user, security_);
	if (stands_)
		fences--;
}

bool RoleFence::stands()
{
	return fences > 0;
}

AsRole::AsRole(Oid role)
{
	GetUserIdAndSecContext(&user_, &security_);
	const Oid me = user_;
	role_ = OidIsValid(role) && pg_call([me, role] { return has_privs_of_role(me, role); }) ? role : me;
	apart_ = role_ != me || is_fenced(role_);
	SetUserIdAndSecContext(role_, apart_ ? security_ | SECURITY_LOCAL_USERID_CHANGE : security_);
	if (apart_)
		fences++;
}

AsRole::~AsRole()
{
	SetUserIdAndSecContext(user_, security_);
	if (apart_)
		fences--;
}

void refuse_role_change(const Script &script, const Statement &statement, Oid role)
{
	if (is_fenced(role) && changes_role(statement.raw->stmt))
		throw script.refusal(statement.offset, "a script that runs as another role than the session's cannot change its role",
							 "It could take the rights of the session instead.",
							 "Leave it out, or connect as the role that applies.");
}

Oid role_named(const std::string &name)
{
	const char *role = name.c_str();
	return pg_call([role] { return get_role_oid(role, true); });
}

} // namespace surefoot

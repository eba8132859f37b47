#include "server/history/script_owner.hpp"

#include "server/run/role_fence.hpp"

namespace surefoot {

namespace {

std::string name_of(Oid role)
{
	return pg_call([role] { return GetUserNameFromId(role, false); });
}

/* Whether the current role has the rights of this one; nobody has those of a role that is gone. */
bool has_rights_of(const std::string &name)
{
	const Oid role = role_named(name), me = GetUserId();
	return OidIsValid(role) && pg_call([me, role] { return has_privs_of_role(me, role); });
}

bool owns_extension()
{
	const Oid owner = extension().owner, me = GetUserId();
	return pg_call([me, owner] { return has_privs_of_role(me, owner); });
}

bool is_superuser(Oid role)
{
	return OidIsValid(role) && pg_call([role] { return superuser_arg(role); });
}

const char *insufficient_privilege()
{
	return unpack_sql_state(ERRCODE_INSUFFICIENT_PRIVILEGE);
}

} // namespace

std::string current_role()
{
	return name_of(GetUserId());
}

std::string session_role()
{
	return name_of(GetSessionUserId());
}

void refuse_foreign_change(const history::Migration &migration)
{
	std::optional<history::Run> run;
	if (migration.state != "registered" && migration.state != "reverted") {
		Internal internal;
		run = history::get_run(migration.run);
	}
	const std::string &owner = run ? run->role : migration.owner;
	if (owns_extension() || has_rights_of(owner))
		return;
	throw Error(insufficient_privilege(), "you may not change the scripts of migration " + migration.version,
				(run ? "It was applied as role \"" : "It was registered by role \"") + owner + "\", and its scripts are that role's.",
				"Register it as that role, or as a member of it.");
}

std::string owner_after_change(const history::Migration &migration)
{
	const Oid owner = role_named(migration.owner), me = GetUserId();
	const bool is_one_of_them = OidIsValid(owner) && pg_call([me, owner] { return is_member_of_role_nosuper(me, owner); });
	return is_one_of_them ? migration.owner : current_role();
}

void refuse_foreign_scripts(const history::Migration &migration)
{
	if (!is_superuser(GetUserId()) || is_superuser(role_named(migration.owner)))
		return;
	throw Error(insufficient_privilege(),
				"migration " + migration.version + " was registered by role \"" + migration.owner + "\", which is not a superuser",
				"Its scripts would run with your rights.",
				"Apply it as that role (SET ROLE), or read the scripts and register them yourself.");
}

void refuse_foreign_run(const history::Run &run, const char *what)
{
	if (owns_extension() || has_rights_of(run.role))
		return;
	throw Error(insufficient_privilege(), "you may not " + std::string(what) + " migration " + run.version,
				"Its steps run as role \"" + run.role + "\".", "Do it as that role, or as a member of it.");
}

} // namespace surefoot

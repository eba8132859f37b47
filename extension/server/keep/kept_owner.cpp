#include "server/keep/kept_owner.hpp"

#include "server/pg.hpp"

extern "C" {
#include "access/xlog.h"
#include "utils/acl.h"
#include "utils/syscache.h"
}

namespace surefoot {

std::string system_identifier()
{
	return std::to_string(GetSystemIdentifier());
}

bool has_rights_of(Oid caller, const KeptOwner &owner)
{
	const bool here = owner.system_identifier == system_identifier();
	const char *name = owner.name.c_str();
	const Oid oid = owner.oid;
	return pg_call([=] {
		const Oid role = !here ? get_role_oid(name, true) : SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(oid)) ? oid : InvalidOid;
		return superuser_arg(caller) || (OidIsValid(role) && has_privs_of_role(caller, role));
	});
}

void require_rights_of(Oid caller, const KeptOwner &owner, const std::string &of)
{
	if (!has_rights_of(caller, owner))
		throw Error("42501", "permission denied for " + of, "Its owner was " + owner.name + ".", "");
}

} // namespace surefoot

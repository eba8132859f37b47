/* Whose the rows in the archive are: of the role that owned the table when they were kept, and of whoever has its rights now. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* As a line of surefoot.archive says. A role's number means the same for as long as it lives, but in its own cluster only; its name, elsewhere. */
struct KeptOwner {
	std::string name;
	Oid oid;
	std::string system_identifier;
};

bool has_rights_of(Oid caller, const KeptOwner &owner);

/* Raises 42501 when caller has not; of: what was kept, in words. */
void require_rights_of(Oid caller, const KeptOwner &owner, const std::string &of);

/* Of this cluster, as text. */
std::string system_identifier();

} // namespace surefoot

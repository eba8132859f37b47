/* Members of extensions: no objects of their own in the schema, and recorded by themselves when a statement names them. */
#include "server/record/recorder.hpp"

#include "server/catalog/roots.hpp"

extern "C" {
#include "catalog/dependency.h"
#include "commands/extension.h"
}

namespace surefoot {

void Recorder::see_named(const ObjectAddress &object, bool joins_or_leaves)
{
	const ObjectAddress root = catalog::root_of(object.classId, object.objectId, object.objectSubId);
	see(root);
	/* What is new and taken in is no part of what the extension brings along. */
	if (joins_or_leaves && created_.contains(root))
		seen_.emplace(root, true);
	if (creating_extension || (root.classId != ExtensionRelationId && OidIsValid(root.classId)) || object.classId == ExtensionRelationId)
		return;
	const ObjectAddress member = catalog::whole_of(object.classId, object.objectId);
	const Oid extension = pg_call([&member] { return OidIsValid(member.classId) ? getExtensionOfObject(member.classId, member.objectId) : InvalidOid; });
	if (!OidIsValid(extension))
		return;
	/* What lives in Surefoot's own schema leads to no root. */
	const ObjectAddress whole = {ExtensionRelationId, extension, 0};
	see(whole);
	if (!created_.contains(whole))
		see(member);
	else if (joins_or_leaves) /* it came with the extension */
		created(member.classId, member.objectId);
}

} // namespace surefoot

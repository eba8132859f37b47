/* Access privileges, normalised: NULL and the explicit default are the same, roles have names, the order does not count. */
#include "server/catalog/reading.hpp"
#include "server/catalog/text.hpp"

#include <algorithm>

namespace surefoot::catalog {

namespace {

std::vector<std::string> items(Names &names, const Acl *acl)
{
	static const char letters[] = ACL_ALL_RIGHTS_STR;
	std::vector<std::string> result;
	const AclItem *first = ACL_DAT(acl);
	for (int i = 0; i < ACL_NUM(acl); i++) {
		const AclItem &item = first[i];
		if (ACLITEM_GET_RIGHTS(item) == ACL_NO_RIGHTS)
			continue;
		std::string &text = result.emplace_back(names.role(item.ai_grantee));
		text.push_back('=');
		for (int bit = 0; letters[bit]; bit++) {
			const AclMode mode = AclMode(1) << bit;
			if (ACLITEM_GET_PRIVS(item) & mode) {
				text.push_back(letters[bit]);
				if (ACLITEM_GET_GOPTIONS(item) & mode)
					text.push_back('*');
			}
		}
		text.append("/").append(names.role(item.ai_grantor));
	}
	std::sort(result.begin(), result.end());
	return result;
}

} // namespace

std::string Reading::acl_text(Datum datum)
{
	const Acl *acl = pg_call([datum] { return DatumGetAclP(datum); });
	std::string list;
	for (const std::string &item : items(names, acl))
		append_item(list, item);
	return list;
}

void Reading::grants(Datum datum, bool is_null, ObjectType kind, Oid owner, std::string_view field)
{
	if (is_null)
		return;
	const std::string granted = acl_text(datum);
	const Datum standard = pg_call([kind, owner] { return PointerGetDatum(acldefault(kind, owner)); });
	if (granted != acl_text(standard))
		out.field(field, granted.empty() ? "none" : granted);
}

} // namespace surefoot::catalog

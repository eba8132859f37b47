#include "server/reverse/content_guard.hpp"

#include "server/catalog/roots.hpp"
#include "server/error.hpp"

#include <set>

namespace surefoot {

namespace {

/* A view has nothing of its own, and the values of a generated column follow from the row. */
bool has_content(const core::Object &object, const std::set<std::string_view> &tables)
{
	if (object.kind == "column")
		return tables.contains(object.root) && object.field("generated") == nullptr;
	return object.kind == "table" || object.kind == "sequence";
}

bool is_there(const ObjectAddress &address)
{
	if (address.objectSubId != 0)
		return get_attname(address.objectId, address.objectSubId, true) != nullptr;
	return SearchSysCacheExists1(RELOID, ObjectIdGetDatum(address.objectId));
}

} // namespace

void ContentGuard::protect(const core::Objects &before, const core::Objects &now)
{
	std::set<std::string_view> tables;
	std::set<std::pair<std::string_view, std::string_view>> there;
	for (const core::Object &object : before)
		if (object.kind == "table")
			tables.insert(object.root);
	for (const core::Object &object : now)
		there.emplace(object.kind, object.address);
	for (const core::Object &object : before)
		if (!object.address.empty() && has_content(object, tables) && there.contains({object.kind, object.address}))
			all_.push_back({catalog::address_of(object.address), object.kind + " " + object.identity});
	/* Of a table and its columns the table is the one to name. */
	std::stable_partition(all_.begin(), all_.end(), [](const Protected &one) { return one.address.objectSubId == 0; });
}

void ContentGuard::check(const std::vector<std::string> &statements) const
{
	const bool drops = std::any_of(statements.begin(), statements.end(), [](const std::string &sql) { return sql.find("DROP ") != sql.npos; });
	if (!drops)
		return;
	for (const Protected &one : all_) {
		const ObjectAddress &address = one.address;
		if (!pg_call([&address] { return is_there(address); }))
			throw Error(sqlstate::no_way_back, "it would drop " + one.name + " with what is in it");
	}
}

} // namespace surefoot

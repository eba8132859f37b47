#include "server/reverse/strangers.hpp"

#include "core/kinds.hpp"
#include "server/catalog/definitions.hpp"
#include "server/existing/same.hpp"
#include "server/internal.hpp"

#include <set>

namespace surefoot {

namespace {

/* What is at the address now and of that kind; it may be called otherwise. */
std::optional<core::Object> found_at(const std::string &address, const std::string &kind)
{
	const ObjectAddress at = catalog::address_of(address);
	const ObjectAddress root = catalog::root_of(at.classId, at.objectId, at.objectSubId);
	if (!OidIsValid(root.classId))
		return std::nullopt;
	const core::Objects objects = catalog::read_definitions({root});
	const core::Object *found = find_object(objects, at);
	return found && found->kind == kind ? std::optional(*found) : std::nullopt;
}

/*
 * Whether others must have removed the one and made the other. The server itself makes indexes and constraints anew, views hold nothing, a table that was
 * replaced by a copy has copies of its columns, and a dump that was restored in place has given all a new number, the extension too.
 */
bool was_made_anew(const core::Object &made, const core::Object &dropped)
{
	const ObjectAddress was = catalog::address_of(made.address), is = catalog::address_of(dropped.address);
	if (made.kind == "column")
		return was.objectId == is.objectId;
	return (made.kind == "table" || made.kind == "sequence" || made.kind == "materialized view") && was.objectId > extension().oid;
}

/* Where the migration's own is, when dropped is another one. */
std::optional<std::string> why_stranger(const core::Object &made, const core::Object &dropped)
{
	if (made.address.empty() || dropped.address.empty() || made.address == dropped.address)
		return std::nullopt;
	if (const std::optional<core::Object> own = found_at(made.address, made.kind))
		return own->identity == made.identity ? std::nullopt : std::optional("The migration's own is called " + own->identity + " now.");
	if (was_made_anew(made, dropped))
		return "The migration's own was removed, and this one was made since.";
	return std::nullopt;
}

bool is_named(const std::vector<std::string> &accept, const core::Object &object)
{
	return std::any_of(accept.begin(), accept.end(), [&object](std::string name) {
		std::string identity = object.identity;
		std::erase(name, ' ');
		std::erase(identity, ' ');
		return name == identity || name == "all";
	});
}

const core::Object *of_that_name(const std::vector<core::Object> &dropped, const core::Object &object)
{
	const auto it = std::find_if(dropped.begin(), dropped.end(), [&object](const core::Object &other) {
		return other.kind == object.kind && other.identity == object.identity;
	});
	return it == dropped.end() ? nullptr : &*it;
}

} // namespace

void refuse_strangers(const Speaker &speaker, const std::vector<core::Object> &made, const std::vector<core::Object> &dropped,
					  const std::vector<std::string> &accept)
{
	std::vector<core::Object> wholes_first = made;
	std::stable_partition(wholes_first.begin(), wholes_first.end(), [](const core::Object &object) { return !core::is_part(object); });
	std::set<std::string> accepted;
	for (const core::Object &object : wholes_first) {
		const core::Object *found = of_that_name(dropped, object);
		const std::optional<std::string> why = found && !accepted.contains(object.root) ? why_stranger(object, *found) : std::nullopt;
		if (!why)
			continue;
		const std::string name = object.kind + " " + object.identity;
		if (!is_named(accept, object))
			throw Error(sqlstate::no_way_back, name + " is not the one that migration " + speaker.version + " has made, and would be dropped in its stead", *why,
						"Nothing was changed. Give both the names that they had, or accept that it goes: accept => '{" + object.identity + "}'");
		/* It is said once, in the run. */
		if (speaker.run != 0)
			warn(speaker, name + ", which others have made, goes as accepted. " + *why);
		if (!core::is_part(object))
			accepted.insert(object.root);
	}
}

} // namespace surefoot

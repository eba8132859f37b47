/* The whole schema as it was a while ago, in this session's memory, and what differs from it: for whoever walks to and fro. */
#include "server/catalog/definitions.hpp"
#include "server/functions/arguments.hpp"
#include "server/typed_rows.hpp"

namespace surefoot {

namespace {

std::map<std::string, core::Objects> remembered;

} // namespace

} // namespace surefoot

using namespace surefoot;

/* surefoot.remember_schema(name text): remembers it under that name, and returns its fingerprint */
SUREFOOT_FUNCTION(surefoot_remember_schema)
{
	core::Objects now = catalog::read_schema(std::nullopt);
	const std::string hash = core::fingerprint(now);
	remembered[text_argument(fcinfo, 0)] = std::move(now);
	return text_result(hash);
}

/* surefoot.compare_schema(name text): what is not as it was then */
SUREFOOT_FUNCTION(surefoot_compare_schema)
{
	const std::string name = text_argument(fcinfo, 0);
	const auto known = remembered.find(name);
	if (known == remembered.end())
		throw Error("22023", "nothing was remembered as \"" + name + "\"", "", "SELECT surefoot.remember_schema('" + name + "');");
	std::vector<TextRow> rows;
	for (const core::Change &change : core::difference(known->second, catalog::read_schema(std::nullopt))) {
		const bool only_order = core::differs_only_in_column_order(std::vector<core::Change>{change});
		rows.push_back({change.object().kind, change.object().identity, only_order ? "t" : "f", core::render(change)});
	}
	return_typed_rows(fcinfo, rows);
	return (Datum)0;
}

/* SQL functions that show definitions and their fingerprint. */
#include "server/catalog/definitions.hpp"
#include "server/compat.hpp"

namespace surefoot {

namespace {

/* Returns objects as rows of kind, identity, definition. */
void put_rows(FunctionCallInfo fcinfo, const core::Objects &objects)
{
	ReturnSetInfo *const result = reinterpret_cast<ReturnSetInfo *>(fcinfo->resultinfo);
	pg_call([fcinfo] { compat::materialize(fcinfo); });
	for (const core::Object &object : objects) {
		const std::string definition = core::render(object);
		const std::string_view texts[] = {object.kind, object.identity, definition};
		pg_call([&texts, result] {
			Datum values[lengthof(texts)];
			bool nulls[lengthof(texts)] = {};
			for (size_t i = 0; i < lengthof(texts); i++)
				values[i] = PointerGetDatum(cstring_to_text_with_len(texts[i].data(), texts[i].size()));
			tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		});
	}
}

} // namespace

} // namespace surefoot

using namespace surefoot;

/* surefoot.definitions(object regclass): a relation, or the table that an index is on, with all that hangs on it */
SUREFOOT_FUNCTION(surefoot_definitions)
{
	const ObjectAddress root = catalog::root_of(RelationRelationId, PG_GETARG_OID(0));
	put_rows(fcinfo, OidIsValid(root.classId) ? catalog::read_definitions({root}) : core::Objects());
	return static_cast<Datum>(0);
}

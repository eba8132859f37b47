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

/* The schema that argument number names, if it is not NULL. */
std::optional<Oid> schema_argument(FunctionCallInfo fcinfo, int number)
{
	if (PG_ARGISNULL(number))
		return std::nullopt;
	const Name name = PG_GETARG_NAME(number);
	const Oid schema = pg_call([name] { return get_namespace_oid(NameStr(*name), true); });
	if (!OidIsValid(schema))
		throw Error("3F000", std::string("schema \"") + NameStr(*name) + "\" does not exist");
	return schema;
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

/* surefoot.root(class regclass, object oid): the text that names the top-level object of an address, or NULL */
SUREFOOT_FUNCTION(surefoot_root)
{
	const ObjectAddress root = catalog::root_of(PG_GETARG_OID(0), PG_GETARG_OID(1));
	if (!OidIsValid(root.classId))
		PG_RETURN_NULL();
	const std::string text = catalog::root_text(root);
	return pg_call([&text] { return PointerGetDatum(cstring_to_text_with_len(text.data(), text.size())); });
}

/* surefoot.root_definitions(root text): what surefoot.root() named, if it is there */
SUREFOOT_FUNCTION(surefoot_root_definitions)
{
	const std::string name = pg_call([fcinfo] {
		return static_cast<const char *>(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	});
	const std::optional<ObjectAddress> root = catalog::resolve_root(name);
	put_rows(fcinfo, root ? catalog::read_definitions({*root}) : core::Objects());
	return static_cast<Datum>(0);
}

/* surefoot.schema_definitions(schema name = NULL): everything that the fingerprint is made of */
SUREFOOT_FUNCTION(surefoot_schema_definitions)
{
	put_rows(fcinfo, catalog::read_schema(schema_argument(fcinfo, 0)));
	return static_cast<Datum>(0);
}

/* migrate_fingerprint(schema name = NULL, kind text = 'logical') */
SUREFOOT_FUNCTION(migrate_fingerprint)
{
	const std::string kind = PG_ARGISNULL(1) ? "logical" : pg_call([fcinfo] {
		return static_cast<const char *>(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	});
	if (kind != "logical" && kind != "physical")
		throw Error("22023", "unknown kind of fingerprint: \"" + kind + "\"", "", "It is \"logical\" or \"physical\".");
	const std::string hash = catalog::schema_fingerprint(
		schema_argument(fcinfo, 0), kind == "logical" ? core::Kind::logical : core::Kind::physical);
	return pg_call([&hash] { return PointerGetDatum(cstring_to_text_with_len(hash.data(), hash.size())); });
}

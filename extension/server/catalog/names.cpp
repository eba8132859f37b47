#include "server/catalog/names.hpp"

#include "server/catalog/text.hpp"

extern "C" {
#include "access/transam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_proc.h"
#include "commands/tablespace.h"
#include "parser/parse_coerce.h"
}

namespace surefoot::catalog {

namespace {

/* The name that f palloc'd, quoted; the OID's number when it gave none. */
template <typename F> std::string name_or_number(Oid oid, F &&f)
{
	const char *name = pg_call([&f] {
		const char *plain = f();
		return plain ? quote_identifier(plain) : nullptr;
	});
	return name ? std::string(name) : std::to_string(oid);
}

/* Whether an index with the class on a column of the type needs no operator class in its definition. */
bool is_default_class(Form_pg_opclass opclass, Oid type)
{
	if (!opclass->opcdefault || opclass->oid >= FirstNormalObjectId)
		return false;
	const Oid base = getBaseType(type);
	return base == opclass->opcintype || IsBinaryCoercible(base, opclass->opcintype) ||
		   GetDefaultOpClass(type, opclass->opcmethod) == opclass->oid;
}

struct ClassName {
	NameData name;
	Oid schema;
	bool is_default, found;
};

ClassName look_up_class(Oid oid, Oid type)
{
	ClassName result = {};
	HeapTuple tuple = SearchSysCache1(CLAOID, ObjectIdGetDatum(oid));
	if (!HeapTupleIsValid(tuple))
		return result;
	const Form_pg_opclass opclass = form<Form_pg_opclass>(tuple);
	result = {opclass->opcname, opclass->opcnamespace, OidIsValid(type) && is_default_class(opclass, type), true};
	ReleaseSysCache(tuple);
	return result;
}

} // namespace

template <typename F> const std::string &Names::remembered(Memo &memo, uint64 key, F &&make)
{
	const auto [it, added] = memo.try_emplace(key);
	if (added)
		it->second = make();
	return it->second;
}

std::string Names::qualified(Oid schema_oid, const NameData &name)
{
	if (schema_oid == PG_CATALOG_NAMESPACE)
		return quoted(name);
	return schema(schema_oid) + "." + quoted(name);
}

const std::string &Names::schema(Oid oid)
{
	return remembered(schemas_, oid, [oid] { return name_or_number(oid, [oid] { return get_namespace_name(oid); }); });
}

const std::string &Names::role(Oid oid)
{
	return remembered(roles_, oid, [oid]() -> std::string {
		if (!OidIsValid(oid))
			return "PUBLIC";
		return name_or_number(oid, [oid] { return GetUserNameFromId(oid, true); });
	});
}

const std::string &Names::type(Oid oid, int32 typmod)
{
	return remembered(types_, uint64(oid) << 32 | uint32(typmod), [oid, typmod]() -> std::string {
		return pg_call([oid, typmod] {
			return format_type_extended(oid, typmod, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_ALLOW_INVALID);
		});
	});
}

std::string Names::relation(Oid oid)
{
	/* In bulk the catalog is in memory already, but for the system's own tables. */
	if (oid >= FirstNormalObjectId)
		if (HeapTuple tuple = source_.row(From::relation, oid)) {
			const Form_pg_class relation = form<Form_pg_class>(tuple);
			return schema(relation->relnamespace) + "." + quoted(relation->relname);
		}
	const char *name = pg_call([oid]() -> const char * {
		const char *plain = get_rel_name(oid);
		return plain ? quote_qualified_identifier(get_namespace_name(get_rel_namespace(oid)), plain) : nullptr;
	});
	return name ? std::string(name) : std::to_string(oid);
}

std::string Names::column(Oid relation, AttrNumber number)
{
	if (source_.bulk() && number > 0)
		for (HeapTuple tuple : source_.rows(From::column, relation))
			if (form<Form_pg_attribute>(tuple)->attnum == number)
				return quoted(form<Form_pg_attribute>(tuple)->attname);
	return name_or_number(number, [=] { return get_attname(relation, number, true); });
}

std::string Names::columns(Oid relation, const std::vector<AttrNumber> &numbers)
{
	std::string list;
	for (AttrNumber number : numbers)
		append_item(list, column(relation, number));
	return list;
}

const std::string &Names::collation(Oid oid)
{
	return remembered(collations_, oid, [this, oid]() -> std::string {
		HeapTuple tuple = pg_call([oid] { return SearchSysCacheCopy1(COLLOID, ObjectIdGetDatum(oid)); });
		if (tuple == nullptr)
			return std::to_string(oid);
		return qualified(form<Form_pg_collation>(tuple)->collnamespace, form<Form_pg_collation>(tuple)->collname);
	});
}

const std::string &Names::function(Oid oid)
{
	return remembered(functions_, oid, [this, oid]() -> std::string {
		HeapTuple tuple = pg_call([oid] { return SearchSysCacheCopy1(PROCOID, ObjectIdGetDatum(oid)); });
		if (tuple == nullptr)
			return std::to_string(oid);
		const Form_pg_proc function = form<Form_pg_proc>(tuple);
		std::string arguments;
		for (int i = 0; i < function->pronargs; i++)
			append_item(arguments, type(function->proargtypes.values[i]));
		return qualified(function->pronamespace, function->proname) + "(" + arguments + ")";
	});
}

const std::string &Names::tablespace(Oid oid)
{
	return remembered(tablespaces_, oid,
					  [oid] { return name_or_number(oid, [oid] { return get_tablespace_name(oid); }); });
}

const std::string &Names::access_method(Oid oid)
{
	return remembered(methods_, oid, [oid] { return name_or_number(oid, [oid] { return get_am_name(oid); }); });
}

const std::string &Names::operator_class(Oid oid, Oid type)
{
	return remembered(classes_, uint64(oid) << 32 | type, [=, this]() -> std::string {
		const ClassName found = pg_call([=] { return look_up_class(oid, type); });
		if (!found.found)
			return std::to_string(oid);
		return found.is_default ? std::string() : qualified(found.schema, found.name);
	});
}

const std::string &Names::identity(Oid class_id, Oid oid)
{
	const auto [it, added] = identities_.try_emplace({class_id, oid});
	if (added) {
		const ObjectAddress address = {class_id, oid, 0};
		const char *text = pg_call([&address] { return getObjectIdentity(&address, true); });
		it->second = text ? std::string(text) : std::to_string(oid);
	}
	return it->second;
}

Names::TypeFacts Names::type_facts(Oid oid)
{
	const auto [it, added] = facts_.try_emplace(oid);
	if (added)
		it->second = pg_call([oid] {
			TypeFacts facts = {};
			HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(oid));
			if (HeapTupleIsValid(tuple)) {
				facts = {form<Form_pg_type>(tuple)->typstorage, form<Form_pg_type>(tuple)->typcollation};
				ReleaseSysCache(tuple);
			}
			return facts;
		});
	return it->second;
}

} // namespace surefoot::catalog

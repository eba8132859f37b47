/* Roots as texts and back. */
#include "core/json.hpp"
#include "server/catalog/roots.hpp"
#include "server/catalog/text.hpp"
#include "server/compat.hpp"

extern "C" {
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "utils/fmgrprotos.h"
}

namespace surefoot::catalog {

namespace {

struct Parts {
	std::string type;
	std::vector<std::string> names, arguments;
};

std::string to_text(const Parts &parts)
{
	std::string out = "{\"type\": ";
	auto list = [&out](const std::vector<std::string> &items) {
		out.push_back('[');
		for (size_t i = 0; i < items.size(); i++) {
			if (i > 0)
				out.append(", ");
			core::json::write(out, items[i]);
		}
		out.push_back(']');
	};
	core::json::write(out, parts.type);
	out.append(", \"names\": ");
	list(parts.names);
	if (!parts.arguments.empty()) {
		out.append(", \"args\": ");
		list(parts.arguments);
	}
	return out.append("}");
}

Parts from_text(std::string_view text)
{
	Parts parts;
	core::json::Reader in(text);
	in.object([&](const std::string &name) {
		if (name == "type")
			parts.type = in.string();
		else if (name == "names")
			in.array([&] { parts.names.push_back(in.string()); });
		else if (name == "args")
			in.array([&] { parts.arguments.push_back(in.string()); });
		else
			in.fail();
	});
	return parts;
}

const char *relation_type(char relkind)
{
	switch (relkind) {
	case RELKIND_VIEW: return "view";
	case RELKIND_MATVIEW: return "materialized view";
	case RELKIND_SEQUENCE: return "sequence";
	case RELKIND_FOREIGN_TABLE: return "foreign table";
	case RELKIND_INDEX:
	case RELKIND_PARTITIONED_INDEX: return "index";
	default: return "table";
	}
}

bool is_relation_type(const std::string &type)
{
	return type == "table" || type == "view" || type == "materialized view" || type == "sequence" ||
		   type == "foreign table" || type == "index";
}

/* What tables, types and functions have in common: a name in a schema. */
struct Named {
	NameData name, schema;
	const char *type;
	int argument_count;
	char *arguments[FUNC_MAX_ARGS];
	bool found;
};

void set_schema(Named *named, Oid schema)
{
	const char *name = get_namespace_name(schema);
	named->found = name != nullptr;
	if (name)
		namestrcpy(&named->schema, name);
}

Named *look_up(const ObjectAddress *root)
{
	Named *named = static_cast<Named *>(palloc0(sizeof(Named)));
	const auto cache = root->classId == RelationRelationId ? RELOID : root->classId == TypeRelationId ? TYPEOID : PROCOID;
	HeapTuple tuple = SearchSysCache1(cache, ObjectIdGetDatum(root->objectId));
	if (!HeapTupleIsValid(tuple))
		return named;
	if (cache == RELOID) {
		const Form_pg_class relation = (Form_pg_class)GETSTRUCT(tuple);
		named->name = relation->relname;
		named->type = relation_type(relation->relkind);
		set_schema(named, relation->relnamespace);
	} else if (cache == TYPEOID) {
		const Form_pg_type type = (Form_pg_type)GETSTRUCT(tuple);
		named->name = type->typname;
		named->type = "type";
		set_schema(named, type->typnamespace);
	} else {
		const Form_pg_proc function = (Form_pg_proc)GETSTRUCT(tuple);
		named->name = function->proname;
		named->type = "function";
		for (int i = 0; i < function->pronargs; i++)
			named->arguments[named->argument_count++] = format_type_extended(
				function->proargtypes.values[i], -1, FORMAT_TYPE_ALLOW_INVALID | FORMAT_TYPE_FORCE_QUALIFY);
		set_schema(named, function->pronamespace);
	}
	ReleaseSysCache(tuple);
	return named;
}

std::vector<std::string> strings(List *list)
{
	std::vector<std::string> result;
	ListCell *cell;
	foreach (cell, list)
		result.emplace_back(static_cast<const char *>(lfirst(cell)));
	return result;
}

std::string missing(const ObjectAddress &root)
{
	return to_text({"missing", {std::to_string(root.classId), std::to_string(root.objectId)}, {}});
}

ArrayType *text_array(const std::vector<std::string> &items)
{
	ArrayType *array = pg_call([] { return construct_empty_array(TEXTOID); });
	int index = 1;
	for (const std::string &item : items) {
		array = pg_call([&] {
			return DatumGetArrayTypeP(array_set_element(PointerGetDatum(array), 1, &index,
														PointerGetDatum(cstring_to_text_with_len(item.data(), item.size())),
														false, -1, -1, false, TYPALIGN_INT));
		});
		index++;
	}
	return array;
}

/* The server's own resolution raises when the object is missing, so it runs in a subtransaction. */
std::optional<ObjectAddress> resolve_by_server(const Parts &parts)
{
	ArrayType *const names = text_array(parts.names), *const arguments = text_array(parts.arguments);
	try {
		return in_subtransaction([&] {
			return pg_call([&] {
				const Datum row = OidFunctionCall3(F_PG_GET_OBJECT_ADDRESS, CStringGetTextDatum(parts.type.c_str()),
													  PointerGetDatum(names), PointerGetDatum(arguments));
				HeapTupleHeader tuple = DatumGetHeapTupleHeader(row);
				bool is_null;
				return ObjectAddress{DatumGetObjectId(GetAttributeByNum(tuple, 1, &is_null)),
									 DatumGetObjectId(GetAttributeByNum(tuple, 2, &is_null)), 0};
			});
		});
	} catch (const Error &error) {
		if (error.sqlstate.starts_with("42") || error.sqlstate.starts_with("3F"))
			return std::nullopt;
		throw;
	}
}

/* The server writes one argument for a prefix operator, and wants to read two. */
std::optional<ObjectAddress> resolve_operator(const Parts &parts)
{
	const char *const schema = parts.names[0].c_str(), *const name = parts.names[1].c_str();
	const char *const left = parts.arguments.size() > 1 ? parts.arguments.front().c_str() : nullptr;
	const char *const right = parts.arguments.back().c_str();
	const Oid found = pg_call([=]() -> Oid {
		const Oid home = get_namespace_oid(schema, true);
		const Oid left_type = left != nullptr ? compat::type_named(left) : InvalidOid, right_type = compat::type_named(right);
		if (!OidIsValid(home) || !OidIsValid(right_type) || (left != nullptr && !OidIsValid(left_type)))
			return InvalidOid;
		return GetSysCacheOid4(OPERNAMENSP, Anum_pg_operator_oid, CStringGetDatum(name), ObjectIdGetDatum(left_type),
							   ObjectIdGetDatum(right_type), ObjectIdGetDatum(home));
	});
	return OidIsValid(found) ? std::optional(ObjectAddress{OperatorRelationId, found, 0}) : std::nullopt;
}

} // namespace

std::string root_text(const ObjectAddress &root)
{
	if (root.classId == RelationRelationId || root.classId == TypeRelationId || root.classId == ProcedureRelationId) {
		const Named *named = pg_call([&root] { return look_up(&root); });
		if (!named->found)
			return missing(root);
		return to_text({named->type,
						{NameStr(named->schema), NameStr(named->name)},
						std::vector<std::string>(named->arguments, named->arguments + named->argument_count)});
	}
	if (root.classId == NamespaceRelationId) {
		const char *name = pg_call([&root] { return get_namespace_name(root.objectId); });
		return name ? to_text({"schema", {name}, {}}) : missing(root);
	}

	List *names = NIL, *arguments = NIL;
	const char *type = pg_call([&]() -> const char * {
		if (getObjectIdentityParts(&root, &names, &arguments, true) == nullptr)
			return nullptr;
		return getObjectTypeDescription(&root, true);
	});
	return type ? to_text({type, strings(names), strings(arguments)}) : missing(root);
}

std::optional<ObjectAddress> resolve_root(std::string_view text)
{
	const Parts parts = from_text(text);
	if (parts.type == "missing" || parts.names.empty())
		return std::nullopt;

	const bool relation = is_relation_type(parts.type), function = parts.type == "function";
	if (parts.type == "schema" || ((relation || function || parts.type == "type") && parts.names.size() == 2)) {
		const char *const schema_name = parts.names[0].c_str();
		const Oid schema = pg_call([schema_name] { return get_namespace_oid(schema_name, true); });
		if (!OidIsValid(schema))
			return std::nullopt;
		if (parts.type == "schema")
			return ObjectAddress{NamespaceRelationId, schema, 0};

		std::vector<Oid> arguments;
		for (const std::string &argument : parts.arguments) {
			const char *const name = argument.c_str();
			arguments.push_back(pg_call([name] { return compat::type_named(name); }));
			if (!OidIsValid(arguments.back()))
				return std::nullopt;
		}
		const char *const name = parts.names[1].c_str();
		const Oid *const types = arguments.data();
		const int count = static_cast<int>(arguments.size());
		const Oid found = pg_call([=] {
			if (relation)
				return get_relname_relid(name, schema);
			if (!function) {
				const Oid type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name), ObjectIdGetDatum(schema));
				/* The type of a table's rows is no object of its own. */
				const Oid rows = OidIsValid(type) ? get_typ_typrelid(type) : InvalidOid;
				return OidIsValid(rows) && get_rel_relkind(rows) != RELKIND_COMPOSITE_TYPE ? InvalidOid : type;
			}
			return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(name),
								   PointerGetDatum(buildoidvector(types, count)), ObjectIdGetDatum(schema));
		});
		if (!OidIsValid(found))
			return std::nullopt;
		const Oid class_id = relation ? RelationRelationId : function ? ProcedureRelationId : TypeRelationId;
		return ObjectAddress{class_id, found, 0};
	}
	if (parts.type == "operator" && parts.names.size() == 2 && !parts.arguments.empty())
		return resolve_operator(parts);
	return resolve_by_server(parts);
}

std::string address_text(const ObjectAddress &address)
{
	return std::to_string(address.classId) + "/" + std::to_string(address.objectId) + "/" +
		   std::to_string(address.objectSubId);
}

ObjectAddress address_of(const std::string &text)
{
	ObjectAddress address = {InvalidOid, InvalidOid, 0};
	if (sscanf(text.c_str(), "%u/%u/%d", &address.classId, &address.objectId, &address.objectSubId) != 3)
		return {InvalidOid, InvalidOid, 0};
	return address;
}

} // namespace surefoot::catalog

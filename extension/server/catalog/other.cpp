#include "server/catalog/other.hpp"

#include "server/catalog/other_parts.hpp"
#include "server/catalog/text.hpp"
#include "server/compat.hpp"

#include <algorithm>

extern "C" {
#include "access/transam.h"
#include "catalog/pg_am.h"
#include "catalog/pg_cast.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_conversion.h"
#include "catalog/pg_default_acl.h"
#include "catalog/pg_event_trigger.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_language.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication.h"
#include "catalog/pg_subscription.h"
#include "catalog/pg_transform.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_dict.h"
#include "catalog/pg_ts_parser.h"
#include "catalog/pg_ts_template.h"
#include "catalog/pg_user_mapping.h"
#include "catalog/system_fk_info.h"
}

namespace surefoot::catalog {

namespace {

struct Kind {
	Oid class_id;
	const char *name;
	const char *prefix;  /* of the catalog's column names */
	ObjectType acl_type;
	void (*parts)(Reading &, Oid oid); /* what hangs on it, as fields */
};

const Kind kinds[] = {
	{OperatorRelationId, "operator", "opr", OBJECT_OPERATOR, nullptr},
	{OperatorClassRelationId, "operator class", "opc", OBJECT_OPCLASS, nullptr},
	{OperatorFamilyRelationId, "operator family", "opf", OBJECT_OPFAMILY, read_family_members},
	{CastRelationId, "cast", "cast", OBJECT_CAST, nullptr},
	{ConversionRelationId, "conversion", "con", OBJECT_CONVERSION, nullptr},
	{LanguageRelationId, "language", "lan", OBJECT_LANGUAGE, nullptr},
	{TransformRelationId, "transform", "trf", OBJECT_TRANSFORM, nullptr},
	{CollationRelationId, "collation", "coll", OBJECT_COLLATION, nullptr},
	{AccessMethodRelationId, "access method", "am", OBJECT_ACCESS_METHOD, nullptr},
	{TSConfigRelationId, "text search configuration", "cfg", OBJECT_TSCONFIGURATION, read_token_mappings},
	{TSDictionaryRelationId, "text search dictionary", "dict", OBJECT_TSDICTIONARY, nullptr},
	{TSParserRelationId, "text search parser", "prs", OBJECT_TSPARSER, nullptr},
	{TSTemplateRelationId, "text search template", "tmpl", OBJECT_TSTEMPLATE, nullptr},
	{PublicationRelationId, "publication", "pub", OBJECT_PUBLICATION, read_publication_members},
	{EventTriggerRelationId, "event trigger", "evt", OBJECT_EVENT_TRIGGER, nullptr},
	{ForeignDataWrapperRelationId, "foreign-data wrapper", "fdw", OBJECT_FDW, nullptr},
	{ForeignServerRelationId, "server", "srv", OBJECT_FOREIGN_SERVER, nullptr},
	{UserMappingRelationId, "user mapping", "um", OBJECT_USER_MAPPING, nullptr},
	{DefaultAclRelationId, "default privileges", "defacl", OBJECT_DEFACL, nullptr},
	{SubscriptionRelationId, "subscription", "sub", OBJECT_SUBSCRIPTION, nullptr},
	{ExtensionRelationId, "extension", "ext", OBJECT_EXTENSION, read_member_grants},
};

/* Columns that are not schema: of the environment, secret, operational, or said by another field. */
bool is_ignored(std::string_view column)
{
	static const std::string_view names[] = {
		"oid",           "collversion", "subdbid",   "subskiplsn",   "subconninfo", "subenabled", "subtwophasestate",
		"defaclobjtype", "extowner",    "extconfig", "extcondition", "extrelocatable",
	};
	return std::find(std::begin(names), std::end(names), column) != std::end(names);
}

/* The catalog that the column's OIDs point to, or InvalidOid. */
Oid referenced_catalog(Oid class_id, const char *column)
{
	const size_t length = strlen(column);
	for (const SysFKRelationship &link : sys_fk_relationships)
		if (link.fk_table == class_id && strlen(link.fk_columns) == length + 2 &&
			strncmp(link.fk_columns + 1, column, length) == 0)
			return link.pk_table;
	return InvalidOid;
}

std::string reference(Reading &reading, Oid catalog, Oid oid)
{
	switch (catalog) {
	case InvalidOid: return std::to_string(oid);
	case TypeRelationId: return reading.names.type(oid);
	case AuthIdRelationId: return reading.names.role(oid);
	case ProcedureRelationId: return reading.names.function(oid);
	case NamespaceRelationId: return reading.names.schema(oid);
	default: return reading.names.identity(catalog, oid);
	}
}

bool is_secret(std::string_view option)
{
	std::string name(option.substr(0, option.find('=')));
	std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
	for (const char *word : {"pass", "secret", "token", "key", "credential"})
		if (name.find(word) != name.npos)
			return true;
	return false;
}

/* Options of a user mapping are secrets to most roles, and definitions are stored. */
std::string masked_options(Datum array)
{
	std::string list;
	std::vector<std::string_view> options = texts_of(array);
	std::sort(options.begin(), options.end());
	for (std::string_view option : options)
		append_item(list, is_secret(option) ? std::string(option.substr(0, option.find('='))) + "=********"
											: std::string(option));
	return list;
}

std::string output(Oid type, Datum value)
{
	return pg_call([=] {
		Oid function;
		bool is_varlena;
		getTypeOutputInfo(type, &function, &is_varlena);
		return OidOutputFunctionCall(function, value);
	});
}

std::string value_text(Reading &reading, const Kind &kind, Form_pg_attribute column, Datum value)
{
	const char *name = NameStr(column->attname);
	switch (column->atttypid) {
	case INT4OID:
		if (kind.class_id == ConversionRelationId && std::string_view(name).ends_with("encoding"))
			return pg_encoding_to_char(DatumGetInt32(value));
		break;
	case BOOLOID: return DatumGetBool(value) ? "yes" : "";
	case REGPROCOID:
		return OidIsValid(DatumGetObjectId(value)) ? reading.names.function(DatumGetObjectId(value)) : "";
	case OIDOID:
		if (!OidIsValid(DatumGetObjectId(value)))
			return {};
		return reference(reading, referenced_catalog(kind.class_id, name), DatumGetObjectId(value));
	case TEXTARRAYOID:
		if (kind.class_id == UserMappingRelationId)
			return masked_options(value);
		if (std::string_view(name).ends_with("options"))
			return options_of(value, false);
		break;
	case PG_NODE_TREEOID: return reading.expressions.text(value, InvalidOid);
	default: break;
	}
	return output(column->atttypid, value);
}

void read_row(Reading &reading, const Kind &kind, HeapTuple row, TupleDesc descriptor, Oid oid)
{
	struct Columns {
		AttrNumber name, schema, owner, acl;
	};
	const Oid class_id = kind.class_id;
	const Columns columns = pg_call([class_id] {
		return Columns{get_object_attnum_name(class_id), get_object_attnum_namespace(class_id),
					   get_object_attnum_owner(class_id), get_object_attnum_acl(class_id)};
	});
	Oid owner = InvalidOid;
	bool is_null;

	reading.out.begin_root({class_id, oid, 0});
	reading.out.begin(kind.name, reading.names.identity(class_id, oid), {class_id, oid, 0});
	for (int i = 1; i <= descriptor->natts; i++) {
		const Form_pg_attribute column = TupleDescAttr(descriptor, i - 1);
		const Datum value = heap_getattr(row, i, descriptor, &is_null);
		std::string_view name = NameStr(column->attname);
		const bool names_itself = i == columns.name || (i == columns.schema && class_id != ExtensionRelationId);
		if (is_null || names_itself || is_ignored(name) || column->atttypid == ACLITEMARRAYOID)
			continue;
		if (i == columns.owner) {
			owner = DatumGetObjectId(value);
			reading.out.field("owner", reading.names.role(owner));
			continue;
		}
		if (name.starts_with(kind.prefix))
			name.remove_prefix(strlen(kind.prefix));
		if (name == "namespace")
			name = "schema";
		/* For the one encoding of the database, or for all: that depends on how it was made, and means the same. */
		if (class_id == CollationRelationId && name == "encoding")
			continue;
		/* An empty locale is one: the root of all ICU has. */
		if (class_id == CollationRelationId && column->atttypid == TEXTOID)
			reading.out.field(name, value_text(reading, kind, column, value));
		else
			reading.out.maybe(name, value_text(reading, kind, column, value));
	}
	if (kind.parts)
		kind.parts(reading, oid);
	if (class_id == DefaultAclRelationId) {
		const std::string granted = reading.acl_text(heap_getattr(row, Anum_pg_default_acl_defaclacl, descriptor, &is_null));
		reading.out.field("grants", granted.empty() ? "none" : granted);
	} else if (columns.acl != 0) {
		const Datum acl = heap_getattr(row, columns.acl, descriptor, &is_null);
		reading.grants(acl, is_null, kind.acl_type, owner);
	}
	reading.membership(class_id, oid);
	reading.comments(class_id, oid);
	reading.out.end_root();
}

} // namespace

void read_other(Reading &reading, const ObjectAddress &root)
{
	for (const Kind &kind : kinds)
		if (kind.class_id == root.classId) {
			const CatalogScan scan(root.classId, pg_call([&root] { return get_object_oid_index(root.classId); }),
								   pg_call([&root] { return get_object_attnum_oid(root.classId); }), root.objectId);
			for (HeapTuple row : scan.rows())
				read_row(reading, kind, row, scan.descriptor(), root.objectId);
		}
}

void read_all_others(Reading &reading, const Wanted &wanted)
{
	for (const Kind &kind : kinds) {
		const Oid class_id = kind.class_id;
		const AttrNumber schema_column = pg_call([class_id] { return get_object_attnum_namespace(class_id); });
		const AttrNumber oid_column = pg_call([class_id] { return get_object_attnum_oid(class_id); });
		const AttrNumber in_schema = class_id == DefaultAclRelationId ? Anum_pg_default_acl_defaclnamespace
									 : class_id == ExtensionRelationId ? AttrNumber(0)
																	   : schema_column;
		const CatalogScan scan(class_id);
		for (HeapTuple row : scan.rows()) {
			bool is_null;
			const Oid oid = DatumGetObjectId(heap_getattr(row, oid_column, scan.descriptor(), &is_null));
			const Oid schema = in_schema == 0
								   ? InvalidOid
								   : DatumGetObjectId(heap_getattr(row, in_schema, scan.descriptor(), &is_null));
			if (class_id == SubscriptionRelationId && form<Form_pg_subscription>(row)->subdbid != MyDatabaseId)
				continue;
			if (oid >= FirstNormalObjectId && wanted(class_id, oid, schema))
				read_row(reading, kind, row, scan.descriptor(), oid);
		}
	}
}

} // namespace surefoot::catalog

#include "server/catalog/other_parts.hpp"

#include "server/catalog/text.hpp"
#include "server/compat.hpp"

#include <algorithm>

extern "C" {
#include "access/sysattr.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_amproc.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_init_privs.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_publication_rel.h"
#include "catalog/pg_ts_config.h"
#include "catalog/pg_ts_config_map.h"
#include "catalog/pg_ts_dict.h"
#include "tsearch/ts_cache.h"
#include "tsearch/ts_public.h"
}

namespace surefoot::catalog {

namespace {

void add_row(Rows *rows, size_t *room, HeapTuple tuple)
{
	if (rows->count == *room) {
		*room = *room ? *room * 2 : 8;
		rows->first = static_cast<HeapTuple *>(rows->first ? repalloc(rows->first, *room * sizeof(HeapTuple))
														   : palloc(*room * sizeof(HeapTuple)));
	}
	rows->first[rows->count++] = heap_copytuple(tuple);
}

Rows scan_rows(Relation relation, Oid index, AttrNumber key, Oid value)
{
	Rows rows;
	size_t room = 0;
	ScanKeyData scan_key;
	if (key != 0)
		ScanKeyInit(&scan_key, key, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(value));
	SysScanDesc scan = systable_beginscan(relation, index, OidIsValid(index), nullptr, key != 0 ? 1 : 0, &scan_key);
	for (HeapTuple tuple; HeapTupleIsValid(tuple = systable_getnext(scan));)
		add_row(&rows, &room, tuple);
	systable_endscan(scan);
	return rows;
}

void sorted_fields(Reading &reading, std::vector<std::pair<std::string, std::string>> &fields)
{
	std::sort(fields.begin(), fields.end());
	for (const auto &[name, value] : fields)
		reading.out.field(name, value);
}

/* The number of a token type as its parser calls it. */
std::string token_name(Oid parser, int32 type)
{
	const char *name = pg_call([parser, type]() -> const char * {
		const TSParserCacheEntry *entry = lookup_ts_parser_cache(parser);
		if (!OidIsValid(entry->lextypeOid))
			return nullptr;
		const LexDescr *list =
			(const LexDescr *)DatumGetPointer(OidFunctionCall1(entry->lextypeOid, Int32GetDatum(0)));
		for (; list && list->lexid != 0; list++)
			if (list->lexid == type)
				return list->alias;
		return nullptr;
	});
	return name ? std::string(name) : std::to_string(type);
}

struct MemberAcl {
	bool has_acl; /* the kind has privileges */
	bool is_null;
	Datum acl;
	Oid owner;
	ObjectType type;
	bool differs_from_kind;
};

/* The privileges of a member now. */
MemberAcl member_acl(const ObjectAddress *member)
{
	MemberAcl result = {};
	const AttrNumber acl_column = get_object_attnum_acl(member->classId);
	const int cache = get_object_catcache_oid(member->classId);
	if (acl_column == InvalidAttrNumber || cache < 0)
		return result;
	const auto id = static_cast<SysCacheIdentifier>(cache);
	HeapTuple tuple = SearchSysCacheCopy1(id, ObjectIdGetDatum(member->objectId));
	if (!HeapTupleIsValid(tuple))
		return result;
	bool is_null;
	result.owner =
		DatumGetObjectId(SysCacheGetAttr(id, tuple, get_object_attnum_owner(member->classId), &is_null));
	result.acl = SysCacheGetAttr(id, tuple, acl_column, &result.is_null);
	result.type = get_object_type(member->classId, member->objectId);
	switch (result.type) {
	case OBJECT_TABLE:
	case OBJECT_VIEW:
	case OBJECT_MATVIEW:
	case OBJECT_FOREIGN_TABLE: result.type = OBJECT_TABLE; break;
	case OBJECT_SEQUENCE:
	case OBJECT_FUNCTION:
	case OBJECT_LANGUAGE:
	case OBJECT_SCHEMA:
	case OBJECT_DOMAIN:
	case OBJECT_TYPE:
	case OBJECT_FDW:
	case OBJECT_FOREIGN_SERVER: break;
	case OBJECT_AGGREGATE:
	case OBJECT_PROCEDURE: result.type = OBJECT_FUNCTION; break;
	default: return result;
	}
	result.has_acl = true;
	return result;
}

} // namespace

CatalogScan::CatalogScan(Oid catalog) : CatalogScan(catalog, InvalidOid, 0, InvalidOid)
{
}

CatalogScan::CatalogScan(Oid catalog, Oid index, AttrNumber key, Oid value) : exceptions_(std::uncaught_exceptions())
{
	relation_ = pg_call([catalog] { return table_open(catalog, AccessShareLock); });
	rows_ = pg_call([=, relation = relation_] { return scan_rows(relation, index, key, value); });
}

CatalogScan::~CatalogScan()
{
	if (std::uncaught_exceptions() <= exceptions_)
		table_close(relation_, AccessShareLock);
}

void read_family_members(Reading &reading, Oid family)
{
	std::vector<std::pair<std::string, std::string>> fields;
	auto types = [&reading](Oid left, Oid right) {
		return " (" + reading.names.type(left) + ", " + reading.names.type(right) + ")";
	};
	const CatalogScan operators(AccessMethodOperatorRelationId, AccessMethodStrategyIndexId, Anum_pg_amop_amopfamily,
								family);
	for (HeapTuple tuple : operators.rows()) {
		const Form_pg_amop row = form<Form_pg_amop>(tuple);
		std::string text = reading.names.identity(OperatorRelationId, row->amopopr);
		if (row->amoppurpose == AMOP_ORDER)
			text.append(" for order by ").append(reading.names.identity(OperatorFamilyRelationId, row->amopsortfamily));
		fields.emplace_back("operator " + std::to_string(row->amopstrategy) +
								types(row->amoplefttype, row->amoprighttype),
							text);
	}
	const CatalogScan functions(AccessMethodProcedureRelationId, AccessMethodProcedureIndexId,
								Anum_pg_amproc_amprocfamily, family);
	for (HeapTuple tuple : functions.rows()) {
		const Form_pg_amproc row = form<Form_pg_amproc>(tuple);
		fields.emplace_back("function " + std::to_string(row->amprocnum) +
								types(row->amproclefttype, row->amprocrighttype),
							reading.names.function(row->amproc));
	}
	sorted_fields(reading, fields);
}

void read_token_mappings(Reading &reading, Oid configuration)
{
	const CatalogScan configurations(TSConfigRelationId, TSConfigOidIndexId, Anum_pg_ts_config_oid, configuration);
	if (configurations.rows().empty())
		return;
	const Oid parser = form<Form_pg_ts_config>(configurations.rows()[0])->cfgparser;
	const CatalogScan mappings(TSConfigMapRelationId, TSConfigMapIndexId, Anum_pg_ts_config_map_mapcfg, configuration);
	std::map<int32, std::string> dictionaries; /* the index gives the order of the dictionaries */
	for (HeapTuple tuple : mappings.rows()) {
		const FormData_pg_ts_config_map *row = form<FormData_pg_ts_config_map *>(tuple);
		append_item(dictionaries[row->maptokentype], reading.names.identity(TSDictionaryRelationId, row->mapdict));
	}
	std::vector<std::pair<std::string, std::string>> fields;
	for (auto &[type, list] : dictionaries)
		fields.emplace_back("mapping for " + token_name(parser, type), std::move(list));
	sorted_fields(reading, fields);
}

void read_publication_members(Reading &reading, Oid publication)
{
	std::vector<std::pair<std::string, std::string>> fields;
	const CatalogScan tables(PublicationRelRelationId, compat::publication_tables_index,
							 compat::publication_tables_index ? Anum_pg_publication_rel_prpubid : AttrNumber(0), publication);
	for (HeapTuple tuple : tables.rows()) {
		const Form_pg_publication_rel row = form<Form_pg_publication_rel>(tuple);
		if (row->prpubid != publication)
			continue;
		std::string text;
		bool is_null = true;
		Datum value = compat::publication_columns
						  ? heap_getattr(tuple, compat::publication_columns, tables.descriptor(), &is_null)
						  : Datum(0);
		if (!is_null)
			text.append("(").append(reading.names.columns(row->prrelid, numbers_of(value))).append(")");
		is_null = true;
		if (compat::publication_filter)
			value = heap_getattr(tuple, compat::publication_filter, tables.descriptor(), &is_null);
		if (!is_null)
			text.append(text.empty() ? "where " : " where ").append(reading.expressions.text(value, row->prrelid));
		fields.emplace_back("table " + reading.names.relation(row->prrelid), text.empty() ? "yes" : text);
	}
#ifdef SUREFOOT_PUBLICATION_SCHEMAS
	const CatalogScan schemas(PublicationNamespaceRelationId);
	for (HeapTuple tuple : schemas.rows())
		if (form<Form_pg_publication_namespace>(tuple)->pnpubid == publication)
			fields.emplace_back("tables in schema " +
									reading.names.schema(form<Form_pg_publication_namespace>(tuple)->pnnspid),
								"yes");
#endif
	sorted_fields(reading, fields);
}

bool dumps_rows(Oid extension, Oid relation)
{
	const CatalogScan extensions(ExtensionRelationId, ExtensionOidIndexId, Anum_pg_extension_oid, extension);
	if (extensions.rows().empty())
		return false;
	bool is_null;
	const Datum array = heap_getattr(extensions.rows()[0], Anum_pg_extension_extconfig, extensions.descriptor(), &is_null);
	if (is_null)
		return false;
	const std::vector<Oid> relations = oids_of(array);
	return std::find(relations.begin(), relations.end(), relation) != relations.end();
}

void read_member_grants(Reading &reading, Oid extension)
{
	std::vector<std::pair<std::string, std::string>> fields;
	for (HeapTuple tuple : reading.source.rows(From::dependent, extension, ExtensionRelationId)) {
		const Form_pg_depend row = form<Form_pg_depend>(tuple);
		if (row->refclassid != ExtensionRelationId || row->deptype != DEPENDENCY_EXTENSION || row->objsubid != 0)
			continue;
		const ObjectAddress member = {row->classid, row->objid, 0};
		const MemberAcl now = pg_call([&member] { return member_acl(&member); });
		if (!now.has_acl)
			continue;
		const auto standard = [&] {
			return reading.acl_text(pg_call([&now] { return PointerGetDatum(acldefault(now.type, now.owner)); }));
		};
		std::string initial;
		bool recorded = false;
		const CatalogScan privileges(InitPrivsRelationId, InitPrivsObjIndexId, Anum_pg_init_privs_objoid, row->objid);
		for (HeapTuple init : privileges.rows()) {
			const FormData_pg_init_privs *form_ = form<FormData_pg_init_privs *>(init);
			bool is_null;
			const Datum acl = heap_getattr(init, Anum_pg_init_privs_initprivs, privileges.descriptor(), &is_null);
			if (form_->classoid == row->classid && form_->objsubid == 0 && !is_null) {
				initial = reading.acl_text(acl);
				recorded = true;
			}
		}
		if (now.is_null && !recorded)
			continue;
		const std::string current = now.is_null ? standard() : reading.acl_text(now.acl);
		if (current != (recorded ? initial : standard()))
			fields.emplace_back("grants on " + (row->classid == ProcedureRelationId ? reading.names.function(row->objid)
																				   : reading.names.identity(row->classid, row->objid)),
								current.empty() ? "none" : current);
	}
	sorted_fields(reading, fields);
}

} // namespace surefoot::catalog

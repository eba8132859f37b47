#include "server/reverse/surroundings.hpp"

#include "core/kinds.hpp"
#include "core/sql_text.hpp"
#include "server/catalog/definitions.hpp"
#include "server/compat.hpp"
#include "server/internal.hpp"
#include "server/record/dependents.hpp"
#include "server/spi.hpp"

extern "C" {
#include "catalog/pg_attrdef.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_rewrite.h"
#include "parser/parse_coerce.h"
#include "rewrite/rewriteSupport.h"
}

namespace surefoot {

namespace {

/* Rows that have no definition of their own stand for what they belong to: a default for its column, a view's rule for the view. */
ObjectAddress stands_for(const ObjectAddress &object)
{
	ObjectAddress result = object;
	const Oid index = object.classId == RewriteRelationId ? RewriteOidIndexId : AttrDefaultOidIndexId;
	const AttrNumber column = object.classId == RewriteRelationId ? AttrNumber(Anum_pg_rewrite_oid) : AttrNumber(Anum_pg_attrdef_oid);
	if (object.classId != RewriteRelationId && object.classId != AttrDefaultRelationId)
		return result;
	ScanKeyData key;
	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object.objectId));
	Relation relation = table_open(object.classId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(relation, index, true, nullptr, 1, &key);
	HeapTuple tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple) && object.classId == AttrDefaultRelationId) {
		const Form_pg_attrdef row = (Form_pg_attrdef)GETSTRUCT(tuple);
		ObjectAddressSubSet(result, RelationRelationId, row->adrelid, row->adnum);
	} else if (HeapTupleIsValid(tuple)) {
		const Form_pg_rewrite row = (Form_pg_rewrite)GETSTRUCT(tuple);
		if (strcmp(NameStr(row->rulename), ViewSelectRuleName) == 0)
			ObjectAddressSet(result, RelationRelationId, row->ev_class);
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return result;
}

/* The first value of an enum, as a literal; empty when it has none. */
const char *first_label(Oid type)
{
	ScanKeyData key;
	ScanKeyInit(&key, Anum_pg_enum_enumtypid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(type));
	Relation values = table_open(EnumRelationId, AccessShareLock), order = index_open(EnumTypIdSortOrderIndexId, AccessShareLock);
	SysScanDesc scan = systable_beginscan_ordered(values, order, nullptr, 1, &key);
	HeapTuple tuple = systable_getnext_ordered(scan, ForwardScanDirection);
	const char *label = HeapTupleIsValid(tuple) ? quote_literal_cstr(NameStr(((Form_pg_enum)GETSTRUCT(tuple))->enumlabel)) : "";
	systable_endscan_ordered(scan);
	index_close(order, AccessShareLock);
	table_close(values, AccessShareLock);
	return label;
}

} // namespace

LiveSurroundings::LiveSurroundings(Kept kept) : kept_(std::move(kept))
{
	version = pg_call([] { return atoi(GetConfigOption("server_version_num", false, false)); });
	role = pg_call([] { return quote_identifier(GetUserNameFromId(GetUserId(), false)); });
}

void LiveSurroundings::look(const core::Objects &now)
{
	if (first_)
		return;
	first_.emplace();
	for (const core::Object &object : now)
		first_->insert(object.address);
}

std::vector<core::Surroundings::Dependent> LiveSurroundings::dependents(const core::Object &object)
{
	std::vector<Dependent> result;
	const ObjectAddress address = catalog::address_of(object.address);
	if (!OidIsValid(address.objectId))
		return result;
	for (const surefoot::Dependent &dependent : dependents_of(address)) {
		const ObjectAddress &by = dependent.object;
		const ObjectAddress whom = pg_call([&by] { return stands_for(by); });
		Dependent one{catalog::address_text(whom), catalog::read_definitions({dependent.root})};
		result.push_back(std::move(one));
	}
	return result;
}

std::string LiveSurroundings::storage_of(const std::string &type)
{
	const char *text = type.c_str();
	const char storage = pg_call([text] {
		const Oid id = compat::type_named(text);
		HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(id));
		if (!HeapTupleIsValid(tuple))
			elog(ERROR, "type %s is not there", text);
		const char found = ((Form_pg_type)GETSTRUCT(tuple))->typstorage;
		ReleaseSysCache(tuple);
		return found;
	});
	switch (storage) {
	case TYPSTORAGE_PLAIN: return "PLAIN";
	case TYPSTORAGE_EXTERNAL: return "EXTERNAL";
	case TYPSTORAGE_MAIN: return "MAIN";
	default: return "EXTENDED";
	}
}

std::string LiveSurroundings::filler_of(const std::string &type)
{
	const char *text = type.c_str();
	return pg_call([text]() -> const char * {
		const Oid named = compat::type_named(text);
		if (!OidIsValid(named))
			return "";
		const Oid base = getBaseType(named);
		char category;
		bool preferred;
		get_type_category_preferred(base, &category, &preferred);
		switch (category) {
		case TYPCATEGORY_NUMERIC: return "0";
		case TYPCATEGORY_BOOLEAN: return "false";
		case TYPCATEGORY_STRING: return "''";
		case TYPCATEGORY_ARRAY: return "'{}'";
		case TYPCATEGORY_TIMESPAN: return "'0'";
		case TYPCATEGORY_NETWORK: return "'0.0.0.0'";
		case TYPCATEGORY_RANGE: return type_is_multirange(base) ? "'{}'" : "'empty'";
		case TYPCATEGORY_DATETIME: return base == TIMEOID || base == TIMETZOID ? "'00:00'" : "'1970-01-01'";
		case TYPCATEGORY_ENUM: return first_label(base);
		default: break;
		}
		switch (base) {
		case UUIDOID: return "'00000000-0000-0000-0000-000000000000'";
		case JSONOID:
		case JSONBOID: return "'null'";
		case BYTEAOID:
		case TSVECTOROID: return "''";
		default: return "";
		}
	});
}

std::string LiveSurroundings::cast_check(const core::Object &column)
{
	if (kept_.version.empty())
		return {};
	return "SELECT surefoot.check_cast(" + core::literal(kept_.version) + ", " + core::literal(column.identity) + ", " +
		   core::literal(core::value_of(column, "type")) + ")";
}

std::vector<core::Surroundings::Hole> LiveSurroundings::holes(const core::Object &table)
{
	static Query entries("SELECT number, definition, hidden FROM surefoot.dropped_column WHERE relation = $1 AND system_identifier = $2::numeric "
						 "AND database_oid = $3 ORDER BY number",
						 {OIDOID, TEXTOID, OIDOID});
	const Internal internal;
	const Rows found = entries.run({Value::datum(ObjectIdGetDatum(catalog::address_of(table.address).objectId)),
									std::to_string(GetSystemIdentifier()), Value::datum(ObjectIdGetDatum(MyDatabaseId))});
	std::vector<Hole> holes;
	if (found.empty())
		return holes;
	for (const std::string &text : core::split_list(core::value_of(table, "dropped columns"))) {
		Hole hole{std::stoi(text), "surefoot_dropped_" + text, "boolean", true};
		for (size_t i = 0; i < found.size(); i++)
			if (found.number(i, 0) == hole.number) {
				hole.type = found.text(i, 1);
				hole.is_dropped = found.is_null(i, 2);
				hole.name = found.maybe(i, 2).value_or(hole.name);
			}
		holes.push_back(std::move(hole));
	}
	return holes;
}

} // namespace surefoot

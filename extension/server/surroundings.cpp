#include "server/surroundings.hpp"

#include "server/catalog/definitions.hpp"
#include "server/compat.hpp"
#include "server/dependents.hpp"

extern "C" {
#include "catalog/pg_attrdef.h"
#include "catalog/pg_rewrite.h"
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

} // namespace

LiveSurroundings::LiveSurroundings()
{
	version = pg_call([] { return atoi(GetConfigOption("server_version_num", false, false)); });
	role = pg_call([] { return quote_identifier(GetUserNameFromId(GetUserId(), false)); });
}

void LiveSurroundings::look(const core::Objects &now)
{
	if (first_.empty())
		for (const core::Object &object : now)
			first_.insert(object.address);
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

} // namespace surefoot

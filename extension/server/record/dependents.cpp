#include "server/record/dependents.hpp"

#include "server/catalog/roots.hpp"

extern "C" {
#include "catalog/pg_depend.h"
#include "catalog/pg_trigger.h"
}

namespace surefoot {

namespace {

struct Found {
	ObjectAddress *addresses;
	int count;
};

/* Who depends on it directly; without a part (objectSubId), on any part of it too. */
Found direct(const ObjectAddress &object)
{
	Found found = {nullptr, 0};
	int room = 0;
	ScanKeyData keys[3];
	int count = 2;
	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object.classId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(object.objectId));
	if (object.objectSubId != 0)
		ScanKeyInit(&keys[count++], Anum_pg_depend_refobjsubid, BTEqualStrategyNumber, F_INT4EQ,
					Int32GetDatum(object.objectSubId));
	Relation relation = table_open(DependRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(relation, DependReferenceIndexId, true, nullptr, count, keys);
	for (HeapTuple tuple; HeapTupleIsValid(tuple = systable_getnext(scan));) {
		const Form_pg_depend row = (Form_pg_depend)GETSTRUCT(tuple);
		if (found.count == room) {
			room = room ? 2 * room : 16;
			found.addresses = (ObjectAddress *)(found.addresses ? repalloc(found.addresses, room * sizeof(ObjectAddress))
																: palloc(room * sizeof(ObjectAddress)));
		}
		ObjectAddressSubSet(found.addresses[found.count], row->classid, row->objid, row->objsubid);
		found.count++;
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return found;
}

/* Types that are made along with it, and are called like it. */
void add_types(std::vector<ObjectAddress> &named, const ObjectAddress &object)
{
	Oid type = InvalidOid;
	const Oid id = object.objectId;
	if (object.classId == RelationRelationId)
		type = pg_call([id] { return get_rel_type_id(id); });
	else if (object.classId == TypeRelationId)
		type = id;
	if (!OidIsValid(type))
		return;
	const Oid array = pg_call([type] { return get_array_type(type); });
	for (Oid one : {type, array})
		if (OidIsValid(one) && (object.classId != TypeRelationId || one != id))
			named.push_back({TypeRelationId, one, 0});
}

} // namespace

std::vector<Dependent> dependents_of(const ObjectAddress &object, const char *column)
{
	ObjectAddress what = object;
	if (column != nullptr && object.classId == RelationRelationId)
		what.objectSubId = pg_call([&object, column] { return (int32)get_attnum(object.objectId, column); });

	std::vector<ObjectAddress> named = {what};
	if (what.objectSubId == 0)
		add_types(named, what);
	if (what.classId == NamespaceRelationId) {
		const Found inside = pg_call([&what] { return direct(what); });
		for (int i = 0; i < inside.count; i++) {
			named.push_back(inside.addresses[i]);
			add_types(named, inside.addresses[i]);
		}
	}
	std::vector<Dependent> dependents;
	for (const ObjectAddress &one : named) {
		const Found found = pg_call([&one] { return direct(one); });
		for (int i = 0; i < found.count; i++) {
			const ObjectAddress &by = found.addresses[i];
			const ObjectAddress root = catalog::root_of(by.classId, by.objectId, by.objectSubId);
			const bool known = std::any_of(dependents.begin(), dependents.end(), [&](const Dependent &other) {
				return other.root.classId == root.classId && other.root.objectId == root.objectId &&
					   other.object.classId == by.classId && other.object.objectId == by.objectId &&
					   other.object.objectSubId == by.objectSubId;
			});
			if (OidIsValid(root.classId) && !known)
				dependents.push_back({root, by});
		}
	}
	return dependents;
}

Oid table_of_check(Oid trigger, bool goes)
{
	return pg_call([trigger, goes] {
		ScanKeyData key;
		ScanKeyInit(&key, Anum_pg_trigger_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(trigger));
		Relation relation = table_open(TriggerRelationId, AccessShareLock);
		SysScanDesc scan = systable_beginscan(relation, TriggerOidIndexId, true, nullptr, 1, &key);
		Oid table = InvalidOid;
		if (HeapTuple tuple = systable_getnext(scan); HeapTupleIsValid(tuple)) {
			const Form_pg_trigger row = (Form_pg_trigger)GETSTRUCT(tuple);
			if (row->tgisinternal && OidIsValid(row->tgconstraint) && (!goes || row->tgenabled != TRIGGER_FIRES_ON_ORIGIN))
				table = row->tgrelid;
		}
		systable_endscan(scan);
		table_close(relation, AccessShareLock);
		return table;
	});
}

} // namespace surefoot

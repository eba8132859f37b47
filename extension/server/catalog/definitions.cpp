#include "server/catalog/definitions.hpp"

#include "server/catalog/other.hpp"

extern "C" {
#include "catalog/pg_proc.h"
}

namespace surefoot::catalog {

namespace {

void read_root(Reading &reading, const ObjectAddress &root)
{
	struct Reader {
		Oid class_id;
		From from;
		void (*read)(Reading &, HeapTuple);
	};
	static const Reader readers[] = {
		{RelationRelationId, From::relation, read_relation},
		{TypeRelationId, From::type, read_type},
		{ProcedureRelationId, From::function, read_function},
		{NamespaceRelationId, From::schema, static_cast<void (*)(Reading &, HeapTuple)>(read_schema)},
	};
	for (const Reader &reader : readers)
		if (reader.class_id == root.classId) {
			HeapTuple row = reading.source.row(reader.from, root.objectId);
			if (row) {
				reading.out.begin_root(root);
				reader.read(reading, row);
				reading.out.end_root();
			}
			return;
		}
	read_other(reading, root);
}

} // namespace

core::Objects read_definitions(const std::vector<ObjectAddress> &roots)
{
	core::Objects objects;
	if (roots.empty())
		return objects;
	ObjectsWriter writer(objects);
	Reading reading(false, writer);
	for (const ObjectAddress &root : roots)
		read_root(reading, root);
	return objects;
}

} // namespace surefoot::catalog

/* All definitions of a schema or a database, by one scan of each catalog. */
#include "server/catalog/definitions.hpp"
#include "server/catalog/other.hpp"
#include "server/catalog/text.hpp"

extern "C" {
#include "catalog/pg_depend.h"
#include "catalog/pg_proc.h"
}

namespace surefoot::catalog {

namespace {

class Whole {
public:
	Whole(Reading &reading, std::optional<Oid> schema) : reading_(reading), schema_(schema) {}

	void read()
	{
		schemas();
		relations();
		types();
		functions();
		read_all_others(reading_, [this](Oid class_id, Oid oid, Oid schema) {
			if (schema_ ? schema != *schema_ : OidIsValid(schema) && !in_scope(schema))
				return false;
			return class_id == ExtensionRelationId ? !is_surefoot(oid) : !is_brought_along(class_id, oid);
		});
	}

private:
	bool in_scope(Oid schema)
	{
		if (schema != last_schema_) {
			last_schema_ = schema;
			last_in_scope_ = (!schema_ || schema == *schema_) && !is_foreign_schema(schema);
		}
		return last_in_scope_;
	}

	bool is_brought_along(Oid class_id, Oid oid) { return reading_.is_brought_along(class_id, oid); }

	static bool is_surefoot(Oid extension)
	{
		return pg_call([extension] {
			const char *name = get_extension_name(extension);
			return name && strcmp(name, "surefoot") == 0;
		});
	}

	template <typename Read> void root(Oid class_id, Oid oid, HeapTuple row, Read &&read)
	{
		reading_.out.begin_root({class_id, oid, 0});
		read(reading_, row);
		reading_.out.end_root();
	}

	void schemas()
	{
		for (HeapTuple row : reading_.source.all(From::schema)) {
			const Oid oid = form<Form_pg_namespace>(row)->oid;
			if (in_scope(oid) && !is_brought_along(NamespaceRelationId, oid))
				root(NamespaceRelationId, oid, row,
					 [](Reading &reading, HeapTuple tuple) { catalog::read_schema(reading, tuple); });
		}
	}

	/* Sequences of identity columns come with their table. */
	bool is_identity_sequence(Oid oid)
	{
		for (HeapTuple tuple : reading_.source.rows(From::dependency, oid, RelationRelationId)) {
			const Form_pg_depend row = form<Form_pg_depend>(tuple);
			if (row->classid == RelationRelationId && row->deptype == DEPENDENCY_INTERNAL)
				return true;
		}
		return false;
	}

	void relations()
	{
		for (HeapTuple row : reading_.source.all(From::relation)) {
			const Form_pg_class relation = form<Form_pg_class>(row);
			switch (relation->relkind) {
			case RELKIND_RELATION:
			case RELKIND_PARTITIONED_TABLE:
			case RELKIND_VIEW:
			case RELKIND_MATVIEW:
			case RELKIND_FOREIGN_TABLE:
			case RELKIND_SEQUENCE:
			case RELKIND_COMPOSITE_TYPE: break;
			default: continue;
			}
			if (relation->relpersistence == RELPERSISTENCE_TEMP || !in_scope(relation->relnamespace))
				continue;
			if (relation->relkind == RELKIND_COMPOSITE_TYPE) {
				composite_type(relation->reltype);
				continue;
			}
			if (is_brought_along(RelationRelationId, relation->oid) ||
				(relation->relkind == RELKIND_SEQUENCE && is_identity_sequence(relation->oid)))
				continue;
			root(RelationRelationId, relation->oid, row, read_relation);
		}
	}

	void composite_type(Oid oid)
	{
		HeapTuple row = pg_call([oid] { return SearchSysCacheCopy1(TYPEOID, ObjectIdGetDatum(oid)); });
		if (row && !is_brought_along(TypeRelationId, oid))
			root(TypeRelationId, oid, row, read_type);
	}

	void types()
	{
		for (HeapTuple row : reading_.source.all(From::type)) {
			const Form_pg_type type = form<Form_pg_type>(row);
			if (type->typtype != TYPTYPE_MULTIRANGE && type->typtype != TYPTYPE_COMPOSITE && in_scope(type->typnamespace) &&
				!is_brought_along(TypeRelationId, type->oid))
				root(TypeRelationId, type->oid, row, read_type);
		}
	}

	void functions()
	{
		for (HeapTuple row : reading_.source.all(From::function)) {
			const Form_pg_proc function = form<Form_pg_proc>(row);
			if (in_scope(function->pronamespace) && !is_brought_along(ProcedureRelationId, function->oid))
				root(ProcedureRelationId, function->oid, row, read_function);
		}
	}

	Reading &reading_;
	const std::optional<Oid> schema_;
	Oid last_schema_ = InvalidOid;
	bool last_in_scope_ = false;
};

} // namespace

core::Objects read_schema(std::optional<Oid> schema)
{
	core::Objects objects;
	ObjectsWriter writer(objects);
	Reading reading(true, writer);
	Whole(reading, schema).read();
	return objects;
}

std::string schema_fingerprint(std::optional<Oid> schema, core::Kind kind)
{
	HashWriter writer(kind);
	Reading reading(true, writer);
	Whole(reading, schema).read();
	return writer.finish();
}

} // namespace surefoot::catalog

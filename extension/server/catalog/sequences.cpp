/* Sequences; those of identity columns hang on their table. */
#include "server/catalog/reading.hpp"
#include "server/catalog/text.hpp"

#include <algorithm>

extern "C" {
#include "catalog/pg_attribute.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_sequence.h"
}

namespace surefoot::catalog {

namespace {

struct Limits {
	int64 low, high;
};

Limits limits_of(Oid type)
{
	switch (type) {
	case INT2OID: return {PG_INT16_MIN, PG_INT16_MAX};
	case INT4OID: return {PG_INT32_MIN, PG_INT32_MAX};
	default: return {PG_INT64_MIN, PG_INT64_MAX};
	}
}

void parameters(Reading &reading, Form_pg_sequence sequence)
{
	Writer &out = reading.out;
	const Limits limits = limits_of(sequence->seqtypid);
	const bool up = sequence->seqincrement > 0;
	const int64 low = up ? 1 : limits.low;
	const int64 high = up ? limits.high : -1;

	if (sequence->seqtypid != INT8OID)
		out.field("type", reading.names.type(sequence->seqtypid));
	if (sequence->seqincrement != 1)
		out.field("increment", std::to_string(sequence->seqincrement));
	if (sequence->seqmin != low)
		out.field("minimum", std::to_string(sequence->seqmin));
	if (sequence->seqmax != high)
		out.field("maximum", std::to_string(sequence->seqmax));
	if (sequence->seqstart != (up ? sequence->seqmin : sequence->seqmax))
		out.field("start", std::to_string(sequence->seqstart));
	if (sequence->seqcache != 1)
		out.field("cache", std::to_string(sequence->seqcache));
	out.flag("cycle", sequence->seqcycle);
}

void owner_column(Reading &reading, Oid oid)
{
	for (HeapTuple tuple : reading.source.rows(From::dependency, oid, RelationRelationId)) {
		const Form_pg_depend row = form<Form_pg_depend>(tuple);
		if (row->classid != RelationRelationId || row->refclassid != RelationRelationId || row->refobjsubid <= 0)
			continue;
		const char *name = row->deptype == DEPENDENCY_INTERNAL ? "identity of"
						   : row->deptype == DEPENDENCY_AUTO   ? "owned by"
															   : nullptr;
		if (name)
			reading.out.field(name, reading.names.relation(row->refobjid) + "." +
										reading.names.column(row->refobjid, static_cast<AttrNumber>(row->refobjsubid)));
	}
}

} // namespace

void read_sequence(Reading &reading, HeapTuple relation)
{
	const Form_pg_class form_ = form<Form_pg_class>(relation);
	HeapTuple row = reading.source.row(From::sequence, form_->oid);
	if (row == nullptr)
		return;
	bool is_null;
	reading.out.begin("sequence", reading.names.schema(form_->relnamespace) + "." + quoted(form_->relname),
					  {RelationRelationId, form_->oid, 0});
	reading.out.field("owner", reading.names.role(form_->relowner));
	parameters(reading, form<Form_pg_sequence>(row));
	reading.out.flag("unlogged", form_->relpersistence == RELPERSISTENCE_UNLOGGED);
	owner_column(reading, form_->oid);
	const Datum acl = reading.source.get(From::relation, relation, Anum_pg_class_relacl, &is_null);
	reading.grants(acl, is_null, OBJECT_SEQUENCE, form_->relowner);
	reading.membership(RelationRelationId, form_->oid);
	reading.comments(RelationRelationId, form_->oid);
}

void read_identity_sequences(Reading &reading, const Table &table)
{
	const bool identity = std::any_of(table.columns.begin(), table.columns.end(), [](HeapTuple tuple) {
		return form<Form_pg_attribute>(tuple)->attidentity != '\0';
	});
	if (!identity)
		return;
	for (HeapTuple tuple : reading.source.rows(From::dependent, table.oid, RelationRelationId)) {
		const Form_pg_depend row = form<Form_pg_depend>(tuple);
		if (row->classid != RelationRelationId || row->refclassid != RelationRelationId || row->refobjsubid <= 0 ||
			row->deptype != DEPENDENCY_INTERNAL)
			continue;
		HeapTuple relation = reading.source.row(From::relation, row->objid);
		if (relation && form<Form_pg_class>(relation)->relkind == RELKIND_SEQUENCE)
			read_sequence(reading, relation);
	}
}

} // namespace surefoot::catalog

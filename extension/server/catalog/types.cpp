/* Types: enums, domains, ranges, composite and base types; and schemas, which are as small. */
#include "server/catalog/reading.hpp"
#include "server/catalog/text.hpp"

#include <algorithm>

extern "C" {
#include "catalog/pg_collation.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_range.h"
}

namespace surefoot::catalog {

namespace {

/* Labels by rank: the numbers that hold the order are renumbered at will. */
void enum_fields(Reading &reading, Oid type)
{
	const Rows labels = reading.source.rows(From::label, type);
	std::sort(labels.begin(), labels.end(), [](HeapTuple a, HeapTuple b) {
		return form<Form_pg_enum>(a)->enumsortorder < form<Form_pg_enum>(b)->enumsortorder;
	});
	std::string list;
	for (HeapTuple tuple : labels)
		append_item(list, literal(NameStr(form<Form_pg_enum>(tuple)->enumlabel)));
	reading.out.field("labels", list);
}

void default_field(Reading &reading, HeapTuple row)
{
	bool is_null;
	const Datum tree = reading.source.get(From::type, row, Anum_pg_type_typdefaultbin, &is_null);
	if (!is_null) {
		reading.out.field("default", reading.expressions.text(tree, InvalidOid));
		return;
	}
	const Datum text = reading.source.get(From::type, row, Anum_pg_type_typdefault, &is_null);
	if (!is_null)
		reading.out.field("default", literal(text_of(text)));
}

void domain_fields(Reading &reading, HeapTuple row, Form_pg_type type)
{
	reading.out.field("base type", reading.names.type(type->typbasetype, type->typtypmod));
	if (OidIsValid(type->typcollation) &&
		type->typcollation != reading.names.type_facts(type->typbasetype).collation)
		reading.out.field("collation", reading.names.collation(type->typcollation));
	reading.out.flag("not null", type->typnotnull);
	default_field(reading, row);
}

void range_fields(Reading &reading, Oid oid)
{
	HeapTuple row = reading.source.row(From::range, oid);
	if (row == nullptr)
		return;
	const Form_pg_range range = form<Form_pg_range>(row);
	reading.out.field("subtype", reading.names.type(range->rngsubtype));
	reading.out.maybe("subtype operator class", reading.names.operator_class(range->rngsubopc, range->rngsubtype));
	if (OidIsValid(range->rngcollation) &&
		range->rngcollation != reading.names.type_facts(range->rngsubtype).collation)
		reading.out.field("collation", reading.names.collation(range->rngcollation));
	if (OidIsValid(range->rngcanonical))
		reading.out.field("canonical", reading.names.function(range->rngcanonical));
	if (OidIsValid(range->rngsubdiff))
		reading.out.field("subtype diff", reading.names.function(range->rngsubdiff));
	reading.out.field("multirange type", reading.names.type(range->rngmultitypid));
	reading.companion_type("multirange", range->rngmultitypid);
}

void base_fields(Reading &reading, HeapTuple row, Form_pg_type type)
{
	Writer &out = reading.out;
	auto part = [&](const char *name, Oid function) {
		if (OidIsValid(function))
			out.field(name, reading.names.function(function));
	};
	if (!type->typisdefined) {
		out.flag("shell", true);
		return;
	}
	part("input", type->typinput);
	part("output", type->typoutput);
	part("receive", type->typreceive);
	part("send", type->typsend);
	part("typmod in", type->typmodin);
	part("typmod out", type->typmodout);
	part("analyze", type->typanalyze);
	part("subscript", type->typsubscript);
	out.field("length", std::to_string(type->typlen));
	out.flag("passed by value", type->typbyval);
	out.field("alignment", std::string(1, type->typalign));
	out.field("storage", std::string(1, type->typstorage));
	out.field("category", std::string(1, type->typcategory));
	out.flag("preferred", type->typispreferred);
	out.field("delimiter", std::string(1, type->typdelim));
	if (OidIsValid(type->typelem))
		out.field("element", reading.names.type(type->typelem));
	out.flag("collatable", OidIsValid(type->typcollation));
	default_field(reading, row);
}

} // namespace

void read_type(Reading &reading, HeapTuple row)
{
	const Form_pg_type type = form<Form_pg_type>(row);
	const std::string identity = reading.names.schema(type->typnamespace) + "." + quoted(type->typname);
	const char *kind = type->typtype == TYPTYPE_ENUM ? "enum" : type->typtype == TYPTYPE_DOMAIN ? "domain" : "type";
	Table table = {};
	if (type->typtype == TYPTYPE_COMPOSITE)
		if (HeapTuple relation = reading.source.row(From::relation, type->typrelid))
			table = {type->typrelid, form<Form_pg_class>(relation), identity, sorted_columns(reading, type->typrelid)};
	bool is_null;

	reading.out.begin(kind, identity, {TypeRelationId, type->oid, 0});
	reading.out.field("owner", reading.names.role(type->typowner));
	switch (type->typtype) {
	case TYPTYPE_ENUM: enum_fields(reading, type->oid); break;
	case TYPTYPE_DOMAIN: domain_fields(reading, row, type); break;
	case TYPTYPE_RANGE: range_fields(reading, type->oid); break;
	case TYPTYPE_COMPOSITE: list_columns(reading, table); break;
	default: base_fields(reading, row, type); break;
	}
	const Datum acl = reading.source.get(From::type, row, Anum_pg_type_typacl, &is_null);
	reading.grants(acl, is_null, type->typtype == TYPTYPE_DOMAIN ? OBJECT_DOMAIN : OBJECT_TYPE, type->typowner);
	reading.membership(TypeRelationId, type->oid);
	reading.comments(TypeRelationId, type->oid);
	if (OidIsValid(type->typarray))
		reading.companion_comments("array type", TypeRelationId, type->typarray);

	if (type->typtype == TYPTYPE_DOMAIN)
		read_domain_constraints(reading, type->oid, identity);
	if (table.form) /* attributes are columns */
		read_columns(reading, table, reading.all_comments(RelationRelationId, table.oid));
}

void read_schema(Reading &reading, HeapTuple row)
{
	const Form_pg_namespace schema = form<Form_pg_namespace>(row);
	bool is_null;
	reading.out.begin("schema", quoted(schema->nspname), {NamespaceRelationId, schema->oid, 0});
	reading.out.field("owner", reading.names.role(schema->nspowner));
	const Datum acl = reading.source.get(From::schema, row, Anum_pg_namespace_nspacl, &is_null);
	reading.grants(acl, is_null, OBJECT_SCHEMA, schema->nspowner);
	reading.membership(NamespaceRelationId, schema->oid);
	reading.comments(NamespaceRelationId, schema->oid);
}

} // namespace surefoot::catalog

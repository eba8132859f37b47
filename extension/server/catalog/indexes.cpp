/* Indexes; those on plain columns are spelled by hand, in the words of pg_get_indexdef. */
#include "server/catalog/reading.hpp"
#include "server/catalog/text.hpp"
#include "server/compat.hpp"

extern "C" {
#include "catalog/pg_am.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "utils/fmgrprotos.h"
}

namespace surefoot::catalog {

namespace {

struct Index {
	HeapTuple row;       /* pg_index */
	HeapTuple relation;  /* pg_class */
	Form_pg_index form;
	Form_pg_class class_form;
	Rows columns;        /* the index's own, in the order of attnum */
};

bool has(Reading &reading, const Index &index, AttrNumber attribute)
{
	bool is_null;
	(void)reading.source.get(From::index, index.row, attribute, &is_null);
	return !is_null;
}

const oidvector *vector_of(Reading &reading, const Index &index, AttrNumber attribute)
{
	bool is_null;
	return reinterpret_cast<const oidvector *>(
		DatumGetPointer(reading.source.get(From::index, index.row, attribute, &is_null)));
}

/* The column of the table that the index column i stands for. */
Form_pg_attribute table_column(const Table &table, AttrNumber number)
{
	for (HeapTuple tuple : table.columns)
		if (form<Form_pg_attribute>(tuple)->attnum == number)
			return form<Form_pg_attribute>(tuple);
	return nullptr;
}

bool can_order(Oid method)
{
	/* the only built-in one that can; others are asked */
	return method == BTREE_AM_OID || (method >= FirstGenbkiObjectId && pg_call([method] {
		return GetIndexAmRoutineByAmId(method, false)->amcanorder;
	}));
}

std::string key_column(Reading &reading, const Table &table, const Index &index, int i)
{
	const Form_pg_attribute column = table_column(table, index.form->indkey.values[i]);
	if (column == nullptr)
		return "?";
	std::string text = quoted(column->attname);
	if (i >= index.form->indnkeyatts)
		return text;

	const Oid collation = vector_of(reading, index, Anum_pg_index_indcollation)->values[i];
	if (OidIsValid(collation) && collation != column->attcollation)
		text.append(" COLLATE ").append(reading.names.collation(collation));

	bool no_options = true;
	Datum options = 0;
	for (HeapTuple tuple : index.columns)
		if (form<Form_pg_attribute>(tuple)->attnum == i + 1)
			options = reading.source.get(From::column, tuple, Anum_pg_attribute_attoptions, &no_options);
	const Oid opclass = vector_of(reading, index, Anum_pg_index_indclass)->values[i];
	const std::string &name = reading.names.operator_class(opclass, no_options ? column->atttypid : InvalidOid);
	if (!name.empty())
		text.append(" ").append(name);
	if (!no_options)
		text.append(" (").append(options_of(options, false)).append(")");

	const int16 order =
		reinterpret_cast<const int2vector *>(vector_of(reading, index, Anum_pg_index_indoption))->values[i];
	if (order != 0 && can_order(index.class_form->relam)) {
		const bool nulls_first = order & INDOPTION_NULLS_FIRST;
		if (order & INDOPTION_DESC)
			text.append(nulls_first ? " DESC" : " DESC NULLS LAST");
		else if (nulls_first)
			text.append(" NULLS FIRST");
	}
	return text;
}

std::string plain_definition(Reading &reading, const Table &table, const Index &index)
{
	const Form_pg_index form = index.form;
	std::string text = form->indisunique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
	text.append(quoted(index.class_form->relname)).append(" ON ");
	if (index.class_form->relkind == RELKIND_PARTITIONED_INDEX)
		text.append("ONLY ");
	text.append(table.identity).append(" USING ").append(reading.names.access_method(index.class_form->relam));
	text.append(" (");
	for (int i = 0; i < form->indnatts; i++) {
		if (i == form->indnkeyatts)
			text.append(") INCLUDE (");
		else if (i > 0)
			text.append(", ");
		text.append(key_column(reading, table, index, i));
	}
	text.append(")");
	if (compat::nulls_not_distinct(form))
		text.append(" NULLS NOT DISTINCT");
	bool is_null;
	const Datum array = reading.source.get(From::relation, index.relation, Anum_pg_class_reloptions, &is_null);
	const std::string options = options_of(array, is_null);
	if (!options.empty())
		text.append(" WITH (").append(options).append(")");
	return text;
}

/* Only columns of expressions can have a statistics target. */
void statistics(Reading &reading, const Index &index)
{
	std::string targets;
	for (HeapTuple tuple : index.columns) {
		const int target = compat::statistics_target(tuple, reading.source.descriptor(From::column));
		if (target >= 0)
			append_item(targets, "column " + std::to_string(form<Form_pg_attribute>(tuple)->attnum) + ": " +
									 std::to_string(target));
	}
	reading.out.maybe("statistics", targets);
}

/* A build that is under way or broke off. That of a partitioned table only says whether each partition has one. */
void validity(Reading &reading, const Table &table, Form_pg_index form)
{
	if (!form->indisvalid && table.form->relkind != RELKIND_PARTITIONED_TABLE)
		reading.out.field("valid", "no");
	if (!form->indisready)
		reading.out.field("ready", "no");
	if (!form->indislive)
		reading.out.field("live", "no");
}

void read_index(Reading &reading, const Table &table, HeapTuple row)
{
	Index index;
	index.row = row;
	index.form = form<Form_pg_index>(row);
	index.relation = reading.source.row(From::relation, index.form->indexrelid);
	if (index.relation == nullptr)
		return;
	index.class_form = form<Form_pg_class>(index.relation);
	const bool expressions = has(reading, index, Anum_pg_index_indexprs);
	/* the built-in btree and hash classes take no options, so their columns have nothing to say */
	if (expressions || reading.source.bulk() ||
		(index.class_form->relam != BTREE_AM_OID && index.class_form->relam != HASH_AM_OID))
		index.columns = reading.source.rows(From::column, index.form->indexrelid);

	Writer &out = reading.out;
	out.begin("index", reading.names.schema(index.class_form->relnamespace) + "." + quoted(index.class_form->relname),
			  {RelationRelationId, index.form->indexrelid, 0});
	if (expressions || has(reading, index, Anum_pg_index_indpred))
		out.field("definition", canonical_text(pg_get_indexdef, index.form->indexrelid));
	else
		out.field("definition", plain_definition(reading, table, index));
	if (OidIsValid(index.class_form->reltablespace))
		out.field("tablespace", reading.names.tablespace(index.class_form->reltablespace));
	validity(reading, table, index.form);
	out.flag("deferrable", !index.form->indimmediate);
	out.flag("clustered", index.form->indisclustered);
	out.flag("replica identity", index.form->indisreplident);
	if (index.class_form->relispartition)
		for (HeapTuple parent : reading.source.rows(From::parent, index.form->indexrelid))
			out.field("partition of", reading.names.relation(form<Form_pg_inherits>(parent)->inhparent));
	if (expressions)
		statistics(reading, index);
	reading.extension_dependencies(RelationRelationId, index.form->indexrelid);
	reading.comments(RelationRelationId, index.form->indexrelid);
}

} // namespace

void read_indexes(Reading &reading, const Table &table, Rows indexes)
{
	for (HeapTuple row : indexes)
		read_index(reading, table, row);
}

} // namespace surefoot::catalog

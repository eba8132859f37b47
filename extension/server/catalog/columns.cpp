/* The columns of a table, with their defaults. */
#include "server/catalog/reading.hpp"
#include "server/catalog/text.hpp"
#include "server/compat.hpp"

extern "C" {
#include "access/toast_compression.h"
#include "catalog/pg_attrdef.h"
#include "catalog/pg_attribute.h"
}

namespace surefoot::catalog {

namespace {

const char *storage_name(char storage)
{
	switch (storage) {
	case TYPSTORAGE_PLAIN: return "plain";
	case TYPSTORAGE_EXTERNAL: return "external";
	case TYPSTORAGE_MAIN: return "main";
	default: return "extended";
	}
}

void default_value(Reading &reading, const Table &table, Form_pg_attribute column, Rows defaults)
{
	for (HeapTuple tuple : defaults)
		if (form<Form_pg_attrdef>(tuple)->adnum == column->attnum) {
			bool is_null;
			const Datum tree = reading.source.get(From::column_default, tuple, Anum_pg_attrdef_adbin, &is_null);
			const std::string text = reading.expressions.text(tree, table.oid);
			if (column->attgenerated == '\0')
				reading.out.field("default", text);
			else
				reading.out.field("generated", column->attgenerated == ATTRIBUTE_GENERATED_STORED ? text + " stored"
																									: text + " virtual");
		}
}

/* Debian's 15.20 stamps the column with an LSN of its own. */
std::string column_options(Datum array)
{
	std::string options;
	for (std::string_view option : texts_of(array))
		if (!option.starts_with("pg_attver="))
			append_item(options, option);
	return options;
}

void inheritance(Reading &reading, Form_pg_attribute column)
{
	if (column->attinhcount == 0)
		return;
	std::string text = column->attislocal ? "also local" : "yes";
	if (column->attinhcount > 1)
		text.append(", from ").append(std::to_string(column->attinhcount)).append(" parents");
	reading.out.field("inherited", text);
}

void read_column(Reading &reading, const Table &table, HeapTuple tuple, Rows defaults, const Reading::Comments &comments)
{
	const Form_pg_attribute column = form<Form_pg_attribute>(tuple);
	const Names::TypeFacts type = reading.names.type_facts(column->atttypid);
	Writer &out = reading.out;
	bool is_null;

	out.begin("column", table.identity + "." + quoted(column->attname),
			  {RelationRelationId, table.oid, column->attnum});
	out.field("type", reading.names.type(column->atttypid, column->atttypmod));
	if (OidIsValid(column->attcollation) && column->attcollation != type.collation)
		out.field("collation", reading.names.collation(column->attcollation));
	out.flag("not null", column->attnotnull);
	if (column->atthasdef)
		default_value(reading, table, column, defaults);
	if (column->attidentity != '\0')
		out.field("identity", column->attidentity == ATTRIBUTE_IDENTITY_ALWAYS ? "always" : "by default");
	if (table.form->relkind != RELKIND_VIEW) {
		if (column->attstorage != type.storage)
			out.field("storage", storage_name(column->attstorage));
		if (CompressionMethodIsValid(column->attcompression))
			out.field("compression", GetCompressionMethodName(column->attcompression));
		const int target = compat::statistics_target(tuple, reading.source.descriptor(From::column));
		if (target >= 0)
			out.field("statistics", std::to_string(target));
	}
	Datum value = reading.source.get(From::column, tuple, Anum_pg_attribute_attoptions, &is_null);
	if (!is_null)
		out.maybe("options", column_options(value));
	value = reading.source.get(From::column, tuple, Anum_pg_attribute_attfdwoptions, &is_null);
	out.maybe("foreign options", options_of(value, is_null));
	inheritance(reading, column);
	if (column->attndims > 1)
		out.field("dimensions", std::to_string(column->attndims));
	value = reading.source.get(From::column, tuple, Anum_pg_attribute_attacl, &is_null);
	reading.grants(value, is_null, OBJECT_COLUMN, table.form->relowner);
	reading.comments(comments, RelationRelationId, column->attnum);
}

} // namespace

void read_columns(Reading &reading, const Table &table, const Reading::Comments &comments)
{
	Rows defaults;
	for (HeapTuple tuple : table.columns)
		if (form<Form_pg_attribute>(tuple)->atthasdef && defaults.empty())
			defaults = reading.source.rows(From::column_default, table.oid);
	for (HeapTuple tuple : table.columns)
		if (!is_gone(form<Form_pg_attribute>(tuple)))
			read_column(reading, table, tuple, defaults, comments);
}

} // namespace surefoot::catalog

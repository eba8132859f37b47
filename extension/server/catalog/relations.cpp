/* Tables, views and their kin, with all that hangs on them. */
#include "server/catalog/reading.hpp"

#include "server/catalog/definitions.hpp"
#include "server/catalog/text.hpp"
#include "server/compat.hpp"

#include <algorithm>

extern "C" {
#include "catalog/pg_am.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_rewrite.h"
#include "rewrite/rewriteSupport.h"
#include "utils/fmgrprotos.h"
}

namespace surefoot::catalog {

namespace {

const char *kind_of(char relkind)
{
	switch (relkind) {
	case RELKIND_VIEW: return "view";
	case RELKIND_MATVIEW: return "materialized view";
	case RELKIND_FOREIGN_TABLE: return "foreign table";
	default: return "table";
	}
}

void storage(Reading &reading, const Table &table)
{
	const Form_pg_class form = table.form;
	reading.out.flag("unlogged", form->relpersistence == RELPERSISTENCE_UNLOGGED);
	const bool has_method = form->relkind != RELKIND_PARTITIONED_TABLE ? form->relam != HEAP_TABLE_AM_OID : true;
	if (OidIsValid(form->relam) && has_method)
		reading.out.field("access method", reading.names.access_method(form->relam));
	if (OidIsValid(form->reltablespace))
		reading.out.field("tablespace", reading.names.tablespace(form->reltablespace));
	if (OidIsValid(form->reloftype))
		reading.out.field("of type", reading.names.type(form->reloftype));
}

void parents(Reading &reading, const Table &table, HeapTuple row)
{
	Rows rows = reading.source.rows(From::parent, table.oid);
	if (rows.empty())
		return;
	std::sort(rows.begin(), rows.end(), [](HeapTuple a, HeapTuple b) {
		return form<Form_pg_inherits>(a)->inhseqno < form<Form_pg_inherits>(b)->inhseqno;
	});
	std::string list;
	bool detaching = false;
	for (HeapTuple tuple : rows) {
		append_item(list, reading.names.relation(form<Form_pg_inherits>(tuple)->inhparent));
		detaching = detaching || form<Form_pg_inherits>(tuple)->inhdetachpending;
	}
	if (table.form->relispartition) {
		bool is_null;
		const Datum bound = reading.source.get(From::relation, row, Anum_pg_class_relpartbound, &is_null);
		reading.out.field("partition of",
						  is_null ? list : list + " " + reading.expressions.text(bound, InvalidOid));
	} else
		reading.out.field("inherits", list);
	reading.out.flag("detach pending", detaching);
}

void options(Reading &reading, const Table &table, HeapTuple row)
{
	bool is_null;
	const Datum own = reading.source.get(From::relation, row, Anum_pg_class_reloptions, &is_null);
	std::string list = options_of(own, is_null);
	if (OidIsValid(table.form->reltoastrelid))
		if (HeapTuple toast = reading.source.row(From::relation, table.form->reltoastrelid)) {
			const Datum array = reading.source.get(From::relation, toast, Anum_pg_class_reloptions, &is_null);
			const std::string more = options_of(array, is_null, "toast.");
			if (!more.empty())
				append_item(list, more);
		}
	reading.out.maybe("options", list);
}

void foreign_facts(Reading &reading, const Table &table)
{
	HeapTuple tuple = reading.source.row(From::foreign_table, table.oid);
	if (tuple == nullptr)
		return;
	bool is_null;
	reading.out.field("server", reading.names.identity(ForeignServerRelationId,
													   form<Form_pg_foreign_table>(tuple)->ftserver));
	const Datum array = reading.source.get(From::foreign_table, tuple, Anum_pg_foreign_table_ftoptions, &is_null);
	reading.out.maybe("foreign options", options_of(array, is_null));
}

void replica_identity(Reading &reading, const Table &table)
{
	switch (table.form->relreplident) {
	case REPLICA_IDENTITY_FULL: reading.out.field("replica identity", "full"); break;
	case REPLICA_IDENTITY_NOTHING: reading.out.field("replica identity", "nothing"); break;
	case REPLICA_IDENTITY_INDEX: reading.out.field("replica identity", "index"); break;
	default: break;
	}
}

std::string view_definition(Oid oid)
{
	std::string text = canonical_text(pg_get_viewdef, oid);
	const size_t start = text.find_first_not_of(" \n");
	return start == text.npos ? text : text.substr(start);
}

void read_table(Reading &reading, HeapTuple row)
{
	Table table;
	table.form = form<Form_pg_class>(row);
	table.oid = table.form->oid;
	table.identity = reading.names.schema(table.form->relnamespace) + "." + quoted(table.form->relname);
	table.columns = sorted_columns(reading, table.oid);

	const char relkind = table.form->relkind;
	const bool view = relkind == RELKIND_VIEW || relkind == RELKIND_MATVIEW;
	const Reading::Comments comments = reading.all_comments(RelationRelationId, table.oid);
	bool is_null;
	Writer &out = reading.out;

	out.begin(kind_of(relkind), table.identity, {RelationRelationId, table.oid, 0});
	out.field("owner", reading.names.role(table.form->relowner));
	list_columns(reading, table);
	if (view)
		out.field("definition", view_definition(table.oid));
	storage(reading, table);
	if (relkind == RELKIND_PARTITIONED_TABLE)
		out.maybe("partition by", canonical_text(pg_get_partkeydef, table.oid));
	if (!view)
		parents(reading, table, row);
	if (relkind == RELKIND_FOREIGN_TABLE)
		foreign_facts(reading, table);
	options(reading, table, row);
	out.flag("row security", table.form->relrowsecurity);
	out.flag("row security forced", table.form->relforcerowsecurity);
	if (relkind != RELKIND_VIEW)
		replica_identity(reading, table);
	if (table.form->relhastriggers)
		table.check_triggers = read_check_triggers(reading, table.oid);
	if (const auto others = table.check_triggers.find(InvalidOid); others != table.check_triggers.end())
		out.field("enforcing triggers of references", others->second);
	if (relkind == RELKIND_MATVIEW) {
		if (!table.form->relispopulated)
			out.field("populated", "no");
		reading.extension_dependencies(RelationRelationId, table.oid);
	}
	const Datum acl = reading.source.get(From::relation, row, Anum_pg_class_relacl, &is_null);
	reading.grants(acl, is_null, OBJECT_TABLE, table.form->relowner);
	reading.companion_type("type", table.form->reltype);
	if (view)
		for (HeapTuple rule : reading.source.rows(From::rule, table.oid))
			if (strcmp(NameStr(form<Form_pg_rewrite>(rule)->rulename), ViewSelectRuleName) == 0)
				reading.companion_comments("rule", RewriteRelationId, form<Form_pg_rewrite>(rule)->oid);
	reading.membership(RelationRelationId, table.oid);
	reading.comments(comments, RelationRelationId, 0);

	read_columns(reading, table, comments);
	if (relkind != RELKIND_VIEW) {
		Rows indexes;
		if (table.form->relhasindex)
			indexes = reading.source.rows(From::index, table.oid);
		read_constraints(reading, table, indexes);
		read_indexes(reading, table, indexes);
		read_policies(reading, table);
		read_statistics(reading, table);
		read_identity_sequences(reading, table);
	}
	if (table.form->relhastriggers)
		read_triggers(reading, table);
	if (table.form->relhasrules)
		read_rules(reading, table);
}

} // namespace

Rows sorted_columns(Reading &reading, Oid relation)
{
	const Rows rows = reading.source.rows(From::column, relation);
	std::sort(rows.begin(), rows.end(), [](HeapTuple a, HeapTuple b) {
		return form<Form_pg_attribute>(a)->attnum < form<Form_pg_attribute>(b)->attnum;
	});
	return rows;
}

bool is_gone(const FormData_pg_attribute *column)
{
	return column->attisdropped || std::string_view(NameStr(column->attname)).starts_with(hidden_prefix);
}

void list_columns(Reading &reading, const Table &table)
{
	std::string live, dropped;
	for (HeapTuple tuple : table.columns) {
		const Form_pg_attribute column = form<Form_pg_attribute>(tuple);
		if (is_gone(column))
			append_item(dropped, std::to_string(column->attnum));
		else
			append_item(live, quoted(column->attname));
	}
	reading.out.field("columns", live);
	reading.out.maybe("dropped columns", dropped);
}

void read_relation(Reading &reading, HeapTuple relation)
{
	switch (form<Form_pg_class>(relation)->relkind) {
	case RELKIND_RELATION:
	case RELKIND_PARTITIONED_TABLE:
	case RELKIND_VIEW:
	case RELKIND_MATVIEW:
	case RELKIND_FOREIGN_TABLE: read_table(reading, relation); break;
	case RELKIND_SEQUENCE: read_sequence(reading, relation); break;
	default: break;
	}
}

} // namespace surefoot::catalog

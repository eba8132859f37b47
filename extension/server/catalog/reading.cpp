#include "server/catalog/reading.hpp"

#include "server/catalog/other_parts.hpp"
#include "server/catalog/text.hpp"

#include <algorithm>

extern "C" {
#include "access/transam.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_description.h"
#include "catalog/pg_seclabel.h"
#include "pgtime.h"
#include "utils/bytea.h"
#include "utils/float.h"
}

namespace surefoot::catalog {

namespace {

constexpr char pinned_path[] = "pg_catalog, pg_temp";

} // namespace

/*
 * Settings that deparsers and output functions read as plain variables. They are swapped directly: each set_config_option would
 * cost several microseconds, nothing here can look at them through the settings' own interface, and the destructor always runs,
 * because server errors arrive as exceptions.
 */
struct Environment::Spelling {
	Spelling()
	{
		static pg_tz *const utc = pg_tzset("UTC");
		DateStyle = USE_ISO_DATES;
		DateOrder = DATEORDER_MDY;
		IntervalStyle = INTSTYLE_POSTGRES;
		extra_float_digits = 1;
		bytea_output = BYTEA_OUTPUT_HEX;
		quote_all_identifiers = false;
		standard_conforming_strings = true;
		if (utc)
			session_timezone = utc;
	}
	~Spelling()
	{
		DateStyle = date_style;
		DateOrder = date_order;
		IntervalStyle = interval_style;
		extra_float_digits = float_digits;
		bytea_output = bytea;
		quote_all_identifiers = quote_all;
		standard_conforming_strings = conforming;
		session_timezone = time_zone;
	}
	const int date_style = DateStyle, date_order = DateOrder, interval_style = IntervalStyle;
	const int float_digits = extra_float_digits, bytea = bytea_output;
	const bool quote_all = quote_all_identifiers, conforming = standard_conforming_strings;
	pg_tz *const time_zone = session_timezone;
};

Environment::Environment() : outer_(CurrentMemoryContext), exceptions_(std::uncaught_exceptions())
{
	own_ = pg_call(
		[this] { return AllocSetContextCreate(outer_, "surefoot definitions", ALLOCSET_DEFAULT_SIZES); });
	spelling_ = std::make_unique<Spelling>();
	const bool pinned = strcmp(namespace_search_path, pinned_path) == 0;
	if (!pinned)
		guc_level_ = NewGUCNestLevel();
	pg_call([pinned] {
		if (!pinned)
			(void)set_config_option("search_path", pinned_path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
									false);
		/* pg_get_viewdef and pg_get_ruledef run queries, which must see what this transaction has just done */
		PushActiveSnapshot(GetLatestSnapshot());
	});
	MemoryContextSwitchTo(own_);
}

Environment::~Environment()
{
	MemoryContextSwitchTo(outer_);
	MemoryContextDelete(own_);
	/* After an error, the rollback puts the rest back. */
	if (std::uncaught_exceptions() > exceptions_)
		return;
	PopActiveSnapshot();
	if (guc_level_ > 0)
		AtEOXact_GUC(false, guc_level_);
}

Reading::Comments Reading::all_comments(Oid class_id, Oid oid)
{
	return {source.rows(From::comment, oid, class_id), source.rows(From::security_label, oid, class_id)};
}

void Reading::comments(const Comments &all, Oid class_id, int32 sub_id)
{
	write_comments(all, class_id, sub_id, "");
}

void Reading::companion_comments(const std::string &what, Oid class_id, Oid oid)
{
	write_comments(all_comments(class_id, oid), class_id, 0, what + " ");
}

void Reading::companion_type(const std::string &what, Oid type)
{
	/* In bulk those that nothing was granted on are left out. */
	if (HeapTuple row = source.row(From::type, type)) {
		bool is_null;
		const Datum acl = source.get(From::type, row, Anum_pg_type_typacl, &is_null);
		grants(acl, is_null, OBJECT_TYPE, form<Form_pg_type>(row)->typowner, what + " grants");
	}
	companion_comments(what, TypeRelationId, type);
}

void Reading::write_comments(const Comments &all, Oid class_id, int32 sub_id, const std::string &prefix)
{
	bool is_null;
	for (HeapTuple tuple : all.descriptions) {
		const Form_pg_description row = form<Form_pg_description>(tuple);
		if (row->classoid == class_id && row->objsubid == sub_id)
			out.field(prefix + "comment", text_of(source.get(From::comment, tuple, Anum_pg_description_description, &is_null)));
	}
	if (all.labels.empty())
		return;
	std::vector<std::string> labels;
	for (HeapTuple tuple : all.labels) {
		const FormData_pg_seclabel *row = form<FormData_pg_seclabel *>(tuple);
		if (row->classoid == class_id && row->objsubid == sub_id) {
			std::string &label = labels.emplace_back(
				text_of(source.get(From::security_label, tuple, Anum_pg_seclabel_provider, &is_null)));
			label.append(": ").append(
				text_of(source.get(From::security_label, tuple, Anum_pg_seclabel_label, &is_null)));
		}
	}
	std::sort(labels.begin(), labels.end());
	for (const std::string &label : labels)
		out.field(prefix + "security label", label);
}

void Reading::comments(Oid class_id, Oid oid, int32 sub_id)
{
	comments(all_comments(class_id, oid), class_id, sub_id);
}

void Reading::extension_dependencies(Oid class_id, Oid oid)
{
	std::vector<std::string> extensions;
	for (HeapTuple tuple : source.rows(From::dependency, oid, class_id)) {
		const Form_pg_depend row = form<Form_pg_depend>(tuple);
		if (row->classid == class_id && row->deptype == DEPENDENCY_AUTO_EXTENSION)
			extensions.push_back(names.identity(ExtensionRelationId, row->refobjid));
	}
	std::sort(extensions.begin(), extensions.end());
	std::string list;
	for (const std::string &extension : extensions)
		append_item(list, extension);
	out.maybe("depends on extension", list);
}

void Reading::membership(Oid class_id, Oid oid)
{
	/* Members are left out of what is read in bulk. */
	if (source.bulk())
		return;
	for (HeapTuple tuple : source.rows(From::dependency, oid, class_id)) {
		const Form_pg_depend row = form<Form_pg_depend>(tuple);
		if (row->classid != class_id || row->objsubid != 0 || row->deptype != DEPENDENCY_EXTENSION)
			continue;
		out.field("extension", names.identity(ExtensionRelationId, row->refobjid));
		if (class_id == RelationRelationId)
			out.flag("rows in dumps", dumps_rows(row->refobjid, oid));
	}
}

bool Reading::is_brought_along(Oid class_id, Oid oid)
{
	for (HeapTuple tuple : source.rows(From::dependency, oid, class_id)) {
		const Form_pg_depend row = form<Form_pg_depend>(tuple);
		if (row->classid != class_id || row->objsubid != 0)
			continue;
		if (row->deptype == DEPENDENCY_EXTENSION)
			return true;
		if (row->deptype == DEPENDENCY_INTERNAL && row->refclassid == TypeRelationId && class_id != TypeRelationId &&
			class_id != RelationRelationId)
			return true;
	}
	return false;
}

bool raw::is_foreign_schema(Oid schema)
{
	if (schema == PG_CATALOG_NAMESPACE || schema == PG_TOAST_NAMESPACE)
		return true;
	char *name = get_namespace_name(schema);
	if (name == nullptr)
		return false;
	const bool foreign =
		strncmp(name, "pg_", 3) == 0 || strcmp(name, "information_schema") == 0 || strcmp(name, "surefoot") == 0 || strcmp(name, "surefoot_archive") == 0;
	pfree(name);
	return foreign;
}

bool is_foreign_schema(Oid schema)
{
	return pg_call([schema] { return raw::is_foreign_schema(schema); });
}

} // namespace surefoot::catalog

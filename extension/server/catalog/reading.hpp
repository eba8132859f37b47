/*
 * One reading of definitions: a source of rows, names, and a place for the result.
 *
 * While a Reading lives, everything that decides how the server spells a definition is pinned (search_path, date and interval
 * style, time zone, quoting ...), so that the same definition has one spelling, whoever asks.
 */
#pragma once

#include "server/catalog/expressions.hpp"
#include "server/catalog/names.hpp"
#include "server/catalog/source.hpp"
#include "server/catalog/writer.hpp"

namespace surefoot::catalog {

/* Pins the spelling, a memory context of its own, and a snapshot for those deparsers that run queries. */
class Environment {
public:
	Environment();
	~Environment();
	Environment(const Environment &) = delete;
	Environment &operator=(const Environment &) = delete;

private:
	struct Spelling;
	MemoryContext outer_, own_;
	std::unique_ptr<Spelling> spelling_;
	int guc_level_ = 0; /* 0: search_path was pinned already */
	int exceptions_;
};

class Reading {
public:
	Reading(bool bulk, Writer &writer) : source(bulk), names(source), expressions(source, names), out(writer) {}

private:
	Environment environment_; /* first to be made, last to go */

public:
	Source source;
	Names names;
	Expressions expressions;
	Writer &out;

	/* The field "grants" of the current object, when they differ from what its kind has by default. */
	void grants(Datum acl, bool is_null, ObjectType kind, Oid owner, std::string_view field = "grants");
	/* Privileges by role name, sorted. */
	std::string acl_text(Datum acl);
	/* The fields "comment" and "security label". */
	void comments(Oid class_id, Oid oid, int32 sub_id = 0);
	/* The same of what the current object has brought along and is no object of its own: "rule comment" and so on. */
	void companion_comments(const std::string &what, Oid class_id, Oid oid);
	/* "what grants" as well, of the type of a table's rows, say. */
	void companion_type(const std::string &what, Oid type);
	/* The field "extension", of what is a member of one, and whether that dumps its rows: such an object is read by itself when it is named. */
	void membership(Oid class_id, Oid oid);
	/* The field "depends on extension". */
	void extension_dependencies(Oid class_id, Oid oid);
	/* Whether another object brings it along: an extension, or a range type its constructors. */
	bool is_brought_along(Oid class_id, Oid oid);

	/* With the table's comments read once, for its columns. */
	struct Comments {
		Rows descriptions, labels;
	};
	Comments all_comments(Oid class_id, Oid oid);
	void comments(const Comments &all, Oid class_id, int32 sub_id);

private:
	void write_comments(const Comments &all, Oid class_id, int32 sub_id, const std::string &prefix);
};

/* Whether what lives in the schema is none of ours: system, temporary, and Surefoot's own. */
bool is_foreign_schema(Oid schema);
namespace raw {
bool is_foreign_schema(Oid schema); /* for within a pg_call */
}

/* One for each kind of root; all write nothing for an OID without a row. */
void read_relation(Reading &reading, HeapTuple relation);
void read_type(Reading &reading, HeapTuple type);
void read_function(Reading &reading, HeapTuple function);
void read_schema(Reading &reading, HeapTuple schema);

/* What read_relation is made of. */
struct Table {
	Oid oid;
	Form_pg_class form;
	std::string identity; /* schema.name */
	Rows columns;         /* in the order of attnum, dropped ones too */
	std::map<Oid, std::string> check_triggers; /* see read_check_triggers */
};
Rows sorted_columns(Reading &reading, Oid relation);
/* Dropped, or hidden by us. */
bool is_gone(const FormData_pg_attribute *column);
void list_columns(Reading &reading, const Table &table); /* the fields "columns" and "dropped columns" */
void read_columns(Reading &reading, const Table &table, const Reading::Comments &comments);
void read_constraints(Reading &reading, const Table &table, Rows indexes);
void read_indexes(Reading &reading, const Table &table, Rows indexes);
void read_triggers(Reading &reading, const Table &table);
/* How those of a table stand that are not simply enabled, by their constraint; those of keys that refer to it have no OID here. */
std::map<Oid, std::string> read_check_triggers(Reading &reading, Oid table);
void read_rules(Reading &reading, const Table &table);
void read_policies(Reading &reading, const Table &table);
void read_statistics(Reading &reading, const Table &table);
void read_identity_sequences(Reading &reading, const Table &table);
void read_sequence(Reading &reading, HeapTuple relation);
void read_domain_constraints(Reading &reading, Oid domain, const std::string &identity);

} // namespace surefoot::catalog

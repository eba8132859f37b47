/*
 * The rows of the catalogs that definitions are made of.
 *
 * Formatting code asks for "the rows of pg_constraint whose conrelid is x" and does not know how they are had:
 *   keyed  by an index scan for each request: the cost follows what is touched;
 *   bulk   by one sequential scan of each catalog, on its first request, grouped by key: the cost of a request is a search in memory.
 * One formatter over both is what makes the capture of an effect and the fingerprint of a schema agree.
 *
 * Rows see all that this transaction has done up to the last CommandCounterIncrement. They live in the reading's memory context.
 */
#pragma once

#include "server/guard.hpp"

namespace surefoot::catalog {

enum class From {
	relation,          /* pg_class by oid */
	column,            /* pg_attribute by attrelid; system columns left out */
	column_default,    /* pg_attrdef by adrelid */
	constraint,        /* pg_constraint by conrelid */
	domain_constraint, /* pg_constraint by contypid */
	index,             /* pg_index by indrelid */
	trigger,           /* pg_trigger by tgrelid */
	rule,              /* pg_rewrite by ev_class */
	policy,            /* pg_policy by polrelid */
	parent,            /* pg_inherits by inhrelid */
	partitioned,       /* pg_partitioned_table by partrelid */
	sequence,          /* pg_sequence by seqrelid */
	statistics,        /* pg_statistic_ext by stxrelid */
	foreign_table,     /* pg_foreign_table by ftrelid */
	type,              /* pg_type by oid */
	label,             /* pg_enum by enumtypid */
	range,             /* pg_range by rngtypid */
	function,          /* pg_proc by oid */
	aggregate,         /* pg_aggregate by aggfnoid */
	schema,            /* pg_namespace by oid */
	comment,           /* pg_description by objoid */
	security_label,    /* pg_seclabel by objoid */
	dependency,        /* pg_depend by objid: e, x, i on types, and of sequences a and i */
	dependent,         /* pg_depend by refobjid: identity sequences of a table, members of an extension */
	count,
};

/* Rows of one request, trivially destructible. */
struct Rows {
	HeapTuple *first = nullptr;
	size_t count = 0;

	HeapTuple *begin() const { return first; }
	HeapTuple *end() const { return first + count; }
	bool empty() const { return count == 0; }
	size_t size() const { return count; }
	HeapTuple operator[](size_t i) const { return first[i]; }
};

template <typename Form> Form form(HeapTuple tuple)
{
	return reinterpret_cast<Form>(GETSTRUCT(tuple));
}

class Source {
public:
	explicit Source(bool bulk);
	~Source();
	Source(const Source &) = delete;
	Source &operator=(const Source &) = delete;

	bool bulk() const { return bulk_; }
	/* The rows with that key; class_id narrows pg_depend, pg_description and pg_seclabel to objects of one catalog. */
	Rows rows(From from, Oid key, Oid class_id = InvalidOid);
	/* The only row, or nullptr. */
	HeapTuple row(From from, Oid key);
	/* Every row in scope, in the order of the keys; bulk only. */
	Rows all(From from);

	TupleDesc descriptor(From from) { return RelationGetDescr(open(from)); }
	/* An attribute of a row; *is_null tells. */
	Datum get(From from, HeapTuple row, AttrNumber attribute, bool *is_null)
	{
		return heap_getattr(row, attribute, descriptor(from), is_null);
	}

private:
	struct Loaded {
		Relation relation = nullptr;
		bool loaded = false;
		std::vector<Oid> keys;
		std::vector<HeapTuple> tuples;
		size_t cursor = 0; /* where the last request ended; requests tend to follow the order of the keys */
	};
	Relation open(From from)
	{
		Loaded &loaded = loaded_[static_cast<size_t>(from)];
		return loaded.relation ? loaded.relation : open_first(from);
	}
	Relation open_first(From from);
	void load(From from);

	bool bulk_;
	int exceptions_;
	Loaded loaded_[static_cast<size_t>(From::count)];
};

} // namespace surefoot::catalog

/*
 * What earlier statements of a migration did to the names of tables, so that a later one is understood before the earlier ones
 * have run. Tables that are there already are known by OID, those that will be there by name.
 */
#pragma once

#include <set>

#include "server/script/script.hpp"

namespace surefoot {

/* What a name means where a statement uses it. */
struct TableState {
	Oid id = InvalidOid; /* invalid: it will be there, or nothing is known of it */
	std::string schema;	 /* empty: unknown */
	std::string name;
	bool known = false; /* it exists, or an earlier statement makes it */
	bool made = false;	/* by this migration: nobody else uses it yet */
	bool fresh = false; /* in the transaction under way: nobody else can see it */
	bool temporary = false;
};

class Created {
public:
	/* Takes statement as done: after it ran, or when planning, as if it had. */
	void add(const Statement &statement);
	/* What was made so far is committed. */
	void new_transaction();

	TableState find(const RangeVar *name) const;
	/* statement uses a value that an enum was given in the transaction under way. */
	bool uses_new_value(const Statement &statement) const;
	/* Names of relations that planned operations will take. */
	void reserve(const std::string &schema, const std::string &name)
	{
		reserved_.insert(schema + "." + name);
	}
	bool is_reserved(const std::string &schema, const std::string &name) const
	{
		return reserved_.contains(schema + "." + name);
	}

private:
	struct Named {
		Oid id = InvalidOid; /* of a table that was there under another name */
		bool gone = false;
		bool made = false, fresh = false, temporary = false;
	};
	void make(const RangeVar *name);
	void drop(const RangeVar *name);
	void move(const TableState &from, const std::string &schema, const std::string &name);
	TableState look(const std::string &schema, const std::string &name) const;

	std::map<std::string, Named> named_; /* by schema.name */
	std::map<Oid, bool> made_;			 /* whether it is fresh */
	std::set<Oid> dropped_;
	std::set<std::string> values_;
	std::set<std::string> reserved_;
};

/* schema.name, each quoted where it has to be. */
std::string quote_name(const std::string &schema, const std::string &name);
std::string quote_name(const std::string &name);

} // namespace surefoot

/*
 * OIDs as names: qualified, quoted, and remembered for the length of a reading.
 *
 * All depend on a pinned search_path. An OID without a row gives its number: a definition can then still be shown.
 */
#pragma once

#include "server/catalog/source.hpp"

namespace surefoot::catalog {

class Names {
public:
	explicit Names(Source &source) : source_(source) {}

	const std::string &schema(Oid oid);
	const std::string &role(Oid oid); /* 0 is PUBLIC */
	const std::string &type(Oid oid, int32 typmod = -1);
	/* Qualified; of any kind of relation. */
	std::string relation(Oid oid);
	std::string column(Oid relation, AttrNumber number);
	std::string columns(Oid relation, const std::vector<AttrNumber> &numbers);
	/* Qualified, unless of pg_catalog. */
	const std::string &collation(Oid oid);
	/* schema.name(argument types) */
	const std::string &function(Oid oid);
	const std::string &tablespace(Oid oid);
	const std::string &access_method(Oid oid);
	/* Empty when it is the default for the type. */
	const std::string &operator_class(Oid oid, Oid type);
	/* Any object by PostgreSQL's own identity. */
	const std::string &identity(Oid class_id, Oid oid);

	struct TypeFacts {
		char storage;
		Oid collation;
	};
	TypeFacts type_facts(Oid oid);

	/* schema.name, or name alone in pg_catalog. */
	std::string qualified(Oid schema, const NameData &name);

private:
	using Memo = std::unordered_map<uint64, std::string>;
	template <typename F> const std::string &remembered(Memo &memo, uint64 key, F &&make);

	Source &source_;
	Memo schemas_, roles_, types_, collations_, functions_, tablespaces_, methods_, classes_;
	std::map<std::pair<Oid, Oid>, std::string> identities_;
	std::unordered_map<Oid, TypeFacts> facts_;
};

} // namespace surefoot::catalog

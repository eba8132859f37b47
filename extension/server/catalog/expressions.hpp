/*
 * Stored expressions as text.
 *
 * The server's deparser opens the relation of every expression that names columns, which costs more than all else together when
 * there are many tables. So in bulk, an expression that has been seen before (the same tree over columns of the same names) is
 * not deparsed again, and nextval('a sequence') is written by hand once the deparser has shown how.
 */
#pragma once

#include "server/catalog/names.hpp"

namespace surefoot::catalog {

class Expressions {
public:
	Expressions(Source &source, Names &names) : source_(source), names_(names) {}

	/* The text of a pg_node_tree; relation is the one whose columns it may name, or InvalidOid. */
	std::string text(Datum tree, Oid relation);

private:
	std::string deparse(std::string_view tree, Oid relation);
	/* Fills key_ with what decides the text; false when that cannot be told. */
	bool make_key(std::string_view tree, Oid relation);
	/* The text if the tree, as in key_, is nextval() of a sequence. */
	std::optional<std::string> next_value(std::string_view tree);

	Source &source_;
	Names &names_;
	std::string key_;
	std::unordered_map<std::string, std::string> seen_;
	std::unordered_map<std::string, bool> next_value_; /* by tree without the sequence: whether it is spelled as expected */
};

} // namespace surefoot::catalog

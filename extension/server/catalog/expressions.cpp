#include "server/catalog/expressions.hpp"

#include "server/catalog/text.hpp"

extern "C" {
#include "nodes/nodeFuncs.h"
#include "nodes/readfuncs.h"
}

namespace surefoot::catalog {

namespace {

bool names_columns(std::string_view tree)
{
	return tree.find("{VAR ") != tree.npos || tree.find("{QUERY ") != tree.npos;
}

} // namespace

std::string Expressions::deparse(std::string_view tree, Oid relation)
{
	const bool context = OidIsValid(relation) && names_columns(tree);
	return pg_call([&tree, context, relation] {
		Node *node = static_cast<Node *>(stringToNode(pnstrdup(tree.data(), tree.size())));
		List *names = NIL;
		if (context) {
			char *name = get_rel_name(relation);
			if (name == nullptr)
				elog(ERROR, "relation with OID %u does not exist", relation);
			names = deparse_context_for(name, relation);
		}
		return deparse_expression(node, names, false, false);
	});
}

std::string Expressions::text(Datum tree, Oid relation)
{
	return deparse(text_of(tree), relation);
}

} // namespace surefoot::catalog

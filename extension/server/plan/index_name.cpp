#include "server/plan/index_name.hpp"

#include <algorithm>

extern "C" {
#include "catalog/pg_constraint.h"
#include "parser/parse_target.h"
}

namespace surefoot {

namespace {

Oid schema_oid(const std::string &schema)
{
	const char *name = schema.c_str();
	return pg_call([name] {
		return strcmp(name, "pg_temp") == 0 ? LookupExplicitNamespace(name, true)
											: get_namespace_oid(name, true);
	});
}

/* Column names joined by underscores; no more of them than fit into a name. */
std::string join(const std::vector<std::string> &columns)
{
	std::string result;
	for (const std::string &column : columns) {
		if (!result.empty())
			result += '_';
		result += column;
		if (result.size() >= NAMEDATALEN)
			break;
	}
	return result;
}

} // namespace

bool is_name_taken(const Created &created, const std::string &schema, const std::string &name)
{
	if (created.is_reserved(schema, name))
		return true;
	const Oid space = schema_oid(schema);
	const char *relation = name.c_str();
	return OidIsValid(space) &&
		   pg_call([=] { return OidIsValid(get_relname_relid(relation, space)); });
}

std::vector<std::string> distinct_names(std::vector<std::string> names)
{
	std::vector<std::string> result;
	for (std::string &name : names) {
		if (name.empty())
			name = "expr";
		std::string candidate = name;
		for (int n = 1; std::find(result.begin(), result.end(), candidate) != result.end(); n++) {
			const std::string number = std::to_string(n);
			const char *text = name.c_str();
			const int length = static_cast<int>(name.size());
			const int limit = NAMEDATALEN - 1 - static_cast<int>(number.size());
			const int fits = pg_call([=] { return pg_mbcliplen(text, length, limit); });
			candidate = name.substr(0, static_cast<size_t>(fits)) + number;
		}
		result.push_back(candidate);
	}
	return result;
}

std::vector<std::string> index_column_names(const IndexStmt *statement)
{
	std::vector<std::string> names;
	for (List *list : {statement->indexParams, statement->indexIncludingParams}) {
		for (int i = 0; i < list_length(list); i++) {
			const IndexElem *element = (IndexElem *)list_nth(list, i);
			Node *expression = element->expr;
			const char *name = element->indexcolname ? element->indexcolname : element->name;
			if (name == nullptr && expression != nullptr)
				name = pg_call([expression] { return FigureIndexColname(expression); });
			names.emplace_back(name ? name : "");
		}
	}
	return distinct_names(std::move(names));
}

std::string choose_index_name(const Created &created, const std::string &schema,
							  const std::string &table, const std::vector<std::string> &columns,
							  const char *label, bool constraint)
{
	const std::string middle = join(columns);
	const char *first = table.c_str(),
			   *second = strcmp(label, "pkey") == 0 ? nullptr : middle.c_str();
	const Oid space = schema_oid(schema);
	std::string ending = label;
	for (int n = 1;; n++) {
		const char *last = ending.c_str();
		const std::string name = pg_call([=] { return makeObjectName(first, second, last); });
		const char *candidate = name.c_str();
		const bool clashes = is_name_taken(created, schema, name) ||
							 (constraint && OidIsValid(space) &&
							  pg_call([=] { return ConstraintNameExists(candidate, space); }));
		if (!clashes)
			return name;
		ending = label + std::to_string(n);
	}
}

} // namespace surefoot

/* Functions, procedures and aggregates. */
#include "core/derivation.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

std::string definition_of(const Object &routine)
{
	std::string definition = value_of(routine, "definition");
	while (!definition.empty() && definition.back() == '\n')
		definition.pop_back();
	return definition;
}

/* "CREATE OR REPLACE FUNCTION name(arguments)\n RETURNS type", which OR REPLACE must find as it is. */
std::string head_of(const std::string &definition)
{
	return definition.substr(0, definition.find("\n LANGUAGE "));
}

void create_routine(Derivation &, const Object &routine, Object &fresh, std::vector<std::string> &statements)
{
	statements.push_back(definition_of(routine));
	keep(fresh, routine, {"definition"});
}

void change_routine(Derivation &, Changing &changing)
{
	if (!changing.differs("definition"))
		return;
	if (head_of(changing.was("definition")) != head_of(changing.is("definition"))) {
		changing.rebuild = true;
		return;
	}
	(void)changing.take("definition");
	changing.run(definition_of(changing.before));
}

/* schema.name of a function that has its arguments with it */
std::string function_name(const std::string &identity)
{
	return identity.substr(0, name_end(identity));
}

/* "pg_catalog.<(integer,integer)" */
std::string operator_name(const std::string &identity)
{
	return "OPERATOR(" + identity.substr(0, identity.rfind('(')) + ")";
}

struct AggregatePart {
	std::string_view field;
	const char *sql;
	enum { as_it_is, function, text, flag, modify, operator_ } how;
};
const AggregatePart aggregate_parts[] = {
	{"sfunc", "SFUNC", AggregatePart::function},
	{"stype", "STYPE", AggregatePart::as_it_is},
	{"sspace", "SSPACE", AggregatePart::as_it_is},
	{"initcond", "INITCOND", AggregatePart::text},
	{"finalfunc", "FINALFUNC", AggregatePart::function},
	{"finalfunc extra", "FINALFUNC_EXTRA", AggregatePart::flag},
	{"finalfunc modify", "FINALFUNC_MODIFY", AggregatePart::modify},
	{"combinefunc", "COMBINEFUNC", AggregatePart::function},
	{"serialfunc", "SERIALFUNC", AggregatePart::function},
	{"deserialfunc", "DESERIALFUNC", AggregatePart::function},
	{"msfunc", "MSFUNC", AggregatePart::function},
	{"minvfunc", "MINVFUNC", AggregatePart::function},
	{"mstype", "MSTYPE", AggregatePart::as_it_is},
	{"msspace", "MSSPACE", AggregatePart::as_it_is},
	{"minitcond", "MINITCOND", AggregatePart::text},
	{"mfinalfunc", "MFINALFUNC", AggregatePart::function},
	{"mfinalfunc extra", "MFINALFUNC_EXTRA", AggregatePart::flag},
	{"mfinalfunc modify", "MFINALFUNC_MODIFY", AggregatePart::modify},
	{"sortop", "SORTOP", AggregatePart::operator_},
	{"parallel", "PARALLEL", AggregatePart::as_it_is},
};

void create_aggregate(Derivation &, const Object &aggregate, Object &fresh, std::vector<std::string> &statements)
{
	const std::string arguments = value_of(aggregate, "arguments");
	std::string sql = "CREATE AGGREGATE " + function_name(aggregate.identity) + "(" + (arguments.empty() ? "*" : arguments) + ") (";
	const char *separator = "\n    ";
	for (const AggregatePart &part : aggregate_parts) {
		const std::string value = value_of(aggregate, part.field);
		const bool is_there = aggregate.field(part.field) != nullptr;
		if (!is_there)
			continue;
		sql.append(separator).append(part.sql);
		separator = ",\n    ";
		std::string word = value;
		std::replace(word.begin(), word.end(), ' ', '_');
		switch (part.how) {
		case AggregatePart::function: sql.append(" = ").append(function_name(value)); break;
		case AggregatePart::text: sql.append(" = ").append(literal(value)); break;
		case AggregatePart::flag: break;
		case AggregatePart::modify: sql.append(" = ").append(word); break;
		case AggregatePart::operator_: sql.append(" = ").append(operator_name(value)); break;
		default: sql.append(" = ").append(value); break;
		}
		fresh.fields.emplace_back(part.field, value);
	}
	if (value_of(aggregate, "kind") == "hypothetical set")
		sql.append(separator).append("HYPOTHETICAL");
	statements.push_back(sql.append("\n)"));
	keep(fresh, aggregate, {"arguments", "returns", "kind", "direct arguments"});
}

void change_aggregate(Derivation &, Changing &changing)
{
	for (const auto *object : {&changing.before, &changing.now})
		for (const auto &[name, value] : object->fields)
			if (!is_common(name))
				changing.rebuild = changing.rebuild || changing.differs(name);
}

} // namespace

const Emitter routine_emitters[] = {{"function", create_routine, change_routine, nullptr},
									{"procedure", create_routine, change_routine, nullptr},
									{"aggregate", create_aggregate, change_aggregate, nullptr},
									{"", nullptr, nullptr, nullptr}};

} // namespace surefoot::core

#include "server/script/alter_text.hpp"

namespace surefoot {

size_t AlterText::behind_group(size_t i) const
{
	int depth = 0;
	for (; i < tokens.size(); i++) {
		depth += tokens[i].is('(') ? 1 : tokens[i].is(')') ? -1 : 0;
		if (depth == 0)
			return i + 1;
	}
	return i;
}

bool AlterText::split(size_t expected)
{
	size_t i = 2; /* ALTER TABLE */
	if (is(i, "if"))
		i += 2;
	i += is(i, "only");
	const bool paren = is(i, '(');
	i += paren;
	for (i++; is(i, '.'); i += 2)
		;
	i += is(i, '*') || paren;
	head = between(0, i);
	int depth = 0;
	size_t first = i;
	for (; i < tokens.size(); i++) {
		depth += is(i, '(') || is(i, '[') ? 1 : is(i, ')') || is(i, ']') ? -1 : 0;
		if (depth == 0 && is(i, ',')) {
			parts.push_back({first, i});
			first = i + 1;
		}
	}
	parts.push_back({first, i});
	return parts.size() == expected;
}

ConstraintText read_constraint(const AlterText &alter, size_t i, size_t end)
{
	ConstraintText result{i, i, "", "", "", "", "", ""};
	const auto take = [&](std::string &into, size_t to) {
		into += " " + alter.between(i, to);
		i = to;
	};
	if (alter.is(i, "constraint"))
		i += 2;
	i += alter.is(i, "primary") ? 2 : 1;
	while (i < end) {
		const bool negated = alter.is(i, "not");
		const size_t word = i + negated;
		if (alter.is(i, '(') && result.columns.empty())
			take(result.columns, alter.behind_group(i));
		else if (alter.is(i, "nulls"))
			take(result.nulls, i + (alter.is(i + 1, "not") ? 3 : 2));
		else if (alter.is(i, "include"))
			take(result.include, alter.behind_group(i + 1));
		else if (alter.is(i, "with"))
			take(result.with, alter.behind_group(i + 1));
		else if (alter.is(i, "using"))
			/* Of a constraint: USING INDEX TABLESPACE x; of an index: TABLESPACE x. */
			result.tablespace = " " + alter.between(i + 2, i + 4), i += 4;
		else if (alter.is(word, "deferrable") || alter.is(word, "enforced"))
			take(result.attributes, word + 1);
		else if (alter.is(i, "initially"))
			take(result.attributes, i + 2);
		else
			break;
	}
	result.last = i;
	return result;
}

} // namespace surefoot

#include "server/catalog/expressions.hpp"

#include "core/canonical.hpp"
#include "server/catalog/text.hpp"

#include <charconv>

extern "C" {
#include "nodes/nodeFuncs.h"
#include "nodes/readfuncs.h"
}

namespace surefoot::catalog {

namespace {

bool contains(std::string_view text, std::string_view part)
{
	return text.find(part) != text.npos;
}

int number_at(std::string_view text)
{
	int number = 0;
	std::from_chars(text.data(), text.data() + text.size(), number);
	return number;
}

size_t skip_number(std::string_view text, size_t at)
{
	while (at < text.size() && (text[at] == '-' || (text[at] >= '0' && text[at] <= '9')))
		at++;
	return at;
}

} // namespace

std::string Expressions::deparse(std::string_view tree, Oid relation)
{
	const bool context = OidIsValid(relation) && (contains(tree, "{VAR ") || contains(tree, "{QUERY "));
	const char *const text = pg_call([&tree, context, relation]() -> const char * {
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
	return core::canonical(text);
}

/*
 * The tree without the places in the source text, which differ for each statement that made one, and with the names of its columns.
 * Subqueries and whole rows depend on more than that.
 */
bool Expressions::make_key(std::string_view tree, Oid relation)
{
	constexpr std::string_view location = ":location ", column = ":varattno ";
	key_.clear();
	if (contains(tree, "{QUERY "))
		return false;
	size_t from = 0;
	for (size_t at = tree.find(':'); at != tree.npos; at = tree.find(':', at + 1)) {
		const std::string_view rest = tree.substr(at);
		if (rest.starts_with(location)) {
			key_.append(tree.substr(from, at - from));
			from = skip_number(tree, at + location.size());
		} else if (rest.starts_with(column)) {
			const int number = number_at(rest.substr(column.size()));
			if (number <= 0 || !OidIsValid(relation))
				return false;
			key_.append(tree.substr(from, at - from));
			key_.append(names_.column(relation, static_cast<AttrNumber>(number)));
			from = at;
		}
	}
	key_.append(tree.substr(from));
	return true;
}

std::optional<std::string> Expressions::next_value(std::string_view tree)
{
	constexpr std::string_view function = "{FUNCEXPR :funcid 1574 ", constant = "({CONST :consttype 2205 ",
							   value = ":constvalue 4 [ ";
	static_assert(F_NEXTVAL == 1574 && REGCLASSOID == 2205);
	if (!key_.starts_with(function) || !contains(key_, constant))
		return std::nullopt;
	const size_t start = key_.find(value), end = key_.find(']', start);
	if (start == key_.npos || end == key_.npos)
		return std::nullopt;

	unsigned char bytes[sizeof(Oid)];
	size_t at = start + value.size();
	for (unsigned char &byte : bytes) {
		byte = static_cast<unsigned char>(number_at(std::string_view(key_).substr(at)));
		at = skip_number(key_, at) + 1;
	}
	Oid sequence;
	memcpy(&sequence, bytes, sizeof(sequence));
	const std::string name = names_.relation(sequence);
	if (contains(name, "'") || contains(name, "\\"))
		return std::nullopt;

	std::string text = "nextval('" + name + "'::regclass)";
	key_.erase(start, end - start);
	const auto [it, added] = next_value_.try_emplace(key_);
	if (added)
		it->second = deparse(tree, InvalidOid) == text;
	return it->second ? std::optional<std::string>(std::move(text)) : std::nullopt;
}

std::string Expressions::text(Datum value, Oid relation)
{
	const std::string_view tree = text_of(value);
	if (!source_.bulk() || !make_key(tree, relation))
		return deparse(tree, relation);
	const auto [it, added] = seen_.try_emplace(key_);
	if (!added)
		return it->second;
	if (std::optional<std::string> text = next_value(tree))
		it->second = std::move(*text);
	else
		it->second = deparse(tree, relation);
	return it->second;
}

} // namespace surefoot::catalog

/* Definitions taken apart as text: lists, qualified names, identities, options, and what a definition mentions. */
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace surefoot::core {

/* The items of a list such as "a, \"b, c\", 'd, e', f(g, h)", in its order; none of an empty one. */
std::vector<std::string> split_list(std::string_view list);

/* The parts of a qualified name, as they are spelled; what follows the name (arguments, " on ...") is no part of it. */
std::vector<std::string> name_parts(std::string_view name);
/* Where a qualified name at the start of text ends. */
size_t name_end(std::string_view text);
/* All but the last part; the last part. */
std::string without_last_part(std::string_view name);
std::string last_part(std::string_view name);

/* "name on table" */
struct OnTable {
	std::string name, table;
};
OnTable split_on(std::string_view identity);

std::string literal(std::string_view text);
/* A name as the server quotes it, without its quotes. */
std::string unquoted(std::string_view name);

/* Options "name=value, ..." by name. */
using Options = std::map<std::string, std::string>;
Options options_of(std::string_view list);

/* The WITH (...) of an index's definition; npos when there is none. */
struct Part {
	size_t begin = std::string_view::npos, end = 0;
};
Part with_clause(std::string_view definition);

/* Which objects a definition is about, as far as its text tells: schema.name of each qualified name, and every word. */
struct Mentions {
	std::set<std::string, std::less<>> names, words;
	void add(std::string_view text);
};

/* text with each qualified name that is from, or begins with it, called to. */
std::string renamed(std::string_view text, std::string_view from, std::string_view to);

/*
 * sql that means by "(- 3)" what the server does when it says so of an expression: the operator, on a number. Read again as it
 * stands, it would be the number -3.
 */
std::string with_minus_kept(std::string_view sql);

/* text with each word that is from, as a whole, called to: for what need not be exact, as it is compared afterwards. */
std::string with_word(std::string_view text, std::string_view from, std::string_view to);

} // namespace surefoot::core

#include "server/script/subcommands.hpp"

#include "server/script/tokens.hpp"

namespace surefoot {

namespace {

/* How many objects or subcommands the parse tree has. */
size_t part_count(const Statement &statement)
{
	Node *node = statement.raw->stmt;
	if (IsA(node, AlterTableStmt))
		return static_cast<size_t>(list_length(((AlterTableStmt *)node)->cmds));
	if (IsA(node, DropStmt))
		return static_cast<size_t>(list_length(((DropStmt *)node)->objects));
	return 0;
}

/* Where the first part begins: after the table's name, or after the kind of object that is dropped. */
size_t first_part(const Statement &statement, const std::vector<Token> &tokens)
{
	size_t i = 0;
	const auto word = [&](const char *text) { return i < tokens.size() && tokens[i].is(text); };
	const auto skip = [&](const char *text) {
		if (word(text))
			i++;
	};
	if (IsA(statement.raw->stmt, AlterTableStmt)) {
		while (i < tokens.size() && !word("table") && !word("index") && !word("view") && !word("sequence") && !word("type"))
			i++;
		i++;
	} else {
		i++; /* DROP */
		/* Kinds of several words end before the first thing that is a name. */
		while (word("materialized") || word("foreign") || word("text") || word("search") || word("access") || word("event"))
			i++;
		i++;
		skip("concurrently");
	}
	skip("if");
	skip("exists");
	if (IsA(statement.raw->stmt, AlterTableStmt)) {
		skip("only");
		i++;
		while (i + 1 < tokens.size() && tokens[i].is('.'))
			i += 2;
		if (i < tokens.size() && tokens[i].is('*'))
			i++;
	}
	return i;
}

} // namespace

std::string Subcommands::with(const std::vector<bool> &keep) const
{
	std::string text;
	for (size_t i = 0; i < parts.size(); i++)
		if (keep[i])
			text += (text.empty() ? "" : ", ") + parts[i];
	return text.empty() ? text : head + " " + text;
}

std::optional<Subcommands> split_subcommands(const Statement &statement)
{
	const size_t count = part_count(statement);
	if (count == 0)
		return std::nullopt;
	const std::string &text = statement.text;
	const std::vector<Token> tokens = all_tokens(text);
	size_t i = first_part(statement, tokens);
	if (i == 0 || i >= tokens.size())
		return std::nullopt;

	Subcommands result;
	result.head = text.substr(0, static_cast<size_t>(tokens[i - 1].end));
	int depth = 0, start = tokens[i].start;
	for (; i < tokens.size(); i++) {
		const Token &token = tokens[i];
		if (token.is('(') || token.is('['))
			depth++;
		else if (token.is(')') || token.is(']'))
			depth--;
		else if (token.is(',') && depth == 0) {
			result.parts.push_back(text.substr(static_cast<size_t>(start), static_cast<size_t>(token.start - start)));
			start = token.end;
		}
	}
	result.parts.push_back(text.substr(static_cast<size_t>(start)));
	/* Anything else than one part for each item of the list has been misread: leave the statement whole. */
	if (result.parts.size() != count)
		return std::nullopt;
	return result;
}

} // namespace surefoot

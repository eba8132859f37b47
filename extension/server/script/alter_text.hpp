/* The places in the text of an ALTER TABLE: its subcommands, and the constraints written in them. */
#pragma once

#include "server/script/tokens.hpp"

namespace surefoot {

/* One subcommand: its tokens are tokens[first] to tokens[last - 1]. */
struct Part {
	size_t first, last;
};

struct AlterText {
	const std::string &text;
	std::vector<Token> tokens;
	std::string head; /* ALTER TABLE name */
	std::vector<Part> parts;

	explicit AlterText(const std::string &statement)
		: text(statement), tokens(all_tokens(statement))
	{}
	bool is(size_t i, const char *word) const { return i < tokens.size() && tokens[i].is(word); }
	bool is(size_t i, char c) const { return i < tokens.size() && tokens[i].is(c); }
	std::string between(size_t first, size_t last) const
	{
		if (first >= last)
			return "";
		const size_t start = static_cast<size_t>(tokens[first].start);
		return text.substr(start, static_cast<size_t>(tokens[last - 1].end) - start);
	}
	/* Behind the parenthesis that closes the one at i. */
	size_t behind_group(size_t i) const;
	/* False when the text was not understood: the statement then stays as it is. */
	bool split(size_t expected);
};

/* A UNIQUE or PRIMARY KEY constraint as it is written. */
struct ConstraintText {
	size_t first, last;
	std::string columns, include, nulls, with, tablespace, attributes;
};

/* Reads the constraint at token i, which is CONSTRAINT, UNIQUE or PRIMARY; it ends before token end. */
ConstraintText read_constraint(const AlterText &alter, size_t i, size_t end);

} // namespace surefoot

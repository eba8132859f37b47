/*
 * The text of a migration, split into statements by the server's own parser, with what its comments ask for.
 *
 * A script that could not run as a migration is refused here, before anything of it runs: text for psql, transaction control,
 * data for COPY, passwords that the history would keep.
 */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

/* One SQL command of a script. */
struct Statement {
	std::string
		text; /* as written, without the blanks and comments around it and without the semicolon */
	int offset = 0; /* of text in the script, in bytes */
	int line = 1, column = 1;
	std::string tag;		/* the command tag, e.g. CREATE INDEX */
	RawStmt *raw = nullptr; /* lives as long as the Script; copyObject() before executing it */
};

/* What comments `-- surefoot: ...` ask for. */
struct Directives {
	bool no_transaction = false; /* every statement is a step of its own */
	bool plain_indexes = false;	 /* indexes are built as written, not concurrently */
	bool hide = false;			 /* columns that are dropped stay in their tables, see hidden_column.hpp */
	bool keep = true;			 /* rows of what is dropped, when surefoot.keep_rows is on */
	std::vector<std::string> accept;

	bool accepts(std::string_view what) const;
};

class Script {
public:
	/*
	 * Raises 42601 or SF006; the error's context begins with the place, `TITLE, line L, column C`. Its position is left
	 * empty: a client would look for it in the statement that it sent.
	 */
	explicit Script(std::string text, std::string title = {});
	/* A statement, or what was made of one, of a script that was accepted as a whole; the directives are that script's. */
	struct Part {
		Directives directives = {};
	};
	Script(std::string text, Part part);
	~Script();
	Script(const Script &) = delete;
	Script &operator=(const Script &) = delete;

	/* Without a byte-order mark; all offsets count in it. */
	const std::string &text() const { return text_; }
	const std::vector<Statement> &statements() const { return statements_; }
	/* Raises SF003 when there is none of that number: the script is another one than when it was counted. */
	const Statement &statement(size_t n) const;
	const Directives &directives() const { return directives_; }
	/* Both from 1, the column in characters. */
	std::pair<int, int> line_column(int offset) const;
	/* Puts the place at the head of error's context. */
	void locate(Error &error, int offset) const;
	/* An SF006 at offset. */
	Error refusal(int offset, std::string message, std::string detail, std::string hint) const;

private:
	void read();
	void find_lines();
	void parse();
	List *parse_text();
	void drop_outer_transaction();

	std::string text_, title_;
	MemoryContext context_ = nullptr;
	std::vector<int> lines_; /* where each begins */
	std::vector<Statement> statements_;
	Directives directives_;
	/* The last place that was asked for: columns are counted on from there. */
	mutable int known_offset_ = 0, known_line_ = 0, known_column_ = 1;
};

/* Line and column of statement, or of the very word in it that error, raised by the statement, is about. */
std::pair<int, int> error_place(const Script &script, const Statement &statement, const Error &error);

/* Reads the directives of script's comments; raises SF006 for one that is not known. */
Directives read_directives(const Script &script);

/* Raises SF006 for the first statement that no migration can hold. */
void refuse_impossible_statements(const Script &script);

/* What error, raised by the parser, means to somebody who wrote the script for psql. */
Error explain_syntax_error(const Script &script, Error error);

/* Raises SF006 for a password in plain text. */
void refuse_literal_passwords(const Script &script);

/* sql with its passwords covered by '********'. */
std::string mask_secrets(const std::string &sql);
inline std::string mask_secrets(const Statement &statement)
{
	return mask_secrets(statement.text);
}

/* Covers the passwords in what error says, and in the statements that it repeats. */
void mask_error(Error &error);

} // namespace surefoot

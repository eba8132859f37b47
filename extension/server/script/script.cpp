#include "server/script/script.hpp"

#include <algorithm>

extern "C" {
#include "parser/parser.h"
}

#include "server/script/tokens.hpp"

namespace surefoot {

namespace {

/* What the server's parser returns, without the C++ around it. */
struct Parsed {
	RawStmt *raw;
	const char *tag;
	int offset, length;
};

Parsed describe(List *statements, int n)
{
	RawStmt *raw = (RawStmt *)list_nth(statements, n);
	return {raw, CreateCommandName(raw->stmt), std::max(raw->stmt_location, 0), raw->stmt_len};
}

bool is_transaction(const Statement &statement, TransactionStmtKind kind)
{
	return IsA(statement.raw->stmt, TransactionStmt) &&
		   ((TransactionStmt *)statement.raw->stmt)->kind == kind;
}

} // namespace

bool Directives::accepts(std::string_view what) const
{
	return std::find(accept.begin(), accept.end(), what) != accept.end();
}

Script::Script(std::string text, std::string title)
	: text_(std::move(text)), title_(std::move(title))
{
	/* What a backslash means would depend on the session: it is one thing in apply and another in the way back. */
	if (!standard_conforming_strings)
		throw Error(sqlstate::wrong_context, "migrations need standard_conforming_strings = on",
					"Without it a script would mean something else in another session.",
					"SET standard_conforming_strings = on; and write strings with backslashes as E'...'.");
	read();
	try {
		directives_ = read_directives(*this);
		drop_outer_transaction();
		/* Somebody who says why there is none means it. */
		if (statements_.empty() && text_.find("--") == text_.npos && text_.find("/*") == text_.npos)
			throw refusal(0, "the script is empty", "There is no statement in it.", "");
		refuse_impossible_statements(*this);
		refuse_literal_passwords(*this);
	} catch (...) {
		MemoryContextDelete(context_);
		throw;
	}
}

Script::Script(std::string text, Part part) : text_(std::move(text)), directives_(std::move(part.directives))
{
	read();
}

void Script::read()
{
	if (text_.starts_with("\xEF\xBB\xBF"))
		text_.erase(0, 3);
	find_lines();
	/* Of the session, not of the transaction: an abort may come before the destructor. */
	context_ = pg_call([] {
		return AllocSetContextCreate(TopMemoryContext, "surefoot script", ALLOCSET_DEFAULT_SIZES);
	});
	try {
		parse();
	} catch (...) {
		MemoryContextDelete(context_);
		throw;
	}
}

Script::~Script()
{
	MemoryContextDelete(context_);
}

const Statement &Script::statement(size_t n) const
{
	if (n >= statements_.size())
		throw Error(sqlstate::changed, "the script has no statement " + std::to_string(n + 1) + " any more", "",
					"Put the script back as it was.");
	return statements_[n];
}

void Script::find_lines()
{
	lines_.push_back(0);
	for (size_t at = text_.find('\n'); at != text_.npos; at = text_.find('\n', at + 1))
		lines_.push_back(static_cast<int>(at) + 1);
}

std::pair<int, int> Script::line_column(int offset) const
{
	/* What is missing at the end is missing after the last word, not on an empty line that follows. */
	const int end = static_cast<int>(text_.find_last_not_of(" \t\r\n") + 1);
	offset = std::clamp(offset, 0, end);
	const auto after = std::upper_bound(lines_.begin(), lines_.end(), offset);
	const int line = static_cast<int>(after - lines_.begin());
	if (line != known_line_ || offset < known_offset_) {
		known_line_ = line;
		known_offset_ = lines_[static_cast<size_t>(line) - 1];
		known_column_ = 1;
	}
	const char *from = text_.data() + known_offset_;
	const int bytes = offset - known_offset_;
	known_column_ += pg_call([from, bytes] { return pg_mbstrlen_with_len(from, bytes); });
	known_offset_ = offset;
	return {line, known_column_};
}

void Script::locate(Error &error, int offset) const
{
	const auto [line, column] = line_column(offset);
	const std::string place = (title_.empty() ? "" : title_ + ", ") + "line " +
							  std::to_string(line) + ", column " + std::to_string(column);
	error.position = 0;
	error.context = error.context.empty() ? place : place + "\n" + error.context;
}

Error Script::refusal(int offset, std::string message, std::string detail, std::string hint) const
{
	Error error(sqlstate::script_refused, std::move(message), std::move(detail), std::move(hint));
	locate(error, offset);
	return error;
}

List *Script::parse_text()
{
	const char *sql = text_.c_str();
	MemoryContext context = context_;
	try {
		return pg_call_alone([sql, context] {
			MemoryContext old = MemoryContextSwitchTo(context);
			List *result = raw_parser(sql, RAW_PARSE_DEFAULT);
			MemoryContextSwitchTo(old);
			return result;
		});
	} catch (Error &error) {
		if (error.position == 0)
			throw;
		throw explain_syntax_error(*this, std::move(error));
	}
}

void Script::parse()
{
	List *raw = parse_text();
	const int count = list_length(raw);
	const std::string_view all = text_;

	statements_.resize(static_cast<size_t>(count));
	for (int i = 0; i < count; i++) {
		Statement &statement = statements_[static_cast<size_t>(i)];
		const Parsed parsed = pg_call([raw, i] { return describe(raw, i); });
		const int end =
			parsed.length > 0 ? parsed.offset + parsed.length : static_cast<int>(text_.size());
		statement.raw = parsed.raw;
		statement.tag = parsed.tag;
		statement.offset =
			skip_blanks_and_comments(all.substr(0, static_cast<size_t>(end)), parsed.offset);
		statement.text = all.substr(static_cast<size_t>(statement.offset),
									static_cast<size_t>(end - statement.offset));
		statement.text.resize(static_cast<size_t>(end_of_last_token(statement.text)));
		std::tie(statement.line, statement.column) = line_column(statement.offset);
	}
}

/* BEGIN ... COMMIT around the whole file says what happens anyway. */
void Script::drop_outer_transaction()
{
	/* What follows the end of the only one does nothing. */
	while (statements_.size() > 2 && is_transaction(statements_.back(), TRANS_STMT_ROLLBACK) &&
		   is_transaction(statements_[statements_.size() - 2], TRANS_STMT_COMMIT))
		statements_.pop_back();
	if (statements_.size() < 2)
		return;
	const Statement &first = statements_.front(), &last = statements_.back();
	const bool begins =
		is_transaction(first, TRANS_STMT_BEGIN) || is_transaction(first, TRANS_STMT_START);
	if (!begins || !is_transaction(last, TRANS_STMT_COMMIT))
		return;
	if (((TransactionStmt *)first.raw->stmt)->options != NIL ||
		((TransactionStmt *)last.raw->stmt)->chain)
		return;
	if (directives_.no_transaction)
		throw refusal(first.offset, "a script without a transaction cannot begin one",
					  "The directive no-transaction makes every statement a step of its own.",
					  "Remove either the directive or BEGIN and COMMIT.");
	statements_.pop_back();
	statements_.erase(statements_.begin());
}

std::pair<int, int> error_place(const Script &script, const Statement &statement, const Error &error)
{
	if (error.internal_position <= 0 || error.internal_query != statement.text)
		return script.line_column(statement.offset);
	const char *sql = statement.text.c_str();
	const int characters = error.internal_position - 1;
	return script.line_column(statement.offset + pg_call([sql, characters] { return pg_mbcharcliplen(sql, strlen(sql), characters); }));
}

} // namespace surefoot

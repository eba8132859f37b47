/* What a migration's script cannot hold, and what its comments ask for. */
#include "server/script/script.hpp"

#include <algorithm>

#include "server/script/tokens.hpp"

namespace surefoot {

namespace {

std::string lower(std::string_view text)
{
	std::string result(text);
	for (char &c : result)
		if (c >= 'A' && c <= 'Z')
			c = static_cast<char>(c - 'A' + 'a');
	return result;
}

std::string_view trim(std::string_view text)
{
	constexpr std::string_view blanks = " \t\r\f\v";
	const size_t from = text.find_first_not_of(blanks);
	if (from == text.npos)
		return {};
	return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

/* The words of a directive: `accept=a, b no-transaction`. */
void apply_directive(const Script &script, Directives &directives, std::string_view body,
					 int offset)
{
	constexpr const char *known =
		"The directives are no-transaction, plain-indexes, keep=off, keep=hidden and accept=NAME,NAME.";
	const std::string_view words = trim(body);
	const std::string word = lower(words);
	if (word == "no-transaction") {
		directives.no_transaction = true;
	} else if (word == "keep=off") {
		directives.keep = false;
	} else if (word == "keep=hidden") {
		directives.hide = true;
	} else if (word == "plain-indexes") {
		directives.plain_indexes = true;
	} else if (word.starts_with("accept") && trim(words.substr(6)).starts_with("=")) {
		/* A name stands as it does in messages: public.f(integer, text), "A, b" on public.users. */
		const std::string_view list = trim(trim(words.substr(6)).substr(1));
		int depth = 0;
		bool quoted = false;
		for (size_t start = 0, i = 0; i <= list.size(); i++) {
			const char c = i < list.size() ? list[i] : ',';
			if (c == '"')
				quoted = !quoted;
			else if (!quoted && (c == '(' || c == ')'))
				depth += c == '(' ? 1 : -1;
			if (i < list.size() && (c != ',' || quoted || depth > 0))
				continue;
			const std::string_view name = trim(list.substr(start, i - start));
			if (name.empty() || quoted)
				throw script.refusal(offset, "malformed directive \"" + std::string(words) + "\"", known, "");
			directives.accept.emplace_back(name);
			start = i + 1;
		}
	} else {
		throw script.refusal(offset, "unknown directive \"" + std::string(words) + "\"", known, "");
	}
}

/* The comments between two tokens. */
void read_gap(const Script &script, Directives &directives, int from, int to)
{
	const std::string_view text = script.text();
	for (size_t at = static_cast<size_t>(from), end = static_cast<size_t>(to); at < end;) {
		const std::string_view two = text.substr(at, 2);
		if (two != "--" && two != "/*") {
			at++;
			continue;
		}
		const size_t next =
			static_cast<size_t>(end_of_comment(text.substr(0, end), static_cast<int>(at)));
		const std::string_view body = trim(text.substr(at + 2, next - at - 2));
		const size_t colon = body.find(':');
		if (colon != body.npos && lower(trim(body.substr(0, colon))) == "surefoot") {
			if (two == "/*")
				throw script.refusal(static_cast<int>(at),
									 "a directive must be a comment of one line", "",
									 "Write it as: -- surefoot: ...");
			apply_directive(script, directives, body.substr(colon + 1), static_cast<int>(at));
		}
		at = next;
	}
}

std::string transaction_command(const Statement &statement)
{
	switch (((TransactionStmt *)statement.raw->stmt)->kind) {
		case TRANS_STMT_BEGIN:
		case TRANS_STMT_START:
			return "BEGIN";
		case TRANS_STMT_COMMIT:
			return "COMMIT";
		case TRANS_STMT_ROLLBACK:
			return "ROLLBACK";
		default:
			return statement.tag;
	}
}

struct CopyHint {
	static constexpr const char *detail =
		"Data cannot come from a client, because the server runs the script.";
	static constexpr const char *hint =
		"Write the rows as INSERT ... VALUES, or use COPY FROM a file on the server.";
};

/* The offset of a COPY ... FROM STDIN in text, or -1: what follows it is data, not SQL. */
int copy_from_stdin(const std::string &text)
{
	int start = -1, copy = -1;
	bool from = false, stdin_seen = false;
	Tokens tokens(text);
	for (Token token; tokens.next(token);) {
		if (token.is(';')) {
			if (stdin_seen)
				return copy;
			start = copy = -1;
			from = false;
			continue;
		}
		if (start < 0) {
			start = token.start;
			if (token.is("copy"))
				copy = start;
		}
		stdin_seen = stdin_seen || (copy >= 0 && from && token.is("stdin"));
		from = token.is("from");
	}
	return -1;
}

/* SET standard_conforming_strings = off: what comes after it has been read already. */
bool changes_strings(Node *node)
{
	if (!IsA(node, VariableSetStmt))
		return false;
	VariableSetStmt *set = (VariableSetStmt *)node;
	if (set->kind != VAR_SET_VALUE || pg_strcasecmp(set->name, "standard_conforming_strings") != 0)
		return false;
	return pg_call([set] {
		bool value = false;
		const char *text = ExtractSetVariableArgs(set);
		return text != nullptr && !(parse_bool(text, &value) && value);
	});
}

} // namespace

Directives read_directives(const Script &script)
{
	Directives result;
	const std::string &text = script.text();
	/* Nearly every script has none, and needs no scan of its own. */
	const auto letters = [](char a, char b) { return (a | 0x20) == b; };
	constexpr std::string_view mark = "surefoot";
	if (std::search(text.begin(), text.end(), mark.begin(), mark.end(), letters) == text.end())
		return result;

	int end = 0;
	Tokens tokens(text);
	for (Token token; tokens.next(token); end = token.end)
		read_gap(script, result, end, token.start);
	read_gap(script, result, end, static_cast<int>(text.size()));
	return result;
}

Error explain_syntax_error(const Script &script, Error error)
{
	const std::string &text = script.text();
	const char *sql = text.c_str();
	const int characters = error.position - 1, length = static_cast<int>(text.size());
	const int offset = pg_call([=] { return pg_mbcharcliplen(sql, length, characters); });

	int copy = -1;
	try {
		copy = copy_from_stdin(text.substr(0, static_cast<size_t>(offset)));
	} catch (const Error &stumbled) {
		/* The parser stumbled first, and that is the error to tell. */
		if (!is_scanner_error(stumbled))
			throw;
	}
	if (copy >= 0)
		return script.refusal(copy, "COPY FROM STDIN cannot be part of a migration",
							  CopyHint::detail, CopyHint::hint);

	const std::string_view rest = std::string_view(text).substr(static_cast<size_t>(offset));
	if (rest.starts_with("\\")) {
		const size_t word = std::min(rest.find_first_of(" \t\r\n;"), rest.size());
		return script.refusal(
			offset,
			"\"" + std::string(rest.substr(0, word)) + "\" is a command of psql, not of the server",
			"", "Write it as SQL, or put what it includes into the script itself.");
	}
	error.context.clear();
	script.locate(error, offset);
	const bool name = rest.size() > 1 &&
					  (isalpha(static_cast<unsigned char>(rest[1])) || strchr("_'\"{", rest[1]));
	if (rest.starts_with(":") && name)
		error.hint =
			"Variables of psql (:name) are not known to the server; write the value itself.";
	return error;
}

void refuse_impossible_statements(const Script &script)
{
	for (const Statement &statement : script.statements()) {
		Node *node = statement.raw->stmt;
		const int at = statement.offset;
		if (IsA(node, TransactionStmt))
			throw script.refusal(
				at,
				"transaction control is not allowed in a migration: " +
					transaction_command(statement),
				"The statements that can run in a transaction commit together, with the history.",
				"Remove it; one BEGIN ... COMMIT around the whole script is accepted.");
		if (IsA(node, CopyStmt)) {
			const CopyStmt *copy = (CopyStmt *)node;
			if (copy->filename == nullptr && !copy->is_program) {
				const std::string what = copy->is_from ? "COPY FROM STDIN" : "COPY TO STDOUT";
				throw script.refusal(at, what + " cannot be part of a migration", CopyHint::detail,
									 copy->is_from
										 ? CopyHint::hint
										 : "Use a table or COPY TO a file on the server.");
			}
		}
		if (changes_strings(node))
			throw script.refusal(at, "a migration cannot change standard_conforming_strings",
								 "The script was read as a whole, with standard strings.",
								 "Write strings with backslashes as E'...'.");
		if (IsA(node, DiscardStmt) && ((DiscardStmt *)node)->target == DISCARD_ALL)
			throw script.refusal(at, "DISCARD ALL cannot be part of a migration",
								 "It would drop the state of the session that runs the script.",
								 "What a script sets is undone at its end.");
	}
}

} // namespace surefoot

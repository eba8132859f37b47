#include "server/script/tokens.hpp"

#include <algorithm>

namespace surefoot {

namespace {

/* What the scanner returns beside characters: the first tokens of every grammar built on it, in this order (scanner.h). */
enum : int { IDENT = 258, UIDENT, FCONST, SCONST, USCONST, BCONST, XCONST, Op, KEYWORD = 1000 };

/* Every keyword gets the same code: its spelling is what is asked for. */
const uint16 *keyword_codes()
{
	static const std::vector<uint16> codes(static_cast<size_t>(ScanKeywords.num_keywords), KEYWORD);
	return codes.data();
}

bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

} // namespace

Tokens::Tokens(const std::string &text) : text_(text)
{
	context_ = pg_call([] {
		return AllocSetContextCreate(TopMemoryContext, "surefoot tokens", ALLOCSET_DEFAULT_SIZES);
	});
	const char *sql = text_.c_str();
	const uint16 *codes = keyword_codes();
	try {
		pg_call_alone([this, sql, codes] {
			MemoryContext old = MemoryContextSwitchTo(context_);
			scanner_ = scanner_init(sql, &extra_, &ScanKeywords, codes);
			extra_.escape_string_warning = false;
			MemoryContextSwitchTo(old);
		});
	} catch (...) {
		MemoryContextDelete(context_);
		throw;
	}
}

Tokens::~Tokens()
{
	MemoryContextDelete(context_);
}

void Tokens::fill()
{
	count_ = at_ = 0;
	pg_call_alone([this] {
		MemoryContext old = MemoryContextSwitchTo(context_);
		while (count_ < batch && !ended_) {
			core_YYSTYPE value;
			YYLTYPE start;
			const int code = core_yylex(&value, &start, scanner_);
			if (code == 0) {
				ended_ = true;
				break;
			}
			Token &token = tokens_[count_++];
			token = Token();
			token.start = start;
			/* The scanner keeps a zero byte behind the token until it is called again. */
			token.end = start + static_cast<int>(strlen(extra_.scanbuf + start));
			switch (code) {
				case KEYWORD:
					token.kind = Token::keyword;
					token.value = value.keyword;
					break;
				case IDENT:
				case UIDENT:
					token.kind = Token::identifier;
					token.value = value.str;
					break;
				case SCONST:
				case USCONST:
					token.kind = Token::literal;
					token.value = value.str;
					break;
				default:
					if (code < 256) {
						token.kind = Token::sign;
						token.character = static_cast<char>(code);
					}
			}
		}
		MemoryContextSwitchTo(old);
	});
}

bool Tokens::next(Token &token)
{
	if (at_ == count_) {
		if (!ended_)
			fill();
		if (count_ == 0 || at_ == count_)
			return false;
	}
	token = tokens_[at_++];
	return true;
}

std::vector<Token> all_tokens(const std::string &text)
{
	std::vector<Token> result;
	Tokens tokens(text);
	for (Token token; tokens.next(token);) {
		if (token.kind != Token::keyword)
			token.value = "";
		result.push_back(token);
	}
	return result;
}

int end_of_comment(std::string_view text, int offset)
{
	size_t at = static_cast<size_t>(offset);
	if (text.substr(at, 2) == "--")
		return static_cast<int>(std::min(text.find_first_of("\n\r", at), text.size()));
	int depth = 1;
	for (at += 2; at < text.size() && depth > 0;) {
		const std::string_view two = text.substr(at, 2);
		depth += two == "/*" ? 1 : two == "*/" ? -1 : 0;
		at += two == "/*" || two == "*/" ? 2 : 1;
	}
	return static_cast<int>(std::min(at, text.size()));
}

int skip_blanks_and_comments(std::string_view text, int offset)
{
	size_t at = static_cast<size_t>(offset);
	while (at < text.size()) {
		const std::string_view two = text.substr(at, 2);
		if (is_blank(text[at]))
			at++;
		else if (two == "--" || two == "/*")
			at = static_cast<size_t>(end_of_comment(text, static_cast<int>(at)));
		else
			break;
	}
	return static_cast<int>(at);
}

int end_of_last_token(const std::string &text)
{
	size_t end = text.size();
	while (end > 0 && is_blank(text[end - 1]))
		end--;
	const bool may_end_in_comment = text.find("--") != text.npos || text.find("*/") != text.npos;
	if (!may_end_in_comment)
		return static_cast<int>(end);
	int last = 0;
	Tokens tokens(text);
	for (Token token; tokens.next(token);)
		last = token.end;
	return last;
}

} // namespace surefoot

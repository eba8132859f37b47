/*
 * SQL text as the server's own scanner sees it: words, literals, signs, and the comments between them.
 *
 * Used wherever a text has to be changed or covered at a certain place; regular expressions would find words inside literals.
 */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

struct Token {
	enum Kind : uint8 { keyword, identifier, literal, sign, other };
	int start = 0, end = 0; /* byte offsets in the text */
	Kind kind = other;
	char character = 0; /* of a one-character sign */
	const char *value =
		""; /* keyword and identifier folded, literal without quotes; lives as long as the Tokens */

	bool is(const char *word) const { return kind == keyword && strcmp(value, word) == 0; }
	bool is(char c) const { return kind == sign && character == c; }
};

/* Hands out the tokens of a text one by one; raises the scanner's own errors. The text must outlive it. */
class Tokens {
public:
	explicit Tokens(const std::string &text);
	~Tokens();
	Tokens(const Tokens &) = delete;
	Tokens &operator=(const Tokens &) = delete;

	/* False at the end. */
	bool next(Token &token);

private:
	void fill();

	static constexpr int batch = 64;
	const std::string &text_;
	MemoryContext context_;
	core_yyscan_t scanner_ = nullptr;
	core_yy_extra_type extra_ = {};
	Token tokens_[batch];
	int count_ = 0, at_ = 0;
	bool ended_ = false;
};

/*
 * The text is no SQL. Such an error may be swallowed outside a subtransaction: the scanner holds nothing but memory, and that is
 * the Tokens' own.
 */
inline bool is_scanner_error(const Error &error)
{
	return error.is("42601") || error.sqlstate.starts_with("22");
}

/* All tokens of a short text, without their values' memory: value is set for keywords only. */
std::vector<Token> all_tokens(const std::string &text);

/* From offset on: where the next thing begins that is neither blank nor comment, or the end of the text. */
int skip_blanks_and_comments(std::string_view text, int offset);

/* The end of the comment that begins at offset. */
int end_of_comment(std::string_view text, int offset);

/* The end of the last token in text, which begins with one; what follows it is blank or comment. */
int end_of_last_token(const std::string &text);

/* Runs f without the error callbacks of the callers, which would take the position of an error for one in their own text. */
template <typename F>
auto pg_call_alone(F &&f) -> decltype(f())
{
	return pg_call([&]() -> decltype(f()) {
		error_context_stack = nullptr;
		return f();
	});
}

} // namespace surefoot

#include "mask.hpp"

#include <cctype>

namespace surefoot::client {

namespace {

constexpr std::string_view cover = "********";

bool word_char(char c)
{
	return std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' ||
		   static_cast<unsigned char>(c) >= 0x80;
}

bool same_word(std::string_view text, size_t at, std::string_view word)
{
	if (text.size() - at < word.size())
		return false;
	for (size_t i = 0; i < word.size(); ++i)
		if (std::tolower(static_cast<unsigned char>(text[at + i])) != word[i])
			return false;
	return true;
}

size_t skip_blanks(std::string_view text, size_t at)
{
	while (at < text.size() && std::isspace(static_cast<unsigned char>(text[at])))
		++at;
	return at;
}

// The end of a quoted literal that opens at the quote. Both '' and \' continue it: cutting a literal
// too late hides too much, cutting it too early shows a secret. The end of the text ends it too.
size_t end_of_quoted(std::string_view text, size_t at, bool backslashes)
{
	char quote = text[at];
	for (++at; at < text.size(); ++at) {
		if (backslashes && text[at] == '\\')
			++at;
		else if (text[at] == quote) {
			if (at + 1 < text.size() && text[at + 1] == quote)
				++at;
			else
				return at + 1;
		}
	}
	return text.size();
}

// $tag$ ... $tag$, or npos when no dollar quote opens here.
size_t end_of_dollar(std::string_view text, size_t at)
{
	size_t close = at + 1;
	while (close < text.size() && text[close] != '$' && word_char(text[close]))
		++close;
	if (close >= text.size() || text[close] != '$')
		return std::string_view::npos;
	std::string_view tag = text.substr(at, close - at + 1);
	size_t end = text.find(tag, close + 1);
	return end == std::string_view::npos ? text.size() : end + tag.size();
}

// After the word "password": copies what is between, covers the value. Returns where to go on.
size_t cover_value(std::string_view text, size_t at, std::string &result)
{
	size_t value = skip_blanks(text, at);
	bool assigned = value < text.size() && text[value] == '=';
	if (assigned)
		value = skip_blanks(text, value + 1);
	if (value >= text.size())
		return at;

	size_t quote = value;
	bool escaped = false;
	if ((text[quote] == 'E' || text[quote] == 'e') && quote + 1 < text.size() &&
		text[quote + 1] == '\'') {
		++quote;
		escaped = true;
	} else if ((text[quote] == 'U' || text[quote] == 'u') && text.substr(quote + 1, 2) == "&'")
		quote += 2;

	size_t end = at;
	bool doubled = assigned && text.substr(quote, 2) == "''" && quote + 2 < text.size() &&
				   word_char(text[quote + 2]);
	if (doubled) {
		// A quoted value of a connection string that is itself inside an SQL literal.
		end = text.find("''", quote + 2);
		end = end == std::string_view::npos ? text.size() : end + 2;
	} else if (text[quote] == '\'' || (assigned && text[quote] == '"'))
		end = end_of_quoted(text, quote, escaped || assigned);
	else if (text[quote] == '$') {
		end = end_of_dollar(text, quote);
		if (end == std::string_view::npos)
			end = at;
	}
	if (end == at && assigned) {
		// Unquoted in a connection string: up to a blank, a quote that closes the string, or a separator.
		end = value;
		while (end < text.size() && !std::isspace(static_cast<unsigned char>(text[end])) &&
			   text[end] != '\'' && text[end] != '"' && text[end] != ';' && text[end] != '&')
			end += text[end] == '\\' && end + 1 < text.size() ? 2 : 1;
		result.append(text.substr(at, value - at));
		result.append(cover);
		return end;
	}
	if (end == at)
		return at;
	result.append(text.substr(at, value - at));
	result.append("'").append(cover).append("'");
	return end;
}

// scheme://user:secret@host
size_t cover_url(std::string_view text, size_t at, std::string &result)
{
	size_t end = at + 3;
	size_t colon = std::string_view::npos;
	size_t sign = std::string_view::npos;
	for (; end < text.size() && !std::isspace(static_cast<unsigned char>(text[end])) &&
		   text[end] != '\'' && text[end] != '"' && text[end] != '/' && text[end] != '?';
		 ++end) {
		if (text[end] == ':' && colon == std::string_view::npos)
			colon = end;
		if (text[end] == '@')
			sign = end;
	}
	if (sign == std::string_view::npos || colon == std::string_view::npos || colon > sign)
		return at;
	result.append(text.substr(at, colon + 1 - at)).append(cover);
	return sign;
}

} // namespace

std::string mask_secrets(std::string_view text)
{
	std::string result;
	size_t at = 0;
	while (at < text.size()) {
		bool starts_word = at == 0 || !word_char(text[at - 1]);
		char lower = static_cast<char>(std::tolower(static_cast<unsigned char>(text[at])));
		// sslpassword and passfile-like words of other ends are handled by the word's own end.
		if (lower == 'p' && same_word(text, at, "password") &&
			(at + 8 >= text.size() || !word_char(text[at + 8])) &&
			(starts_word || (at >= 3 && same_word(text, at - 3, "ssl")))) {
			result.append(text.substr(at, 8));
			at += 8;
			if (at < text.size() && text[at] == '"') // OPTIONS ("password" 'x')
				result += text[at++];
			size_t next = cover_value(text, at, result);
			at = next;
			continue;
		}
		if (text[at] == ':' && text.substr(at, 3) == "://") {
			size_t next = cover_url(text, at, result);
			if (next != at) {
				at = next;
				continue;
			}
		}
		result += text[at++];
	}
	return result;
}

} // namespace surefoot::client

#include "core/secret_text.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace surefoot::core {

namespace {

constexpr const char *cover = "********";

bool is_word(char c)
{
	return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The length of a word at i that names a secret, or 0. */
size_t secret_word(std::string_view text, size_t i)
{
	for (const std::string_view word : {"password", "passwd", "secret"})
		if (i + word.size() <= text.size() && std::equal(word.begin(), word.end(), text.begin() + static_cast<long>(i), [](char a, char b) {
				return a == std::tolower(static_cast<unsigned char>(b));
			}))
			return word.size();
	return 0;
}

/* The end of what is quoted from i on: by one quote, or by several where a literal is within others. */
size_t end_of_quoted(std::string_view text, size_t i, size_t quotes)
{
	while (i < text.size()) {
		if (text[i] != '\'') {
			i += text[i] == '\\' && i + 1 < text.size() && quotes == 1 ? 2 : 1;
			continue;
		}
		size_t run = i;
		while (run < text.size() && text[run] == '\'')
			run++;
		/* Twice as many stand for quotes within. */
		if (run - i < 2 * quotes)
			return i;
		i += 2 * quotes;
	}
	return text.size();
}

struct Value {
	size_t start, end;
};

/* What stands as the value of a name that ends at i; start = end when nothing does. */
Value value_after(std::string_view text, size_t i)
{
	const auto skip_blanks = [&] {
		while (i < text.size() && is_blank(text[i]))
			i++;
	};
	skip_blanks();
	bool sign = false;
	while (i < text.size() && (text[i] == '=' || text[i] == ':')) {
		sign = true;
		i++;
	}
	skip_blanks();
	if (i + 1 < text.size() && (text[i] == 'E' || text[i] == 'e') && text[i + 1] == '\'')
		i++;
	if (i >= text.size())
		return {i, i};
	if (text[i] == '\'') {
		size_t start = i;
		while (start < text.size() && text[start] == '\'')
			start++;
		return {start, end_of_quoted(text, start, start - i)};
	}
	if (text[i] == '$') {
		size_t tag = i + 1;
		while (tag < text.size() && is_word(text[tag]))
			tag++;
		if (tag < text.size() && text[tag] == '$' && !(tag > i + 1 && std::isdigit(static_cast<unsigned char>(text[i + 1])))) {
			const std::string_view quote = text.substr(i, tag + 1 - i);
			return {tag + 1, std::min(text.find(quote, tag + 1), text.size())};
		}
	}
	if (!sign)
		return {i, i};
	size_t end = i;
	while (end < text.size() && !is_blank(text[end]) && std::string_view("'\",;)").find(text[end]) == std::string_view::npos)
		end++;
	return {i, end};
}

} // namespace

std::string mask_secret_text(const std::string &text)
{
	std::string result;
	size_t done = 0;
	const auto mask = [&](size_t start, size_t end) {
		if (end <= start || start < done)
			return;
		result.append(text, done, start - done);
		result += cover;
		done = end;
	};
	for (size_t i = 0; i < text.size();) {
		if (const size_t length = secret_word(text, i)) {
			i += length;
			while (i < text.size() && is_word(text[i]))
				i++;
			const Value value = value_after(text, i);
			mask(value.start, value.end);
			i = std::max(i, value.end);
		} else if (text.compare(i, 3, "://") == 0) {
			i += 3;
			const size_t end = std::min(text.find_first_of("/ \t\r\n'\"", i), text.size());
			const size_t at = text.substr(i, end - i).rfind('@');
			const size_t colon = text.find(':', i);
			if (at != std::string::npos && colon < i + at)
				mask(colon + 1, i + at);
			i = end;
		} else
			i++;
	}
	return done == 0 ? text : result.append(text, done);
}

} // namespace surefoot::core

#include "core/secret_text.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "core/characters.hpp"
#include "core/secret_sql.hpp"

namespace surefoot::core {

namespace {

bool is_word(char c)
{
	return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

size_t run_of(std::string_view text, size_t i, char c)
{
	return std::min(text.find_first_not_of(c, i), text.size()) - i;
}

/* The end of what is quoted from i on: by one quote, or by several where a literal is within others. */
size_t end_of_quoted(std::string_view text, size_t i, size_t quotes)
{
	while (i < text.size()) {
		if (text[i] != '\'') {
			i += text[i] == '\\' && i + 1 < text.size() && quotes == 1 ? 2 : 1;
			continue;
		}
		/* Twice as many stand for quotes within. */
		if (text.substr(i, 2 * quotes).find_first_not_of('\'') != text.npos || i + 2 * quotes > text.size())
			return i;
		i += 2 * quotes;
	}
	return text.size();
}

/* Two quotes with nothing between them, unless they open a literal within a literal, which two others close. */
bool is_empty_literal(std::string_view text, size_t i)
{
	if (i < text.size() && !is_blank(text[i]) && std::string_view(";,)").find(text[i]) == std::string_view::npos)
		return false;
	const size_t next = text.find_first_of("'\n", i);
	return next == text.npos || text.substr(next, 2) != "''";
}

/*
 * The values of names. It looks at what stands around a name alone: so it finds them where text is no SQL, is cut, or is SQL within
 * literals and messages.
 */
class Values {
public:
	explicit Values(std::string_view text, std::vector<SecretSpan> &found) : text_(text), found_(found) {}
	void find();

private:
	/* Finds what stands as the value of the name from name to i; where to go on. */
	size_t value_of(size_t name, size_t i);
	size_t literals(size_t i);
	size_t dollars(size_t i);
	size_t after_sign(size_t i);
	size_t url(size_t i);
	size_t after_quote_of_name(size_t name, size_t i) const;
	size_t skip(size_t i);
	char at(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
	void add(size_t start, size_t end)
	{
		if (start < end)
			found_.push_back({start, end});
	}

	std::string_view text_;
	std::vector<SecretSpan> &found_;
	/* Where the next comments end, from a place before on: looked for once. */
	size_t comment_end_ = 0, line_end_ = 0;
};

/* Blanks and comments. */
size_t Values::skip(size_t i)
{
	for (;;) {
		while (i < text_.size() && is_blank(text_[i]))
			i++;
		if (text_.substr(i, 2) == "--") {
			if (line_end_ < i)
				line_end_ = std::min(text_.find('\n', i), text_.size());
			i = line_end_;
		} else if (text_.substr(i, 2) == "/*") {
			if (comment_end_ < i + 2)
				comment_end_ = std::min(text_.find("*/", i + 2), text_.size());
			if (comment_end_ == text_.size())
				return i;
			i = comment_end_ + 2;
		} else
			return i;
	}
}

/* "password" 'x', {'password': 'x'}, {\"password\": ...}: past the quote that closes what was opened before the name. */
size_t Values::after_quote_of_name(size_t name, size_t i) const
{
	if (at(i) == '\\' && (at(i + 1) == '"' || at(i + 1) == '\''))
		return i + 2;
	if (at(i) != '"' && at(i) != '\'')
		return i;
	const size_t run = run_of(text_, i, text_[i]);
	size_t before = 0;
	while (before < run && before < name && text_[name - 1 - before] == text_[i])
		before++;
	return before == run || text_[i] == '"' ? i + run : i;
}

/* A literal and what continues it. */
size_t Values::literals(size_t i)
{
	for (size_t next = i; at(next) == '\'';) {
		/* Each level of literals doubles the quotes; an odd one more is a quote within, at the value's begin. */
		const size_t run = run_of(text_, next, '\'');
		const size_t quotes = run & (~run + 1);
		const size_t start = next + quotes;
		/* What stood before was a literal: to what is concatenated find_secrets_in_sql looks. */
		if (text_.substr(skip(next + run), 2) == "||")
			return i;
		if (run == 2 && is_empty_literal(text_, start)) {
			i = start;
		} else {
			i = end_of_quoted(text_, start, quotes);
			add(start, i);
			i = std::min(i + quotes, text_.size());
		}
		next = skip(i);
		if (text_.substr(i, next - i).find('\n') == std::string_view::npos)
			break;
	}
	return i;
}

size_t Values::dollars(size_t i)
{
	size_t tag = i + 1;
	while (is_word(at(tag)))
		tag++;
	if (at(tag) != '$' || std::isdigit(static_cast<unsigned char>(text_[i + 1])))
		return i;
	const size_t end = std::min(text_.find(text_.substr(i, tag + 1 - i), tag + 1), text_.size());
	add(tag + 1, end);
	return end;
}

size_t Values::after_sign(size_t i)
{
	size_t end = i;
	if (at(i) == '"') {
		for (end = ++i; end < text_.size() && text_[end] != '"';)
			end += text_[end] == '\\' && end + 1 < text_.size() ? 2 : 1;
		add(i, end);
		return end;
	}
	while (end < text_.size() && !is_blank(text_[end]) && text_[end] != '\'' && text_[end] != '"')
		end += text_[end] == '\\' && end + 1 < text_.size() ? 2 : 1;
	/* What separates values may be part of one as well, but not at its end. */
	size_t last = end;
	while (last > i && std::string_view(",;)").find(text_[last - 1]) != std::string_view::npos)
		last--;
	add(i, last);
	return end;
}

size_t Values::value_of(size_t name, size_t i)
{
	const size_t from = i;
	i = skip(after_quote_of_name(name, i));
	bool sign = false;
	for (; at(i) == '=' || at(i) == ':'; i++)
		sign = true;
	if (sign && at(i) == '>')
		i++;
	i = skip(i);
	if (std::string_view("eEnN").find(at(i)) != std::string_view::npos && at(i + 1) == '\'')
		i++;
	else if ((at(i) == 'U' || at(i) == 'u') && text_.substr(i + 1, 2) == "&'")
		i += 2;
	if (at(i) == '\\' && (at(i + 1) == '\'' || at(i + 1) == '"')) {
		/* Within a literal of its own, to the quote that ends either. */
		const size_t end = std::min(text_.find(text_[i + 1], i + 2), text_.size());
		add(i + 2, end < text_.size() && text_[end - 1] == '\\' ? end - 1 : end);
		return end;
	}
	size_t end = i;
	if (at(i) == '\'')
		end = literals(i);
	else if (at(i) == '$')
		end = dollars(i);
	if (end == i && sign && i < text_.size())
		end = after_sign(i);
	return end == i ? from : end;
}

/* scheme://user:secret@host, from behind the slashes on. */
size_t Values::url(size_t i)
{
	const size_t end = std::min(text_.find_first_of("/ \t\r\n'\"", i), text_.size());
	const std::string_view authority = text_.substr(i, end - i);
	const size_t sign = authority.rfind('@'), colon = authority.find(':');
	if (sign != authority.npos && colon < sign)
		add(i + colon + 1, i + sign);
	return end;
}

void Values::find()
{
	size_t name = 0;
	for (size_t i = 0; i < text_.size();) {
		if (const size_t length = secret_word(text_, i)) {
			i += length;
			while (is_word(at(i)))
				i++;
			const size_t end = value_of(name, i);
			if (end > i)
				name = i = end;
		} else if (text_[i] == ':' && text_.substr(i, 3) == "://") {
			name = i = url(i + 3);
		} else {
			const bool of_name = is_word(text_[i]) || text_[i] == '.';
			i++;
			if (!of_name)
				name = i;
		}
	}
}

} // namespace

size_t secret_word(std::string_view text, size_t i)
{
	const int first = text[i] | 0x20;
	if (first != 'p' && first != 's')
		return 0;
	for (const std::string_view word : {"password", "passwd", "secret"})
		if (i + word.size() <= text.size() &&
			std::equal(word.begin(), word.end(), text.begin() + static_cast<long>(i),
					   [](char a, char b) { return a == std::tolower(static_cast<unsigned char>(b)); }))
			return word.size();
	return 0;
}

std::vector<SecretSpan> secret_spans(std::string_view text)
{
	std::vector<SecretSpan> found;
	Values(text, found).find();
	find_secrets_in_sql(text, found);
	std::sort(found.begin(), found.end(), [](const SecretSpan &a, const SecretSpan &b) { return a.start < b.start; });
	std::vector<SecretSpan> spans;
	for (const SecretSpan &span : found)
		if (span.start >= span.end)
			continue;
		else if (!spans.empty() && span.start <= spans.back().end)
			spans.back().end = std::max(spans.back().end, span.end);
		else
			spans.push_back(span);
	return spans;
}

std::string mask_secret_text(std::string_view text)
{
	std::string result;
	size_t done = 0;
	for (const SecretSpan &span : secret_spans(text)) {
		result.append(text.substr(done, span.start - done)).append(secret_cover);
		done = span.end;
	}
	return result.append(text.substr(done));
}

} // namespace surefoot::core

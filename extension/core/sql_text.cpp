#include "core/sql_text.hpp"

#include <algorithm>

#include "core/characters.hpp"

namespace surefoot::core {

namespace {

/* The end of the quoted or plain word that begins at i; i when none does. */
size_t word_end(std::string_view text, size_t i)
{
	if (i >= text.size())
		return i;
	if (text[i] == '"') {
		for (i++; i < text.size(); i++) {
			if (text[i] != '"')
				continue;
			if (i + 1 >= text.size() || text[i + 1] != '"')
				return i + 1;
			i++;
		}
		return text.size();
	}
	if (!starts_word(text[i]))
		return i;
	while (i < text.size() && in_word(text[i]))
		i++;
	return i;
}

/* Walks over text, telling of every qualified name: where it begins and where it ends. */
template <typename F> void for_each_name(std::string_view text, F &&f)
{
	for (size_t i = 0; i < text.size();) {
		if (text[i] != '"' && !starts_word(text[i])) {
			/* digits would make a word of what follows them */
			if (text[i] >= '0' && text[i] <= '9')
				while (i < text.size() && in_word(text[i]))
					i++;
			else
				i++;
			continue;
		}
		const size_t end = i + name_end(text.substr(i));
		f(i, end);
		i = std::max(end, i + 1);
	}
}

} // namespace

std::vector<std::string> split_list(std::string_view list)
{
	std::vector<std::string> items;
	char quote = 0;
	int depth = 0;
	size_t start = 0;
	if (list.empty())
		return items;
	for (size_t i = 0; i <= list.size(); i++) {
		if (i == list.size() || (list[i] == ',' && quote == 0 && depth == 0)) {
			items.emplace_back(list.substr(start, i - start));
			start = std::min(i + 2, list.size()); /* past ", " */
			continue;
		}
		const char c = list[i];
		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '(' || c == '[')
			depth++;
		else if (c == ')' || c == ']')
			depth--;
	}
	return items;
}

size_t name_end(std::string_view text)
{
	size_t i = word_end(text, 0);
	while (i > 0 && i < text.size() && text[i] == '.') {
		const size_t next = word_end(text, i + 1);
		if (next == i + 1)
			break;
		i = next;
	}
	return i;
}

std::vector<std::string> name_parts(std::string_view name)
{
	std::vector<std::string> parts;
	for (size_t i = 0;;) {
		const size_t end = word_end(name, i);
		if (end == i)
			break;
		parts.emplace_back(name.substr(i, end - i));
		if (end >= name.size() || name[end] != '.')
			break;
		i = end + 1;
	}
	return parts;
}

std::string without_last_part(std::string_view name)
{
	const std::vector<std::string> parts = name_parts(name);
	std::string result;
	for (size_t i = 0; i + 1 < parts.size(); i++)
		result.append(i > 0 ? "." : "").append(parts[i]);
	return result;
}

std::string last_part(std::string_view name)
{
	const std::vector<std::string> parts = name_parts(name);
	return parts.empty() ? std::string() : parts.back();
}

OnTable split_on(std::string_view identity)
{
	const size_t end = word_end(identity, 0);
	if (identity.substr(end, 4) != " on ")
		return {std::string(identity), ""};
	return {std::string(identity.substr(0, end)), std::string(identity.substr(end + 4))};
}

std::string literal(std::string_view text)
{
	std::string out = text.find('\\') == text.npos ? "'" : "E'";
	for (char c : text) {
		if (c == '\'' || c == '\\')
			out.push_back(c);
		out.push_back(c);
	}
	return out.append("'");
}

std::string unquoted(std::string_view name)
{
	if (name.size() < 2 || name.front() != '"')
		return std::string(name);
	std::string out;
	for (size_t i = 1; i + 1 < name.size(); i++) {
		out.push_back(name[i]);
		if (name[i] == '"')
			i++;
	}
	return out;
}

Options options_of(std::string_view list)
{
	Options options;
	for (const std::string &item : split_list(list)) {
		const size_t equals = std::min(item.find('='), item.size());
		options[item.substr(0, equals)] = equals < item.size() ? item.substr(equals + 1) : std::string();
	}
	return options;
}

Part with_clause(std::string_view definition)
{
	Part part;
	char quote = 0;
	int depth = 0;
	for (size_t i = 0; i < definition.size(); i++) {
		const char c = definition[i];
		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '"' || c == '\'')
			quote = c;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0 && part.begin != definition.npos && part.end == 0)
			part.end = i + 1;
		else if (depth == 0 && part.begin == definition.npos && definition.substr(i, 7) == " WITH (")
			part.begin = i;
	}
	return part;
}

void Mentions::add(std::string_view text)
{
	for_each_name(text, [&](size_t begin, size_t end) {
		const std::vector<std::string> parts = name_parts(text.substr(begin, end - begin));
		for (const std::string &part : parts)
			words.insert(part);
		if (parts.size() > 1)
			names.insert(parts[0] + "." + parts[1]);
	});
}

std::string renamed(std::string_view text, std::string_view from, std::string_view to)
{
	std::string out;
	size_t copied = 0;
	for_each_name(text, [&](size_t begin, size_t end) {
		const std::string_view name = text.substr(begin, end - begin);
		if (name == from || (name.size() > from.size() && name.starts_with(from) && name[from.size()] == '.')) {
			out.append(text.substr(copied, begin - copied)).append(to);
			copied = begin + from.size();
		}
	});
	return out.append(text.substr(copied));
}

namespace {

/* The end of the literal or quoted name that begins at i; i when none does. */
size_t quoted_end(std::string_view text, size_t i)
{
	std::string_view end = text.substr(i, 1);
	if (end == "$") {
		size_t tag = i + 1;
		while (tag < text.size() && in_word(text[tag]) && text[tag] != '$')
			tag++;
		if (tag >= text.size() || text[tag] != '$')
			return i;
		end = text.substr(i, tag + 1 - i);
	} else if (end != "'" && end != "\"")
		return i;
	const size_t found = text.find(end, i + end.size());
	return found == text.npos ? text.size() : found + end.size();
}

} // namespace

std::string with_minus_kept(std::string_view sql)
{
	constexpr std::string_view minus = "(- ";
	std::string result;
	for (size_t i = 0; i < sql.size();) {
		size_t end = quoted_end(sql, i);
		if (end == i && in_word(sql[i]) && sql[i] != '$')
			for (end = i; end < sql.size() && in_word(sql[end]);)
				end++;
		if (end > i) {
			result.append(sql.substr(i, end - i));
			i = end;
			continue;
		}
		const size_t number = i + minus.size();
		if (sql.substr(i).starts_with(minus)) {
			end = std::min(sql.find_first_not_of("0123456789.eE", number), sql.size());
			if (end > number && sql.substr(end, 1) == ")") {
				const std::string_view digits = sql.substr(number, end - number);
				result.append(minus).append(digits).append(digits.find_first_of(".eE") == digits.npos ? "::integer" : "::numeric");
				i = end;
				continue;
			}
		}
		result.push_back(sql[i++]);
	}
	return result;
}

std::string with_word(std::string_view text, std::string_view from, std::string_view to)
{
	const auto in_word = [](char c) { return isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '$' || c == '"' || (c & 0x80); };
	std::string result;
	for (size_t at = 0; at < text.size();) {
		const size_t found = std::min(text.find(from, at), text.size());
		result.append(text.substr(at, found - at));
		if (found == text.size())
			break;
		const size_t end = found + from.size();
		const bool whole = (found == 0 || !in_word(text[found - 1])) && (end == text.size() || !in_word(text[end]));
		result.append(whole ? to : from);
		at = end;
	}
	return result;
}

} // namespace surefoot::core

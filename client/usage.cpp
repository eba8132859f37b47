#include "usage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace surefoot::client {

namespace {

// How many keys lie between two words.
size_t distance(std::string_view a, std::string_view b)
{
	std::vector<size_t> row(b.size() + 1);
	std::iota(row.begin(), row.end(), size_t{0});
	for (size_t i = 1; i <= a.size(); ++i) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= b.size(); ++j) {
			size_t changed = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
		}
	}
	return row[b.size()];
}

std::string hint_of(const std::vector<std::string> &commands)
{
	std::string all;
	for (const std::string &command : commands)
		all += (all.empty() ? "" : " ") + command;
	return "Commands: " + all + "; see: surefoot --help";
}

// What stands before and behind a separator; the whole and nothing when it is not there.
std::pair<std::string, std::string> split(const std::string &text, std::string_view separator)
{
	size_t at = text.find(separator);
	if (at == std::string::npos)
		return {text, ""};
	return {text.substr(0, at), text.substr(at + separator.size())};
}

// "always,never" as words.
std::string alternatives(std::string list)
{
	size_t last = list.rfind(',');
	if (last != std::string::npos)
		list.replace(last, 1, " or ");
	for (size_t at = 0; (at = list.find(',', at)) != std::string::npos; at += 2)
		list.replace(at, 1, ", ");
	return list;
}

// "--color: x not in {auto,always,never}"
std::string of_validation(const std::string &text)
{
	const auto [option, rest] = split(text, ": ");
	const auto [value, set] = split(rest, " not in {");
	if (!set.empty())
		return fmt::format("{} takes {}, not \"{}\"", option,
						   alternatives(set.substr(0, set.find('}'))), value);
	return text;
}

} // namespace

Failure unknown_command(const std::string &word, const std::vector<std::string> &commands)
{
	std::string nearest;
	size_t least = 3;
	for (const std::string &command : commands)
		if (size_t far = distance(word, command); far < least && far < command.size()) {
			least = far;
			nearest = command;
		}
	return usage_failure(fmt::format("unknown command \"{}\"{}", word,
									 nearest.empty() ? "" : "; did you mean " + nearest + "?"),
						 hint_of(commands));
}

Failure no_command(const std::vector<std::string> &commands)
{
	return usage_failure("no command given", hint_of(commands));
}

std::string sentence_of(const std::string &kind, std::string text, const std::string &command)
{
	text = text.substr(0, text.find('\n'));
	if (kind == "ConversionError") {
		const auto [option, value] = split(split(text, ": ").second, " = ");
		return fmt::format("{} takes a number, not \"{}\"", option, value);
	}
	if (kind == "ValidationError")
		return of_validation(text);
	if (text.starts_with("The following argument"))
		return fmt::format("{} does not take: {}", command.empty() ? "surefoot" : command,
						   split(text, ": ").second);
	if (kind == "RequiredError")
		return fmt::format("{} needs a {}", command, split(text, " is required").first);
	if (kind == "ArgumentMismatch")
		return fmt::format("{} needs a value", split(text, ":").first);
	return text;
}

} // namespace surefoot::client

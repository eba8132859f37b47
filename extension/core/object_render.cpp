/* Definitions and their differences as text for people. */
#include "core/object.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

using Lines = std::vector<std::string_view>;

constexpr size_t context_lines = 2; /* shown around a difference within a long value */

Lines split(std::string_view text)
{
	Lines lines;
	size_t start = 0;
	for (size_t i = 0; i <= text.size(); i++)
		if (i == text.size() || text[i] == '\n') {
			lines.push_back(text.substr(start, i - start));
			start = i + 1;
		}
	while (lines.size() > 1 && lines.back().empty())
		lines.pop_back();
	return lines;
}

void put(std::string &out, std::string_view mark, std::string_view name, const Lines &lines)
{
	out.append("  ").append(mark).append(name).append(":");
	if (lines.size() == 1) {
		out.append(" ").append(lines[0]).append("\n");
		return;
	}
	out.append("\n");
	for (std::string_view line : lines)
		out.append("  ").append(mark).append("    ").append(line).append("\n");
}

/* Two long values: only the lines that differ, with a little around them. */
void put_difference(std::string &out, std::string_view name, const Lines &a, const Lines &b)
{
	const size_t shorter = std::min(a.size(), b.size());
	size_t head = 0, tail = 0;
	while (head < shorter && a[head] == b[head])
		head++;
	while (tail < shorter - head && a[a.size() - 1 - tail] == b[b.size() - 1 - tail])
		tail++;

	auto lines = [&out](const char *mark, const Lines &all, size_t from, size_t to) {
		for (size_t i = from; i < to; i++)
			out.append("  ").append(mark).append("    ").append(all[i]).append("\n");
	};
	const size_t from = head > context_lines ? head - context_lines : 0;
	const size_t after = std::min(tail, context_lines);
	out.append("    ").append(name).append(":\n");
	if (from > 0)
		out.append("        ...\n");
	lines("  ", a, from, head);
	lines("- ", a, head, a.size() - tail);
	lines("+ ", b, head, b.size() - tail);
	lines("  ", a, a.size() - tail, a.size() - tail + after);
	if (after < tail)
		out.append("        ...\n");
}

void put_all(std::string &out, std::string_view mark, const Object &object)
{
	for (const auto &[name, value] : object.fields)
		if (!is_physical(name))
			put(out, mark, name, split(value));
}

void put_changed(std::string &out, const Object &before, const Object &after)
{
	for (const auto &[name, value] : before.fields) {
		const std::string *now = after.field(name);
		if (is_physical(name) || (now && *now == value))
			continue;
		const Lines old_lines = split(value);
		const Lines new_lines = now ? split(*now) : Lines();
		if (now && old_lines.size() > 1 && new_lines.size() > 1) {
			put_difference(out, name, old_lines, new_lines);
			continue;
		}
		put(out, "- ", name, old_lines);
		if (now)
			put(out, "+ ", name, new_lines);
	}
	for (const auto &[name, value] : after.fields)
		if (!is_physical(name) && !before.field(name))
			put(out, "+ ", name, split(value));
}

} // namespace

std::string render(const Object &object)
{
	std::string out;
	for (const auto &[name, value] : object.fields) {
		const Lines lines = split(value);
		out.append(name).append(":");
		for (std::string_view line : lines)
			out.append(lines.size() == 1 ? " " : "\n    ").append(line);
		out.append("\n");
	}
	if (!out.empty())
		out.pop_back();
	return out;
}

std::string render(const Change &change)
{
	const Object &object = change.object();
	std::string out = object.kind + " " + object.identity;
	if (!change.before) {
		out.append(": added\n");
		put_all(out, "+ ", object);
	} else if (!change.after) {
		out.append(": dropped\n");
		put_all(out, "- ", object);
	} else {
		out.append(": changed\n");
		put_changed(out, *change.before, *change.after);
	}
	out.pop_back();
	return out;
}

std::string render(const std::vector<Change> &changes)
{
	std::string out;
	for (const Change &change : changes) {
		if (!out.empty())
			out.append("\n");
		out.append(render(change));
	}
	return out;
}

} // namespace surefoot::core

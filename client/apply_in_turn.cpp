#include <fmt/format.h>

#include "apply.hpp"
#include "lost_call.hpp"

namespace surefoot::client {

namespace {

constexpr size_t most_in_turn = 200;

// "0019 up: applied"; the server spells a version as it was registered.
bool is_end_of(const std::string &line, const std::string &version)
{
	const size_t space = line.find(' ');
	return line.ends_with(" up: applied") && space + 12 == line.size() &&
		   compare_versions(line.substr(0, space), version) == 0;
}

// Has the lines of the call under way seen, as long as it lives.
class NoticedLines {
public:
	NoticedLines(Run &run, std::function<void(const std::string &)> seen) : run_(run)
	{
		run_.on_line = std::move(seen);
	}
	~NoticedLines() { run_.on_line = nullptr; }
	NoticedLines(const NoticedLines &) = delete;
	NoticedLines &operator=(const NoticedLines &) = delete;

private:
	Run &run_;
};

} // namespace

bool Apply::is_untouched(const MigrationFiles &files) const
{
	auto row = status_.find(files.version);
	return row == status_.end() || row->second.state == "registered" || row->second.state == "reverted";
}

std::optional<int> Apply::apply_in_turn(const std::vector<const MigrationFiles *> &list, size_t &at)
{
	using namespace std::chrono;
	std::vector<std::string> versions;
	for (size_t i = at; i < list.size() && versions.size() < most_in_turn && is_untouched(*list[i]); ++i)
		versions.push_back(list[i]->version);
	// The report of each asks the server, which is busy.
	if (versions.size() < 2 || run_.options.json) {
		const MigrationFiles &files = *list[at];
		auto code = apply_one(files);
		at += code ? 0 : 1;
		return code;
	}
	const size_t end = at + versions.size();
	auto start = steady_clock::now();
	auto done = [&](size_t i, Outcome outcome) {
		finish_one(*list[i], {outcome, ""}, duration<double>(steady_clock::now() - start).count());
		start = steady_clock::now();
		run_.noticed.clear();
	};
	// What somebody else has applied meanwhile says nothing.
	auto done_until = [&](size_t i) {
		while (at < i)
			done(at++, Outcome::nothing_to_do);
	};
	run_.noticed.clear();
	NoticedLines lines(run_, [&](const std::string &line) {
		for (size_t i = at; i < end; ++i)
			if (is_end_of(line, list[i]->version)) {
				done_until(i);
				done(at++, Outcome::done);
				return;
			}
	});
	try {
		const auto [last, answer] = run_.server->apply_in_turn(versions);
		size_t i = at;
		while (i < end && list[i]->version != last)
			++i;
		done_until(i);
		if (at == end)
			return std::nullopt;
		auto code = conclude_one(*list[at], answer, 0, start);
		at += code ? 0 : 1;
		return code;
	} catch (const Failure &failure) {
		if (failure.code != "CONNECTION_LOST" || at == end)
			throw;
		auto code = conclude_one(*list[at], find_answer(run_, list[at]->version, "up", failure), 0, start);
		at += code ? 0 : 1;
		return code;
	}
}

} // namespace surefoot::client

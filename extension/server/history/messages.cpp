#include "server/history/messages.hpp"

#include "server/history/history.hpp"

/* Nothing here asks about a connection's Kerberos credentials, and their header is in a package that nobody else needs. */
#undef ENABLE_GSS
extern "C" {
#include "libpq/libpq.h"
}

namespace surefoot {

namespace {

std::vector<history::Event> journal;

/* A script of many statements is written in pieces. */
constexpr size_t journal_limit = 1000;

void note(int64 run, std::optional<int> step, std::optional<int> line, const std::string &message, const std::string &sql)
{
	journal.push_back({run, GetCurrentTimestamp(), step, line, message, sql});
	if (journal.size() >= journal_limit)
		write_journal();
}

void notice(int level, const std::string &line)
{
	const char *text = line.c_str();
	pg_call([level, text] { ereport(level, (errmsg_internal("%s", text))); });
}

/*
 * While one lives, what is sent to the client stays in the server's buffer: every notice is flushed by itself, and with small
 * migrations those system calls, each of which wakes the client, are a good part of our share.
 */
class HeldFlush {
public:
	HeldFlush()
	{
		held_ = *PqCommMethods;
		held_.flush = [] { return 0; };
		PqCommMethods = &held_;
	}
	~HeldFlush() { PqCommMethods = before_; }
	HeldFlush(const HeldFlush &) = delete;
	HeldFlush &operator=(const HeldFlush &) = delete;

private:
	const PQcommMethods *before_ = PqCommMethods;
	PQcommMethods held_;
};

std::string head(const Speaker &speaker)
{
	return speaker.version + " " + speaker.direction;
}

/* A statement on one line, for a line of a log. */
std::string one_line(const std::string &sql)
{
	std::string line;
	for (char c : sql) {
		const bool blank = c == '\n' || c == '\r' || c == '\t' || c == ' ';
		if (!blank)
			line += c;
		else if (!line.empty() && line.back() != ' ')
			line += ' ';
	}
	return line;
}

} // namespace

void say(const Speaker &speaker, const std::string &text)
{
	if (speaker.notices)
		notice(NOTICE, head(speaker) + ": " + text);
	note(speaker.run, std::nullopt, std::nullopt, text, "");
}

void say_with_next(const Speaker &speaker, const std::string &text)
{
	const HeldFlush held;
	say(speaker, text);
}

void say_statement(const Speaker &speaker, int step, int line, const std::string &sql)
{
	if (speaker.notices)
		notice(NOTICE, head(speaker) + ", step " + std::to_string(step) + ", line " + std::to_string(line) + ": " +
						   one_line(sql));
	note(speaker.run, step, line, "statement", sql);
}

void warn(const Speaker &speaker, const std::string &text)
{
	if (speaker.notices)
		notice(WARNING, head(speaker) + ": " + text);
	write_journal();
	Internal internal;
	history::log(speaker.run, "warning", std::nullopt, std::nullopt, text, "");
}

void say_live(const Speaker &speaker, const std::string &text)
{
	if (speaker.notices)
		notice(INFO, head(speaker) + ": " + text);
}

void write_journal()
{
	if (journal.empty())
		return;
	const std::vector<history::Event> events = std::move(journal);
	journal.clear();
	Internal internal;
	history::log(events);
}

size_t journal_mark()
{
	return journal.size();
}

void forget_journal(size_t mark)
{
	if (journal.size() > mark)
		journal.resize(mark);
}

} // namespace surefoot

#include "server/messages.hpp"

#include "server/history.hpp"

namespace surefoot {

namespace {

void notice(int level, const std::string &line)
{
	const char *text = line.c_str();
	pg_call([level, text] { ereport(level, (errmsg_internal("%s", text))); });
}

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
	Internal internal;
	history::log(speaker.run, "info", std::nullopt, std::nullopt, text, "");
}

void say_statement(const Speaker &speaker, int step, int line, const std::string &sql)
{
	if (speaker.notices)
		notice(NOTICE, head(speaker) + ", step " + std::to_string(step) + ", line " + std::to_string(line) + ": " +
						   one_line(sql));
	Internal internal;
	history::log(speaker.run, "info", step, line, "statement", sql);
}

void say_live(const Speaker &speaker, const std::string &text)
{
	if (speaker.notices)
		notice(INFO, head(speaker) + ": " + text);
}

} // namespace surefoot

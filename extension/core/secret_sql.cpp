#include "core/secret_sql.hpp"

#include <algorithm>
#include <cctype>

#include "core/characters.hpp"

namespace surefoot::core {

namespace {

/* What more is nested is read as if it were not: so the time stays linear. */
constexpr size_t deepest_body = 16;
constexpr size_t longest_name = 256;

constexpr std::string_view signs = "=:>";
/* What begins a place for a value: %L, $1, @name, {0}; in a literal also || of another one within it. */
constexpr std::string_view placeholders = "%@$#{";
constexpr std::string_view placeholders_in_literal = "%@$#{<?[|";

bool one_of(std::string_view set, char c)
{
	return set.find(c) != std::string_view::npos;
}

bool names_secret(std::string_view word)
{
	for (size_t i = 0; i < word.size(); i++)
		if (secret_word(word, i) > 0)
			return true;
	return false;
}

bool same_word(std::string_view word, std::string_view lower)
{
	return std::equal(word.begin(), word.end(), lower.begin(), lower.end(),
					  [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
}

struct Literal {
	size_t start, end;
	/* It has the word, and the value comes from elsewhere. */
	bool asks;
};

/* What is between brackets, or a statement. */
struct Group {
	size_t literals; /* the first of its own */
	bool asks = false;
	/* Brackets within have asked: what they give is concatenated, perhaps. */
	bool asked_within = false;
	bool names = false;	   /* the word was there */
	bool assigned = false; /* ... and a sign behind it: what follows is its value */
};

/* The statements of a script or of what is between dollars. */
struct Body {
	std::string_view tag;
	size_t start, groups, literals;
	bool asks = false;
};

class Reader {
public:
	Reader(std::string_view text, std::vector<SecretSpan> &found) : text_(text), found_(found) {}
	void read();

private:
	char at(size_t i) const { return i < text_.size() ? text_[i] : '\0'; }
	Group &group() { return groups_.back(); }
	void comment();
	void word();
	void name();
	void quoted(bool backslashes);
	bool dollars();
	void symbol();
	void literal(size_t start, size_t end);
	bool asks(size_t start, size_t end);
	void open();
	void close();
	void end_statement();
	void end_body(size_t end);

	std::string_view text_;
	std::vector<SecretSpan> &found_;
	size_t at_ = 0;
	/* The word was the last that was read, but for signs. */
	bool named_ = false;
	std::vector<Literal> literals_;
	std::vector<Group> groups_;
	std::vector<Body> bodies_;
};

void Reader::read()
{
	bodies_.push_back({"", 0, 0, 0});
	open();
	while (at_ < text_.size()) {
		const char c = text_[at_];
		if (is_blank(c))
			at_++;
		else if ((c == '-' && at(at_ + 1) == '-') || (c == '/' && at(at_ + 1) == '*'))
			comment();
		else if (c == '\'')
			quoted(false);
		else if (c == '"')
			name();
		else if (in_word(c) && c != '$')
			word();
		else if (c != '$' || !dollars())
			symbol();
	}
	while (bodies_.size() > 1)
		end_body(text_.size());
	end_statement();
}

void Reader::comment()
{
	if (text_[at_] == '-') {
		at_ = std::min(text_.find('\n', at_), text_.size());
		return;
	}
	size_t depth = 0;
	do {
		const std::string_view two = text_.substr(at_, 2);
		depth += two == "/*" ? 1 : two == "*/" ? -1 : 0;
		at_ += two == "/*" || two == "*/" ? 2 : 1;
	} while (depth > 0 && at_ < text_.size());
}

void Reader::word()
{
	const size_t start = at_;
	/* Between dollars another one may be the end of it. */
	while (in_word(at(at_)) && (at(at_) != '$' || bodies_.size() == 1))
		at_++;
	const std::string_view word = text_.substr(start, at_ - start);
	if (word.size() == 1 && at(at_) == '\'' && one_of("eEnNbBxX", word[0])) {
		quoted(word[0] == 'e' || word[0] == 'E');
		return;
	}
	if (word.size() == 1 && one_of("uU", word[0]) && text_.substr(at_, 2) == "&'") {
		at_++;
		quoted(false);
		return;
	}
	/* user's, can't: no literal opens there. */
	if (at(at_) == '\'' && starts_word(at(at_ + 1)) && !in_word(at(at_ + 2)) && at(at_ + 2) != '\'')
		at_ += 2;
	named_ = names_secret(word);
	group().names = group().names || named_;
	if (group().asked_within && same_word(word, "using"))
		group().asks = true;
}

/* A quoted name; but where a message quotes SQL, that is read. */
void Reader::name()
{
	const std::string_view rest = text_.substr(at_ + 1, longest_name);
	const size_t end = rest.find_first_of("\"\n");
	const std::string_view inside = rest.substr(0, end);
	const auto quotes = std::count(inside.begin(), inside.end(), '\'');
	if (end == rest.npos || rest[end] == '\n' || (quotes > 0 && quotes % 2 == 0)) {
		at_++;
		return;
	}
	at_ += end + 2;
	named_ = names_secret(inside);
}

void Reader::quoted(bool backslashes)
{
	const size_t start = ++at_;
	for (; at_ < text_.size(); at_++) {
		if (backslashes && text_[at_] == '\\')
			at_++;
		else if (text_[at_] == '\'') {
			if (at(at_ + 1) != '\'')
				break;
			at_++;
		}
	}
	const size_t end = std::min(at_, text_.size());
	at_ = end < text_.size() ? end + 1 : end;
	literal(start, end);
}

void Reader::literal(size_t start, size_t end)
{
	if (named_) {
		/* What follows may continue it, or is concatenated. */
		found_.push_back({start, end});
		group().asked_within = true;
		return;
	}
	const bool holds = asks(start, end);
	literals_.push_back({start, end, holds});
	group().asks = group().asks || holds;
}

/* Whether a literal has the word and a place for a value behind it, or the value behind its end. */
bool Reader::asks(size_t start, size_t end)
{
	for (size_t i = start; i < end;) {
		size_t length = secret_word(text_, i);
		if (length == 0) {
			i++;
			continue;
		}
		for (i += length; i < end && in_word(text_[i]);)
			i++;
		while (i < end && (is_blank(text_[i]) || one_of(signs, text_[i]) || one_of("'\"\\", text_[i])))
			i++;
		if (i >= end)
			return true;
		if (!one_of(placeholders_in_literal, text_[i]))
			continue;
		/* Where it is SQL with literals of its own, the value may be one of them. */
		const size_t quote = text_.substr(0, end).find('\'', i);
		if (quote != text_.npos)
			found_.push_back({std::min(text_.find_first_not_of('\'', quote), end), end});
		return true;
	}
	return false;
}

/* A body opens or closes; false where none does. */
bool Reader::dollars()
{
	size_t close = at_ + 1;
	if (starts_word(at(close)))
		while (in_word(at(close)) && at(close) != '$')
			close++;
	if (at(close) != '$')
		return false;
	const std::string_view tag = text_.substr(at_, close + 1 - at_);
	const size_t start = close + 1;
	for (size_t open = bodies_.size() - 1; open > 0; open--)
		if (bodies_[open].tag == tag) {
			const size_t end = at_;
			while (bodies_.size() > open)
				end_body(end);
			at_ = start;
			return true;
		}
	if (named_) {
		const size_t end = std::min(text_.find(tag, start), text_.size());
		literal(start, end);
		at_ = std::min(end + tag.size(), text_.size());
		return true;
	}
	/* As in %1$L$. */
	if (at_ > 0 && in_word(text_[at_ - 1]))
		return false;
	at_ = start;
	if (bodies_.size() < deepest_body) {
		bodies_.push_back({tag, start, groups_.size(), literals_.size()});
		open();
	}
	return true;
}

void Reader::end_body(size_t end)
{
	Body &body = bodies_.back();
	const bool asked = body.asks || named_;
	end_statement();
	groups_.resize(body.groups, Group{0});
	literals_.resize(body.literals);
	literals_.push_back({body.start, end, asked});
	group().asks = group().asks || asked;
	bodies_.pop_back();
	named_ = false;
}

void Reader::open()
{
	const bool value = !groups_.empty() && group().assigned;
	groups_.push_back(Group{literals_.size()});
	group().asks = value;
}

void Reader::close()
{
	const Group closed = group();
	groups_.pop_back();
	if (closed.asks) {
		bool spared = false; /* the statement itself is to be read */
		for (size_t i = closed.literals; i < literals_.size(); i++) {
			const Literal &one = literals_[i];
			if (one.asks && !spared)
				spared = true;
			else
				found_.push_back({one.start, one.end});
		}
		literals_.resize(closed.literals);
	}
	if (!groups_.empty())
		group().asked_within = group().asked_within || closed.asks || closed.asked_within;
}

void Reader::end_statement()
{
	while (groups_.size() > bodies_.back().groups)
		close();
	literals_.resize(bodies_.back().literals);
	open();
	group() = Group{literals_.size()};
}

void Reader::symbol()
{
	const char c = text_[at_++];
	if (named_ && one_of(signs, c)) {
		group().assigned = true;
		group().asks = group().asks || (c == ':' && at(at_) == '=');
		return;
	}
	if (named_ && one_of(placeholders, c))
		bodies_.back().asks = true;
	named_ = false;
	if (c == '(' || c == '[')
		open();
	else if ((c == ')' || c == ']') && groups_.size() > bodies_.back().groups + 1)
		close();
	else if (c == ';')
		end_statement();
	else if (c == ',')
		group().assigned = group().asked_within = false;
	else if (c == '|' && at(at_) == '|')
		group().asks = group().asks || group().asked_within;
	else if (c == ':' && at(at_) == '=')
		group().asks = group().asks || group().names;
}

} // namespace

void find_secrets_in_sql(std::string_view text, std::vector<SecretSpan> &found)
{
	if (names_secret(text))
		Reader(text, found).read();
}

} // namespace surefoot::core

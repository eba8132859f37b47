#include "core/canonical.hpp"

#include <vector>

namespace surefoot::core {

namespace {

/* What stands between brackets, and what joins it. */
struct Inside {
	std::string text;
	enum class Joined { otherwise, by_and, by_or } joined = Joined::otherwise;
	std::vector<size_t> commas; /* in text, at the top level */
};

class Reader {
public:
	explicit Reader(std::string_view text) : text_(text) {}

	/* Up to the bracket that closes, or the end. */
	Inside inside()
	{
		Inside result;
		Inside first; /* a group in parentheses that the text begins with, and where it ends */
		size_t first_end = 0;
		bool ands = false, ors = false, between = false;
		while (at_ < text_.size()) {
			const char c = text_[at_];
			if (c == ')' || c == ']')
				break;
			if (c == '\'' || c == '"') {
				const size_t end = end_of_quoted();
				result.text.append(text_.substr(at_, end - at_));
				at_ = end;
			} else if (c == '(' || c == '[') {
				at_++;
				Inside group = inside();
				const bool closed = at_ < text_.size();
				at_ += closed;
				if (std::string array = c == '(' ? array_of(group) : ""; !array.empty()) {
					result.text.append(array);
					continue;
				}
				const bool begins = c == '(' && result.text.empty();
				result.text.push_back(c);
				result.text.append(group.text);
				if (closed)
					result.text.push_back(c == '(' ? ')' : ']');
				if (c == '[')
					elements_ = std::move(group);
				if (begins) {
					first = std::move(group);
					first_end = result.text.size();
				}
			} else if (is_word_at_start(c)) {
				const size_t end = end_of_word();
				const std::string_view word = text_.substr(at_, end - at_);
				ands = ands || word == "AND";
				ors = ors || word == "OR";
				between = between || word == "BETWEEN";
				result.text.append(word);
				at_ = end;
			} else {
				if (c == ',')
					result.commas.push_back(result.text.size());
				result.text.push_back(c);
				at_++;
			}
		}
		if (ands != ors && !between)
			result.joined = ands ? Inside::Joined::by_and : Inside::Joined::by_or;
		/* (a AND b) AND c is read as a AND b AND c. */
		if (result.joined != Inside::Joined::otherwise && first_end > 0 && first.joined == result.joined &&
			std::string_view(result.text).substr(first_end).starts_with(ands ? " AND " : " OR ")) {
			result.text = first.text + result.text.substr(first_end);
			result.commas.clear();
		}
		return result;
	}

	bool at_end() const { return at_ == text_.size(); }

private:
	static bool is_word_at_start(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || (c & 0x80); }

	size_t end_of_word() const
	{
		size_t end = at_;
		while (end < text_.size() && (is_word_at_start(text_[end]) || (text_[end] >= '0' && text_[end] <= '9') || text_[end] == '$'))
			end++;
		return end;
	}

	size_t end_of_quoted() const
	{
		const char quote = text_[at_];
		const bool escapes = quote == '\'' && at_ > 0 && text_[at_ - 1] == 'E' && (at_ < 2 || !is_word_at_start(text_[at_ - 2]));
		for (size_t end = at_ + 1; end < text_.size(); end++)
			if (escapes && text_[end] == '\\')
				end++;
			else if (text_[end] == quote)
				return end + 1; /* of a doubled one the second begins another */
		return text_.size();
	}

	/* (ARRAY[a, b])::type[] is read as ARRAY[(a)::type, (b)::type]; empty when that is not what was read last. */
	std::string array_of(const Inside &group)
	{
		constexpr std::string_view array = "ARRAY[", cast = "::";
		const Inside elements = std::move(elements_);
		elements_ = {};
		if (!group.text.starts_with(array) || elements.text.empty() || group.text != std::string(array) + elements.text + "]" ||
			elements.text.starts_with(array) || !text_.substr(at_).starts_with(cast))
			return {};
		size_t end = at_ + cast.size();
		while (end < text_.size() && (is_word_at_start(text_[end]) || text_[end] == ' ' || text_[end] == '.' || text_[end] == '"' ||
									  (text_[end] >= '0' && text_[end] <= '9')))
			end++;
		if (!text_.substr(end).starts_with("[]"))
			return {};
		const std::string type(text_.substr(at_ + cast.size(), end - at_ - cast.size()));
		std::string result(array);
		size_t from = 0;
		for (size_t i = 0; i <= elements.commas.size(); i++) {
			const size_t to = i < elements.commas.size() ? elements.commas[i] : elements.text.size();
			result.append(i > 0 ? ", (" : "(").append(elements.text, from, to - from).append(")::").append(type);
			from = to + 2;
		}
		at_ = end + 2;
		return result + "]";
	}

	std::string_view text_;
	size_t at_ = 0;
	Inside elements_; /* of the array that ended last */
};

} // namespace

std::string canonical(std::string_view text)
{
	if (text.find(") AND ") == text.npos && text.find(") OR ") == text.npos && text.find("])::") == text.npos)
		return std::string(text);
	Reader reader(text);
	std::string result = reader.inside().text;
	/* Brackets that do not match are nothing that is understood here. */
	return reader.at_end() ? result : std::string(text);
}

} // namespace surefoot::core

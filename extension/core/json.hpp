/* As much of JSON as the module writes and reads back: objects, arrays, strings, null. Byte-transparent; see object_json.hpp. */
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace surefoot::core::json {

/* Appends text as a JSON string. */
void write(std::string &out, std::string_view text);

/* A pull reader: the caller says what must come next. */
class Reader {
public:
	explicit Reader(std::string_view text) : text_(text) {}

	std::string string();
	/* Whether null is next; reads it then. */
	bool null();
	/* Calls element() in front of each element. */
	template <typename F> void array(F &&element)
	{
		expect('[');
		if (accept(']'))
			return;
		do
			element();
		while (accept(','));
		expect(']');
	}
	/* Calls member(name) in front of each value. */
	template <typename F> void object(F &&member)
	{
		expect('{');
		if (accept('}'))
			return;
		do {
			const std::string name = string();
			expect(':');
			member(name);
		} while (accept(','));
		expect('}');
	}
	void end();
	[[noreturn]] void fail() const;

private:
	void skip_space();
	bool accept(char c);
	void expect(char c);
	unsigned hexadecimal();

	std::string_view text_;
	size_t at_ = 0;
};

} // namespace surefoot::core::json

#include "core/json.hpp"

namespace surefoot::core::json {

namespace {

void append_utf8(std::string &out, unsigned code)
{
	if (code < 0x80)
		out.push_back(static_cast<char>(code));
	else if (code < 0x800) {
		out.push_back(static_cast<char>(0xC0 | code >> 6));
		out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
	} else if (code < 0x10000) {
		out.push_back(static_cast<char>(0xE0 | code >> 12));
		out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
		out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
	} else {
		out.push_back(static_cast<char>(0xF0 | code >> 18));
		out.push_back(static_cast<char>(0x80 | (code >> 12 & 0x3F)));
		out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3F)));
		out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
	}
}

} // namespace

void write(std::string &out, std::string_view text)
{
	static const char digits[] = "0123456789abcdef";
	out.push_back('"');
	for (char c : text)
		switch (c) {
		case '"': out.append("\\\""); break;
		case '\\': out.append("\\\\"); break;
		case '\n': out.append("\\n"); break;
		case '\r': out.append("\\r"); break;
		case '\t': out.append("\\t"); break;
		default:
			if (static_cast<unsigned char>(c) < 0x20) {
				out.append("\\u00");
				out.push_back(digits[c >> 4]);
				out.push_back(digits[c & 15]);
			} else
				out.push_back(c);
		}
	out.push_back('"');
}

void Reader::fail() const
{
	throw std::invalid_argument("unexpected JSON at byte " + std::to_string(at_));
}

void Reader::skip_space()
{
	while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\t' || text_[at_] == '\r'))
		at_++;
}

bool Reader::accept(char c)
{
	skip_space();
	if (at_ == text_.size() || text_[at_] != c)
		return false;
	at_++;
	return true;
}

void Reader::expect(char c)
{
	if (!accept(c))
		fail();
}

void Reader::end()
{
	skip_space();
	if (at_ != text_.size())
		fail();
}

bool Reader::null()
{
	skip_space();
	if (text_.substr(at_, 4) != "null")
		return false;
	at_ += 4;
	return true;
}

unsigned Reader::hexadecimal()
{
	unsigned value = 0;
	for (int i = 0; i < 4; i++, at_++) {
		const char c = at_ < text_.size() ? text_[at_] : ' ';
		if (c >= '0' && c <= '9')
			value = value * 16 + (c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value = value * 16 + ((c | 0x20) - 'a' + 10);
		else
			fail();
	}
	return value;
}

std::string Reader::string()
{
	std::string out;
	expect('"');
	for (;;) {
		if (at_ >= text_.size())
			fail();
		char c = text_[at_++];
		if (c == '"')
			return out;
		if (c != '\\') {
			out.push_back(c);
			continue;
		}
		if (at_ >= text_.size())
			fail();
		switch (c = text_[at_++]) {
		case '"':
		case '\\':
		case '/': out.push_back(c); break;
		case 'b': out.push_back('\b'); break;
		case 'f': out.push_back('\f'); break;
		case 'n': out.push_back('\n'); break;
		case 'r': out.push_back('\r'); break;
		case 't': out.push_back('\t'); break;
		case 'u': {
			unsigned code = hexadecimal();
			if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
				at_ += 2;
				code = 0x10000 + ((code - 0xD800) << 10) + (hexadecimal() - 0xDC00);
			}
			append_utf8(out, code);
			break;
		}
		default: fail();
		}
	}
}

} // namespace surefoot::core::json

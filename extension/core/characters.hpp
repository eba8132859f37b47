/* The characters of SQL's words. */
#pragma once

namespace surefoot::core {

inline bool starts_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

inline bool in_word(char c)
{
	return starts_word(c) || (c >= '0' && c <= '9') || c == '$';
}

inline bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

} // namespace surefoot::core

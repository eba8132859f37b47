/* The version of a migration: digits of any length. 0019 and 19 are one version; the text is kept for display. */
#pragma once

#include <string>
#include <string_view>

namespace surefoot::core {

/* The digits without leading zeros ("0" for zero); empty when text is not a version. */
inline std::string version_number(std::string_view text)
{
	if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos)
		return {};
	const size_t first = text.find_first_not_of('0');
	return first == std::string_view::npos ? "0" : std::string(text.substr(first));
}

/* Compares two results of version_number(). */
inline bool version_less(std::string_view a, std::string_view b)
{
	return a.size() != b.size() ? a.size() < b.size() : a < b;
}

} // namespace surefoot::core

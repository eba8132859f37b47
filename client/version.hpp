// Versions of migrations: digits of any length, compared as numbers. 0019 and 19 are one.
#pragma once

#include <string>
#include <string_view>

namespace surefoot::client {

bool is_version(std::string_view text);

// Without leading zeros; the key under which versions are compared.
std::string version_key(std::string_view version);

// < 0, 0, > 0
int compare_versions(std::string_view left, std::string_view right);

struct VersionLess {
	bool operator()(std::string_view left, std::string_view right) const
	{
		return compare_versions(left, right) < 0;
	}
};

// What a person writes for a migration: 0019, 19, or the whole stem 0019_add_status.
struct VersionArgument {
	std::string version;
	std::string name; // empty unless the stem was given
};

VersionArgument parse_version_argument(std::string_view text);

} // namespace surefoot::client

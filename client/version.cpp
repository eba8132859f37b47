#include "version.hpp"

#include <fmt/format.h>

#include "failure.hpp"

namespace surefoot::client {

bool is_version(std::string_view text)
{
	return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string version_key(std::string_view version)
{
	size_t first = version.find_first_not_of('0');
	return first == std::string_view::npos ? "0" : std::string(version.substr(first));
}

int compare_versions(std::string_view left, std::string_view right)
{
	std::string_view bare_left = left.substr(std::min(left.find_first_not_of('0'), left.size()));
	std::string_view bare_right =
		right.substr(std::min(right.find_first_not_of('0'), right.size()));
	if (bare_left.size() != bare_right.size())
		return bare_left.size() < bare_right.size() ? -1 : 1;
	return bare_left.compare(bare_right);
}

VersionArgument parse_version_argument(std::string_view text)
{
	// A file name of the migration is as clear as its stem: completion of the shell gives it.
	if (size_t slash = text.rfind('/'); slash != std::string_view::npos)
		text.remove_prefix(slash + 1);
	for (std::string_view ending : {".up.sql", ".down.sql", ".verify.sql"})
		if (text.ends_with(ending))
			text.remove_suffix(ending.size());

	size_t underscore = text.find('_');
	VersionArgument argument;
	argument.version = text.substr(0, underscore);
	if (underscore != std::string_view::npos)
		argument.name = text.substr(underscore + 1);
	if (!is_version(argument.version))
		throw usage_failure(
			fmt::format("\"{}\" is not a version", text),
			"A version is a number (0019 or 19) or a file's stem (0019_add_status).");
	return argument;
}

} // namespace surefoot::client

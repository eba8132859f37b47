#include <array>
#include <utility>

#include "options.hpp"
#include "text.hpp"

namespace surefoot::client {

std::string canonical_command(const std::string &word)
{
	// What people's fingers know from other runners.
	constexpr std::array<std::pair<std::string_view, std::string_view>, 14> aliases{{
		{"up", "apply"},
		{"migrate", "apply"},
		{"deploy", "apply"},
		{"down", "revert"},
		{"rollback", "revert"},
		{"undo", "revert"},
		{"info", "status"},
		{"list", "status"},
		{"create", "new"},
		{"add", "new"},
		{"check", "checklist"},
		{"verify", "validate"},
		{"history", "log"},
		{"continue", "resume"},
	}};
	for (const auto &[alias, command] : aliases)
		if (alias == word)
			return std::string(command);
	return word;
}

std::string command_line(const Options &options, const std::string &command,
						 const std::string &target)
{
	std::string line = "surefoot " + command;
	if (!target.empty())
		line += " " + shell_quote(target);
	auto add = [&](const char *flag, const std::optional<std::string> &value) {
		// A connection string may carry a password.
		if (value && value->find('=') == std::string::npos &&
			value->find("://") == std::string::npos)
			line += std::string(" ") + flag + " " + shell_quote(*value);
	};
	add("-h", options.connection.host);
	add("-p", options.connection.port);
	add("-d", options.connection.dbname);
	add("-U", options.connection.user);
	if (options.dir_given)
		line += " --dir " + shell_quote(options.dir);
	if (options.sandbox)
		line += " --sandbox";
	return line;
}

} // namespace surefoot::client

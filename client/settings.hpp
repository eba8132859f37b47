// Where to connect: flags, then DB_*, then DATABASE_URL, then what libpq knows by itself.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace surefoot::client {

using Environment = std::map<std::string, std::string, std::less<>>;

Environment process_environment();
std::string env_value(const Environment &env, std::string_view name);

struct ConnectionFlags {
	std::optional<std::string> host;
	std::optional<std::string> port;
	std::optional<std::string> dbname;
	std::optional<std::string> user;
};

struct Setting {
	std::string keyword; // libpq's name
	std::string value;
	std::string source; // the flag or variable it came from
};

class ConnectionSettings {
public:
	const Setting *find(std::string_view keyword) const;
	std::string value(std::string_view keyword) const;
	// The first source that names a keyword wins.
	void add(std::string keyword, std::string value, std::string source);
	const std::vector<Setting> &items() const { return items_; }

	// host "db1" (DB_HOST), port "5432" (default), ... and never the password
	std::string describe() const;
	// The text with every trace of the password covered.
	std::string without_password(std::string text) const;

	// What libpq takes from its own variables, where nothing else is given: to be told, not to be handed over.
	void add_of_libpq(std::string keyword, std::string value, std::string source);
	const Setting *find_of_libpq(std::string_view keyword) const;

private:
	std::vector<Setting> items_, of_libpq_;
};

// Throws a Failure with exit_connection that names the wrong variable.
ConnectionSettings resolve_settings(const ConnectionFlags &flags, const Environment &env);

} // namespace surefoot::client

#include "settings.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <array>
#include <memory>

#include "failure.hpp"
#include "password_file.hpp"
#include "text.hpp"


namespace surefoot::client {

Environment process_environment()
{
	Environment env;
	for (char **entry = environ; *entry; ++entry) {
		std::string_view text = *entry;
		if (size_t equals = text.find('='); equals != std::string_view::npos)
			env.emplace(text.substr(0, equals), text.substr(equals + 1));
	}
	return env;
}

std::string env_value(const Environment &env, std::string_view name)
{
	auto at = env.find(name);
	return at == env.end() ? "" : at->second;
}

namespace {

const Setting *find_in(const std::vector<Setting> &settings, std::string_view keyword)
{
	for (const Setting &setting : settings)
		if (setting.keyword == keyword)
			return &setting;
	return nullptr;
}

} // namespace

const Setting *ConnectionSettings::find(std::string_view keyword) const
{
	return find_in(items_, keyword);
}

const Setting *ConnectionSettings::find_of_libpq(std::string_view keyword) const
{
	return find_in(of_libpq_, keyword);
}

void ConnectionSettings::add_of_libpq(std::string keyword, std::string value, std::string source)
{
	if (!find(keyword) && !find_of_libpq(keyword))
		of_libpq_.push_back({std::move(keyword), std::move(value), std::move(source)});
}

std::string ConnectionSettings::value(std::string_view keyword) const
{
	const Setting *setting = find(keyword);
	return setting ? setting->value : "";
}

void ConnectionSettings::add(std::string keyword, std::string value, std::string source)
{
	if (!find(keyword))
		items_.push_back({std::move(keyword), std::move(value), std::move(source)});
}

std::string ConnectionSettings::describe() const
{
	struct Shown {
		const char *keyword, *label, *variable;
	};
	constexpr std::array shown{Shown{"host", "host", "DB_HOST"}, Shown{"port", "port", "DB_PORT"},
							   Shown{"dbname", "database", "DB_NAME"},
							   Shown{"user", "user", "DB_USER"},
							   Shown{"password", "password", "DB_PASSWORD"}};
	std::string text;
	for (const auto &[keyword, label, variable] : shown) {
		const Setting *setting = find(keyword);
		if (!setting)
			setting = find_of_libpq(keyword);
		text += text.empty() ? "" : ", ";
		if (!setting)
			text += fmt::format("{} by libpq's default ({} is not set)", label, variable);
		else if (setting->keyword == "password")
			text += fmt::format("{} from {}", label, setting->source);
		else
			text += fmt::format("{} \"{}\" from {}", label, setting->value, setting->source);
	}
	return text;
}

std::string ConnectionSettings::without_password(std::string text) const
{
	std::string password = value("password");
	if (password.empty())
		return text;
	// What is shown anyway under another name is no secret, and covering it would spoil the message.
	for (const char *keyword : {"user", "dbname", "host"})
		if (value(keyword) == password)
			return text;
	for (size_t at = 0; (at = text.find(password, at)) != std::string::npos; at += 8)
		text.replace(at, password.size(), "********");
	return text;
}

namespace {

Failure wrong_setting(std::string message, std::string hint = "")
{
	return make_failure(exit_connection, "SETTING", std::move(message), std::move(hint));
}

void check_port(const std::string &value, const std::string &source)
{
	// libpq takes a list when the host is a list.
	std::string_view rest = value;
	while (true) {
		size_t comma = rest.find(',');
		std::string_view one = trim(rest.substr(0, comma));
		bool good = !one.empty() && one.size() <= 5 &&
					one.find_first_not_of("0123456789") == std::string_view::npos;
		if (good) {
			int port = std::stoi(std::string(one));
			good = port >= 1 && port <= 65535;
		}
		if (!good && !(one.empty() && comma != std::string_view::npos))
			throw wrong_setting(fmt::format("{} is \"{}\", not a port number", source, value),
								"A port is a number from 1 to 65535, usually 5432.");
		if (comma == std::string_view::npos)
			return;
		rest.remove_prefix(comma + 1);
	}
}

void check_sslmode(const std::string &value)
{
	for (std::string_view mode :
		 {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"})
		if (value == mode)
			return;
	throw wrong_setting(fmt::format("DB_SSLMODE is \"{}\"", value),
						"It is one of disable, allow, prefer, require, verify-ca, verify-full.");
}

constexpr const char *encoding_hint = "Special characters in a URL need percent-encoding, such as %40 for @ and %2F for /; "
									  "DB_HOST, DB_PORT, DB_NAME, DB_USER and DB_PASSWORD take any character as it is.";

// Whether a part of the password would be taken for a host or a database, and be shown: it has an @ or a / that is not encoded.
bool cuts_password(std::string_view url)
{
	const size_t scheme = url.find("://");
	if (!url.starts_with("postgres") || scheme == std::string_view::npos)
		return false;
	const std::string_view rest = url.substr(scheme + 3);
	const size_t at = rest.find('@'), slash = rest.find('/');
	if (at == std::string_view::npos)
		return false;
	if (slash < at)
		return rest.substr(slash, at - slash).find('?') == std::string_view::npos;
	const std::string_view place = rest.substr(at + 1);
	return place.substr(0, place.find('?')).find('@') != std::string_view::npos;
}

// A connection string, taken apart by libpq. Its own messages quote the string, password and all:
// only what stands before the first quotation mark is repeated.
void add_connection_string(ConnectionSettings &settings, const std::string &text,
						   const std::string &source)
{
	if (cuts_password(text))
		throw wrong_setting(fmt::format("{} is not a valid connection string: there is an @ or a / in its user or password that is not encoded", source),
							encoding_hint);
	char *error = nullptr;
	std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
		PQconninfoParse(text.c_str(), &error), PQconninfoFree);
	std::string reason = error ? error : "";
	PQfreemem(error);
	if (!options) {
		reason = trim(std::string_view(reason).substr(0, reason.find('"')));
		while (reason.ends_with(':'))
			reason.pop_back();
		throw wrong_setting(fmt::format("{} is not a valid connection string{}{}", source,
										reason.empty() ? "" : ": ", reason),
							encoding_hint);
	}
	for (PQconninfoOption *option = options.get(); option->keyword; ++option)
		if (option->val && *option->val) {
			if (option->keyword == std::string_view("port"))
				check_port(option->val, "the port in " + source);
			settings.add(option->keyword, option->val, source);
		}
}

bool is_connection_string(std::string_view text)
{
	return text.starts_with("postgres://") || text.starts_with("postgresql://") ||
		   text.find('=') != std::string_view::npos;
}

void add_flags(ConnectionSettings &settings, const ConnectionFlags &flags)
{
	if (flags.host)
		settings.add("host", *flags.host, "--host");
	if (flags.port) {
		check_port(*flags.port, "--port");
		settings.add("port", *flags.port, "--port");
	}
	if (flags.user)
		settings.add("user", *flags.user, "--username");
	if (flags.dbname && is_connection_string(*flags.dbname))
		add_connection_string(settings, *flags.dbname, "--dbname");
	else if (flags.dbname)
		settings.add("dbname", *flags.dbname, "--dbname");
}

void add_password(ConnectionSettings &settings, const Environment &env)
{
	std::string password = env_value(env, "DB_PASSWORD");
	std::string file = env_value(env, "DB_PASSWORD_FILE");
	if (!password.empty() && !file.empty())
		throw wrong_setting("DB_PASSWORD and DB_PASSWORD_FILE are both set", "Unset one of them.");
	if (!password.empty())
		settings.add("password", password, "DB_PASSWORD");
	else if (!file.empty() && !settings.find("password"))
		settings.add("password", read_password_file(file, "DB_PASSWORD_FILE"), "DB_PASSWORD_FILE");
}

// Returns whether any of the variables was there.
bool add_db_variables(ConnectionSettings &settings, const Environment &env)
{
	struct Variable {
		const char *name, *keyword;
	};
	constexpr std::array variables{Variable{"DB_HOST", "host"}, Variable{"DB_PORT", "port"},
								   Variable{"DB_NAME", "dbname"}, Variable{"DB_USER", "user"},
								   Variable{"DB_SSLMODE", "sslmode"}};
	bool any = false;
	for (const auto &[name, keyword] : variables) {
		auto at = env.find(std::string_view(name));
		if (at == env.end())
			continue;
		if (trim(at->second).empty())
			throw wrong_setting(fmt::format("{} is set but empty", name),
								fmt::format("Give {} a value, or unset it.", name));
		if (std::string_view(keyword) == "port")
			check_port(at->second, name);
		else if (std::string_view(keyword) == "sslmode")
			check_sslmode(at->second);
		settings.add(keyword, at->second, name);
		any = any || std::string_view(keyword) != "sslmode";
	}
	add_password(settings, env);
	return any;
}

void add_variables_of_libpq(ConnectionSettings &settings, const Environment &env)
{
	struct Variable {
		const char *name, *keyword;
	};
	constexpr std::array variables{Variable{"PGHOST", "host"},		   Variable{"PGHOSTADDR", "host"},
								   Variable{"PGPORT", "port"},		   Variable{"PGDATABASE", "dbname"},
								   Variable{"PGUSER", "user"},		   Variable{"PGPASSWORD", "password"}};
	for (const auto &[name, keyword] : variables)
		if (std::string value = env_value(env, name); !value.empty())
			settings.add_of_libpq(keyword, value, name);
}

} // namespace

ConnectionSettings resolve_settings(const ConnectionFlags &flags, const Environment &env)
{
	ConnectionSettings settings;
	add_flags(settings, flags);
	bool by_variables = add_db_variables(settings, env);
	if (std::string url = env_value(env, "DATABASE_URL"); !url.empty()) {
		if (!is_connection_string(url))
			throw wrong_setting("DATABASE_URL is not a connection string",
								"It looks like postgresql://user@host:5432/database.");
		add_connection_string(settings, url, "DATABASE_URL");
	}
	add_variables_of_libpq(settings, env);
	// Whoever describes a server with DB_* means a database too; libpq would quietly take the user's name.
	if (by_variables && !settings.find("dbname") && !settings.find("service") &&
		env_value(env, "PGDATABASE").empty() && env_value(env, "PGSERVICE").empty())
		throw wrong_setting("DB_NAME is not set",
							"Other DB_* variables are; add the database's name.");
	return settings;
}

} // namespace surefoot::client

#include "connection_advice.hpp"

#include <fmt/format.h>

#include <array>

#include "text.hpp"

namespace surefoot::client {

namespace {

struct Advice {
	std::string_view words; // as libpq or the server says it
	const char *keyword;
	const char *variable;
};

// The first that matches counts.
constexpr std::array advices{
	Advice{"password authentication failed", "password", "DB_PASSWORD"},
	Advice{"no password supplied", "password", "DB_PASSWORD"},
	Advice{"Peer authentication failed", "user", "DB_USER"},
	Advice{"Ident authentication failed", "user", "DB_USER"},
	Advice{"no pg_hba.conf entry", "user", "DB_USER"},
	Advice{"could not translate host name", "host", "DB_HOST"},
	Advice{"SSL", "sslmode", "DB_SSLMODE"},
	Advice{"Connection refused", "port", "DB_PORT"},
	Advice{"No such file or directory", "host", "DB_HOST"},
	Advice{"timeout expired", "host", "DB_HOST"},
	Advice{"No route to host", "host", "DB_HOST"},
	Advice{"Network is unreachable", "host", "DB_HOST"},
	Advice{"invalid port number", "port", "DB_PORT"},
	Advice{"sslmode", "sslmode", "DB_SSLMODE"},
};

const char *named_object(std::string_view message, std::string_view kind)
{
	size_t at = message.find(fmt::format("{} \"", kind));
	if (at == std::string_view::npos ||
		message.find("does not exist", at) == std::string_view::npos)
		return nullptr;
	return kind == "database" ? "dbname" : "user";
}

std::string advise(const ConnectionSettings &settings, const char *keyword, const char *variable)
{
	if (const Setting *setting = settings.find(keyword))
		return fmt::format("Look at {}.", setting->source);
	if (const Setting *setting = settings.find_of_libpq(keyword))
		return fmt::format("Look at {}.", setting->source);
	if (std::string_view(keyword) == "password")
		return "DB_PASSWORD is not set; set it, or DB_PASSWORD_FILE, or use ~/.pgpass.";
	if (std::string_view(keyword) == "port" || std::string_view(keyword) == "host")
		return fmt::format(
			"{} is not set, so libpq's default was tried; is the server running there?", variable);
	return fmt::format("{} is not set, so libpq's default was used.", variable);
}

} // namespace

Failure connection_failure(const ConnectionSettings &settings, std::string libpq_message,
						   bool needs_password)
{
	std::string message = settings.without_password(std::string(trim(libpq_message)));
	Failure failure = make_failure(exit_connection, "CONNECTION", message);
	failure.detail = settings.describe() + ".";
	if (named_object(message, "database"))
		failure.hint = advise(settings, "dbname", "DB_NAME");
	else if (named_object(message, "role"))
		failure.hint = advise(settings, "user", "DB_USER");
	else if (needs_password)
		failure.hint = advise(settings, "password", "DB_PASSWORD");
	else
		for (const Advice &advice : advices)
			if (message.find(advice.words) != std::string::npos) {
				failure.hint = advise(settings, advice.keyword, advice.variable);
				if (advice.words.starts_with("Peer") || advice.words.starts_with("Ident"))
					failure.hint +=
						" On a socket the server wants the operating system's user of that "
						"name: run it as that one (sudo -u NAME), or go by TCP with a "
						"password: -h localhost and DB_PASSWORD.";
				break;
			}
	return failure;
}

} // namespace surefoot::client

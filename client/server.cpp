#include "server.hpp"

#include <fmt/format.h>

#include "text.hpp"

namespace surefoot::client {

namespace {

// Both sides agree on the calls as long as they agree on the first two numbers.
std::string series(const std::string &version)
{
	size_t first = version.find('.');
	return version.substr(0, first == std::string::npos ? first : version.find('.', first + 1));
}

} // namespace

Server::Server(Connection &connection) : connection_(connection)
{
	find_extension();
}

void Server::find_extension()
{
	// The level of messages belongs to the role; the lines of a run come as notices.
	Result found = connection_.script(
		"SET client_min_messages = notice;\n"
		// Names are looked up one by one: planning a join takes longer than the rest of the question.
		"SELECT e.extnamespace::pg_catalog.regnamespace::pg_catalog.text, e.extversion, "
		"pg_catalog.current_database(), current_user, pg_catalog.pg_is_in_recovery() FROM pg_catalog.pg_extension e "
		"WHERE e.extname OPERATOR(pg_catalog.=) 'surefoot'");
	info_.server_version = connection_.parameter("server_version");
	if (found.rows() > 0) {
		info_.schema = found.string(0, 0);
		info_.extension_version = found.string(0, 1);
		info_.database = found.string(0, 2);
		info_.user = found.string(0, 3);
		info_.standby = found.boolean(0, 4);
	} else {
		info_.database = connection_.database();
		Result available =
			connection_.query("SELECT default_version FROM pg_catalog.pg_available_extensions "
							  "WHERE name OPERATOR(pg_catalog.=) 'surefoot'");
		Failure failure = make_failure(
			exit_usage, "EXTENSION_MISSING",
			fmt::format("the extension surefoot is not in database \"{}\"", info_.database));
		if (available.rows() == 0)
			failure.hint = "It is not installed on the server either: run make install there, then "
						   "CREATE EXTENSION surefoot;";
		else
			failure.hint = "As a superuser, run: CREATE EXTENSION surefoot;";
		failure.next_command =
			fmt::format("psql{}{} -d {} -c 'CREATE EXTENSION surefoot'",
						connection_.host().empty() ? "" : " -h " + shell_quote(connection_.host()),
						connection_.port().empty() || connection_.port() == "5432"
							? ""
							: " -p " + connection_.port(),
						shell_quote(info_.database));
		throw failure;
	}

	// That library and extension belong together is the server's own check, made before it changes anything.
	if (series(info_.extension_version) != series(SUREFOOT_VERSION))
		throw make_failure(
			exit_usage, "VERSION_MISMATCH",
			fmt::format("this client is {}, but the extension in database \"{}\" is {}",
						SUREFOOT_VERSION, info_.database, info_.extension_version),
			"Use the client that belongs to it, or run: ALTER EXTENSION surefoot UPDATE;");
}

std::string Server::library_version()
{
	return connection_.query("SELECT surefoot.version()").string(0, 0);
}

bool Server::may_look()
{
	return connection_
		.query("SELECT pg_catalog.has_schema_privilege('surefoot', 'USAGE') AND "
			   "pg_catalog.has_table_privilege('surefoot.migration', 'SELECT')")
		.boolean(0, 0);
}

void Server::share_flush()
{
	connection_.script("SET surefoot.share_flush = on");
}

void Server::wait_for_flush()
{
	connection_.query("SELECT surefoot.wait_for_flush()");
}

void Server::rehearse_without_limits()
{
	connection_.script(
		"SET surefoot.rehearse_timeout = 0; SET surefoot.rehearse_pages = 2147483647");
}

void Server::forget_temporary()
{
	connection_.script("DISCARD TEMP");
}

void Server::allow_out_of_order()
{
	connection_.script("SET surefoot.allow_out_of_order = on");
}

void Server::allow_no_way_back(bool allow)
{
	connection_.script(allow ? "SET surefoot.allow_no_way_back = on"
							 : "RESET surefoot.allow_no_way_back");
}

void Server::begin()
{
	connection_.script("BEGIN");
}

void Server::rollback()
{
	if (connection_.in_transaction())
		connection_.script("ROLLBACK");
}

} // namespace surefoot::client

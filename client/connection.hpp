// One libpq connection. Server errors leave it as Failures with everything the server said.
#pragma once

#include <libpq-fe.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "failure.hpp"
#include "settings.hpp"

namespace surefoot::client {

struct Notice {
	std::string severity; // NOTICE, WARNING, INFO, ... in English whatever the server speaks
	std::string sqlstate;
	std::string message;
	std::string detail;
	std::string hint;
};

class Result {
public:
	explicit Result(PGresult *result) : result_(result, PQclear) {}

	int rows() const { return PQntuples(result_.get()); }
	int columns() const { return PQnfields(result_.get()); }
	bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column); }
	// An empty string for NULL.
	std::string_view text(int row, int column) const;
	std::string string(int row, int column) const { return std::string(text(row, column)); }
	bool boolean(int row, int column) const { return text(row, column) == "t"; }
	int integer(int row, int column) const;
	std::optional<std::int64_t> bigint(int row, int column) const;
	std::optional<double> number(int row, int column) const;

private:
	std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

using Param = std::optional<std::string_view>;
using Params = std::vector<Param>;

class Connection {
public:
	// Throws a Failure that names the setting that is likely wrong.
	static Connection open(const ConnectionSettings &settings);

	Result query(const std::string &sql, const Params &params = {});
	// Several statements, by the simple protocol; the last result.
	Result script(const std::string &sql);
	void prepare(const std::string &name, const std::string &sql);
	Result query_prepared(const std::string &name, const Params &params);

	bool alive() const { return PQstatus(connection_.get()) == CONNECTION_OK; }
	bool in_transaction() const;
	std::string parameter(const char *name) const;
	std::string host() const;
	std::string port() const;
	std::string database() const;
	std::string user() const;

	void on_notice(std::function<void(const Notice &)> handler)
	{
		hooks_->notice = std::move(handler);
	}
	void on_statement(std::function<void(const std::string &, const Params &)> handler)
	{
		hooks_->statement = std::move(handler);
	}

private:
	struct Hooks {
		std::function<void(const Notice &)> notice;
		std::function<void(const std::string &, const Params &)> statement;
	};

	Connection(PGconn *connection, ConnectionSettings settings);
	Result check(PGresult *result);
	static void receive_notice(void *hooks, const PGresult *result);

	std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
	std::unique_ptr<PGcancel, decltype(&PQfreeCancel)> cancel_;
	std::unique_ptr<Hooks> hooks_;
	ConnectionSettings settings_;
};

} // namespace surefoot::client

#include "connection.hpp"

#include <fmt/format.h>

#include <charconv>

#include "connection_advice.hpp"
#include "interrupt.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace {

std::string field(const PGresult *result, int code)
{
	const char *value = PQresultErrorField(result, code);
	return value ? value : "";
}

std::vector<const char *> c_strings(const Params &params, std::vector<std::string> &storage)
{
	storage.reserve(params.size());
	std::vector<const char *> values;
	values.reserve(params.size());
	for (const Param &param : params)
		values.push_back(param ? storage.emplace_back(*param).c_str() : nullptr);
	return values;
}

} // namespace

std::string_view Result::text(int row, int column) const
{
	return {PQgetvalue(result_.get(), row, column),
			static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

int Result::integer(int row, int column) const
{
	return static_cast<int>(bigint(row, column).value_or(0));
}

std::optional<std::int64_t> Result::bigint(int row, int column) const
{
	std::string_view value = text(row, column);
	std::int64_t number = 0;
	if (std::from_chars(value.data(), value.data() + value.size(), number).ec != std::errc())
		return std::nullopt;
	return number;
}

std::optional<double> Result::number(int row, int column) const
{
	std::string_view value = text(row, column);
	double number = 0;
	if (std::from_chars(value.data(), value.data() + value.size(), number).ec != std::errc())
		return std::nullopt;
	return number;
}

Connection::Connection(PGconn *connection, ConnectionSettings settings)
	: connection_(connection, PQfinish), cancel_(nullptr, PQfreeCancel),
	  hooks_(std::make_unique<Hooks>()), settings_(std::move(settings))
{}

Connection Connection::open(const ConnectionSettings &settings)
{
	// Keyword arrays, so that no character of a password needs quoting; what nobody set stays unset,
	// so that PG*, the service file and the password file still count.
	std::vector<const char *> keywords, values;
	for (const Setting &setting : settings.items()) {
		keywords.push_back(setting.keyword.c_str());
		values.push_back(setting.value.c_str());
	}
	auto add_default = [&](const char *keyword, const char *value) {
		if (!settings.find(keyword)) {
			keywords.push_back(keyword);
			values.push_back(value);
		}
	};
	add_default("fallback_application_name", "surefoot");
	if (!getenv("PGCONNECT_TIMEOUT"))
		add_default("connect_timeout", "15");
	keywords.push_back("client_encoding");
	values.push_back("UTF8");
	keywords.push_back(nullptr);
	values.push_back(nullptr);

	Connection connection(PQconnectdbParams(keywords.data(), values.data(), 0), settings);
	PGconn *raw = connection.connection_.get();
	if (!raw || PQstatus(raw) != CONNECTION_OK)
		throw connection_failure(settings, raw ? PQerrorMessage(raw) : "out of memory",
								 raw && PQconnectionNeedsPassword(raw));
	connection.cancel_.reset(PQgetCancel(raw));
	PQsetNoticeReceiver(raw, receive_notice, connection.hooks_.get());
	return connection;
}

Result Connection::query(const std::string &sql, const Params &params)
{
	if (hooks_->statement)
		hooks_->statement(sql, params);
	std::vector<std::string> storage;
	std::vector<const char *> values = c_strings(params, storage);
	CancelScope scope(cancel_.get());
	return check(PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()),
							  nullptr, values.data(), nullptr, nullptr, 0));
}

Result Connection::script(const std::string &sql)
{
	if (hooks_->statement)
		hooks_->statement(sql, {});
	CancelScope scope(cancel_.get());
	return check(PQexec(connection_.get(), sql.c_str()));
}

void Connection::prepare(const std::string &name, const std::string &sql)
{
	if (hooks_->statement)
		hooks_->statement(fmt::format("PREPARE {} AS {}", name, sql), {});
	CancelScope scope(cancel_.get());
	check(PQprepare(connection_.get(), name.c_str(), sql.c_str(), 0, nullptr));
}

Result Connection::query_prepared(const std::string &name, const Params &params)
{
	if (hooks_->statement)
		hooks_->statement("EXECUTE " + name, params);
	std::vector<std::string> storage;
	std::vector<const char *> values = c_strings(params, storage);
	CancelScope scope(cancel_.get());
	return check(PQexecPrepared(connection_.get(), name.c_str(), static_cast<int>(values.size()),
								values.data(), nullptr, nullptr, 0));
}

Result Connection::check(PGresult *raw)
{
	Result result(raw);
	ExecStatusType status = PQresultStatus(raw);
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY)
		return result;

	Failure failure;
	failure.sqlstate = field(raw, PG_DIAG_SQLSTATE);
	failure.message = field(raw, PG_DIAG_MESSAGE_PRIMARY);
	failure.detail = field(raw, PG_DIAG_MESSAGE_DETAIL);
	failure.hint = field(raw, PG_DIAG_MESSAGE_HINT);
	failure.context = field(raw, PG_DIAG_CONTEXT);
	failure.position = parse_position(failure.context);
	if (!alive() || failure.sqlstate.empty()) {
		failure.exit_code = exit_connection;
		failure.code = "CONNECTION_LOST";
		failure.detail =
			settings_.without_password(std::string(trim(PQerrorMessage(connection_.get()))));
		failure.message = "the connection to the server was lost";
		failure.context.clear();
		throw failure;
	}
	failure.code = code_of_sqlstate(failure.sqlstate);
	failure.exit_code = exit_of_sqlstate(failure.sqlstate);
	if (failure.sqlstate == "57014" && interrupt_count() > 0) {
		interrupt_answered();
		failure.exit_code = exit_interrupted;
		failure.code = "INTERRUPTED";
		failure.hint.clear();
	}
	throw failure;
}

void Connection::receive_notice(void *hooks, const PGresult *result)
{
	const auto &handler = static_cast<Hooks *>(hooks)->notice;
	if (!handler)
		return;
	Notice notice;
	notice.severity = field(result, PG_DIAG_SEVERITY_NONLOCALIZED);
	notice.sqlstate = field(result, PG_DIAG_SQLSTATE);
	notice.message = field(result, PG_DIAG_MESSAGE_PRIMARY);
	notice.detail = field(result, PG_DIAG_MESSAGE_DETAIL);
	notice.hint = field(result, PG_DIAG_MESSAGE_HINT);
	handler(notice);
}

bool Connection::in_transaction() const
{
	return alive() && PQtransactionStatus(connection_.get()) != PQTRANS_IDLE;
}

std::string Connection::parameter(const char *name) const
{
	const char *value = PQparameterStatus(connection_.get(), name);
	return value ? value : "";
}

std::string Connection::host() const
{
	const char *value = PQhost(connection_.get());
	return value ? value : "";
}

std::string Connection::port() const
{
	const char *value = PQport(connection_.get());
	return value ? value : "";
}

std::string Connection::database() const
{
	const char *value = PQdb(connection_.get());
	return value ? value : "";
}

std::string Connection::user() const
{
	const char *value = PQuser(connection_.get());
	return value ? value : "";
}

} // namespace surefoot::client

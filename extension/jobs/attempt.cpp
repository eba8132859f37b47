#include "jobs/attempt.hpp"

#include "server/history/history.hpp"

namespace surefoot {

namespace {

/* Each text is its length, a colon, and its bytes. */
class Writer {
public:
	void text(const std::string &value) { bytes += std::to_string(value.size()) + ":" + value; }
	void number(long value) { text(std::to_string(value)); }
	std::string bytes;
};

class Reader {
public:
	explicit Reader(std::string_view bytes) : rest_(bytes) {}
	std::string text()
	{
		const size_t colon = rest_.find(':');
		const size_t size = std::stoul(std::string(rest_.substr(0, colon)));
		std::string value(rest_.substr(colon + 1, size));
		rest_.remove_prefix(colon + 1 + size);
		return value;
	}
	long number() { return std::stol(text()); }

private:
	std::string_view rest_;
};

} // namespace

std::string serialize(const Attempt &attempt)
{
	Writer out;
	for (const std::string *field : {&attempt.version, &attempt.direction, &attempt.role, &attempt.statement,
									 &attempt.error.sqlstate, &attempt.error.message, &attempt.error.detail,
									 &attempt.error.hint, &attempt.error.context, &attempt.client_addr,
									 &attempt.application})
		out.text(*field);
	out.number(attempt.step);
	out.number(attempt.line);
	out.number(attempt.column);
	out.number(attempt.started);
	out.number(static_cast<long>(attempt.wal));
	out.number(static_cast<long>(attempt.settings.size()));
	for (const std::string &setting : attempt.settings)
		out.text(setting);
	return out.bytes;
}

Attempt deserialize(std::string_view bytes)
{
	Reader in(bytes);
	Attempt attempt;
	for (std::string *field : {&attempt.version, &attempt.direction, &attempt.role, &attempt.statement,
							   &attempt.error.sqlstate, &attempt.error.message, &attempt.error.detail, &attempt.error.hint,
							   &attempt.error.context, &attempt.client_addr, &attempt.application})
		*field = in.text();
	attempt.step = static_cast<int>(in.number());
	attempt.line = static_cast<int>(in.number());
	attempt.column = static_cast<int>(in.number());
	attempt.started = in.number();
	attempt.wal = static_cast<XLogRecPtr>(in.number());
	for (long n = in.number(); n > 0; n--)
		attempt.settings.push_back(in.text());
	return attempt;
}

void add_origin(Attempt &attempt)
{
	attempt.application = application_name ? application_name : "";
	attempt.client_addr = pg_call([]() -> const char * {
		LOCAL_FCINFO(call, 0);
		InitFunctionCallInfoData(*call, nullptr, 0, InvalidOid, nullptr, nullptr);
		const Datum address = inet_client_addr(call);
		return call->isnull ? "" : DatumGetCString(DirectFunctionCall1(inet_out, address));
	});
}

void write_attempt(const Attempt &attempt, const std::string &session_role)
{
	Internal internal;
	history::Run run;
	run.id = history::next_run();
	run.version = attempt.version;
	run.direction = attempt.direction;
	run.state = "rolled back";
	run.session_role = session_role;
	run.role = attempt.role;
	run.settings = attempt.settings;
	history::insert_run(run, attempt.started, attempt.wal, true);
	history::set_origin(run.id, attempt.client_addr, attempt.application);
	history::record_failure(run.id, attempt.step, attempt.error, attempt.statement, attempt.line, attempt.column,
							"rolled back");
	history::log(run.id, "error", attempt.step, attempt.line, attempt.error.message, attempt.statement);
}

} // namespace surefoot

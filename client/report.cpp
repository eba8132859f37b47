#include "report.hpp"

#include <fmt/format.h>

#include "core/secret_text.hpp"
#include "terminal.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace {

Json or_null(const std::string &text)
{
	return text.empty() ? Json() : Json(text);
}

template <typename Number>
Json or_null(const std::optional<Number> &number)
{
	return number ? Json(*number) : Json();
}

Json positive(int number)
{
	return number > 0 ? Json(number) : Json();
}

// The context without the line that became the position.
std::string remaining_context(const Failure &failure)
{
	if (!failure.position)
		return failure.context;
	size_t end = failure.context.find('\n');
	return end == std::string::npos ? "" : failure.context.substr(end + 1);
}

} // namespace

std::string failure_text(const Failure &failure, bool color)
{
	std::string text = core::mask_secret_text(failure.message);
	if (const auto &at = failure.position) {
		std::string place = fmt::format("{} {}", at->version, at->direction);
		if (at->step > 0)
			place += fmt::format(", step {}", at->step);
		if (at->line > 0)
			place += fmt::format(", line {}", at->line);
		text = place + ": " + text;
	}
	auto add = [&](const char *label, const std::string &value) {
		if (!value.empty())
			text += fmt::format("\n{:<9}{}", label,
								indent_continuation(trim(core::mask_secret_text(value)), "         "));
	};
	if (!failure.excerpt.empty())
		text += "\n" +
				std::string(failure.excerpt.substr(0, failure.excerpt.find_last_not_of('\n') + 1));
	add("SQLSTATE", failure.sqlstate);
	add("DETAIL", failure.detail);
	add("HINT", failure.hint);
	add("CONTEXT", remaining_context(failure));
	add("STATE", failure.undone);
	add("NEXT", paint(color, Color::bold, failure.next_command));
	return text;
}

Json to_json(const Failure &failure)
{
	Json json;
	json["code"] = failure.code;
	json["exit_code"] = failure.exit_code;
	json["message"] = core::mask_secret_text(failure.message);
	json["sqlstate"] = or_null(failure.sqlstate);
	const auto &at = failure.position;
	json["migration"] = or_null(at ? at->version : failure.version);
	json["direction"] = at ? or_null(at->direction) : Json();
	json["step"] = positive(at ? at->step : 0);
	json["statement"] = positive(at ? at->statement : 0);
	json["line"] = positive(at ? at->line : 0);
	json["column"] = positive(at ? at->column : 0);
	json["detail"] = or_null(core::mask_secret_text(failure.detail));
	json["hint"] = or_null(core::mask_secret_text(failure.hint));
	json["state"] = or_null(core::mask_secret_text(failure.undone));
	json["next_command"] = or_null(core::mask_secret_text(failure.next_command));
	return json;
}

Json to_json(const StatusRow &row)
{
	return {{"version", row.version},
			{"name", row.name},
			{"state", row.state},
			{"steps", or_null(row.steps)},
			{"way_back", or_null(row.way_back)},
			{"applied_at", or_null(row.applied_at)},
			{"applied_by", or_null(row.applied_by)},
			{"duration_seconds", or_null(row.seconds)},
			{"next", or_null(row.next)}};
}

Json to_json(const PlanRow &row)
{
	return {{"step", row.step},			  {"kind", row.kind},
			{"line", positive(row.line)}, {"statement", row.statement},
			{"lock", or_null(row.lock)},  {"object", or_null(row.object)},
			{"rows", or_null(row.rows)},  {"bytes", or_null(row.bytes)},
			{"rewrites", row.rewrites},	  {"scans", row.scans},
			{"hazards", row.hazards},	  {"way_back", or_null(row.way_back)}};
}

Json to_json(const Finding &row)
{
	return {{"level", row.level},
			{"code", row.code},
			{"object", or_null(row.object)},
			{"message", row.message},
			{"detail", or_null(row.detail)},
			{"hint", or_null(row.hint)}};
}

Json to_json(const DriftRow &row)
{
	return {{"kind", row.kind},
			{"identity", row.identity},
			{"state", row.state},
			{"version", or_null(row.version)},
			{"difference", or_null(row.difference)},
			{"to_recorded", or_null(row.to_recorded)},
			{"to_live", or_null(row.to_live)},
			{"changed_by", or_null(row.changed_by)},
			{"changed_at", or_null(row.changed_at)},
			{"command", or_null(row.command)}};
}

Json to_json(const RehearsedRow &row)
{
	return {{"direction", row.direction},
			{"step", row.step},
			{"line", positive(row.line)},
			{"statement", row.statement},
			{"tried", row.tried},
			{"locks", row.locks},
			{"rewritten", row.rewritten},
			{"scanned", row.scanned},
			{"written", row.written},
			{"wal_bytes", row.wal_bytes},
			{"duration_seconds", row.seconds}};
}

Json to_json(const DifferenceRow &row)
{
	return {{"kind", row.kind},
			{"identity", row.identity},
			{"only_column_order", row.only_column_order},
			{"difference", row.difference}};
}

Json to_json(const JobRow &row)
{
	return {{"version", row.version},
			{"direction", row.direction},
			{"step", row.step},
			{"kind", row.kind},
			{"state", row.state},
			{"statement", row.statement},
			{"alive", row.alive},
			{"pid", positive(row.pid)},
			{"started_at", or_null(row.started_at)},
			{"phase", or_null(row.phase)},
			{"done", or_null(row.done)},
			{"total", or_null(row.total)},
			{"percent", or_null(row.percent)},
			{"waiting_for", or_null(row.waiting_for)},
			{"next", or_null(row.next)}};
}

Json to_json(const ArchiveRow &row)
{
	return {{"version", row.version},
			{"direction", row.direction},
			{"kind", row.kind},
			{"table", row.name},
			{"rows", row.rows},
			{"bytes", row.bytes},
			{"kept_since", row.kept_since},
			{"kept_until", row.purge_after}};
}

Json to_json(const HistoryRow &row)
{
	return {{"run", row.run},
			{"version", row.version},
			{"direction", row.direction},
			{"state", row.state},
			{"started_at", or_null(row.started_at)},
			{"ended_at", or_null(row.ended_at)},
			{"duration_seconds", or_null(row.seconds)},
			{"session_role", or_null(row.session_role)},
			{"role", or_null(row.role)},
			{"client_addr", or_null(row.client_addr)},
			{"application", or_null(row.application)},
			{"wal_lsn", or_null(row.wal_lsn)},
			{"failed_step", positive(row.failed_step)},
			{"sqlstate", or_null(row.sqlstate)},
			{"message", or_null(row.message)},
			{"detail", or_null(row.detail)},
			{"hint", or_null(row.hint)},
			{"line", positive(row.line)},
			{"column", positive(row.column)},
			{"next", or_null(row.next)}};
}

Json to_json(const EventRow &row)
{
	return {{"id", row.id},
			{"run", row.run},
			{"version", row.version},
			{"direction", row.direction},
			{"at", row.at},
			{"level", row.level},
			{"step", positive(row.step)},
			{"line", positive(row.line)},
			{"message", row.message},
			{"statement", or_null(row.statement)},
			{"duration_seconds", or_null(row.seconds)}};
}

std::string dump(const Json &json, int indent)
{
	return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

} // namespace surefoot::client

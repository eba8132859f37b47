#include "failure.hpp"

#include <array>
#include <charconv>

namespace surefoot::client {

Failure make_failure(int exit_code, std::string code, std::string message, std::string hint)
{
	Failure failure;
	failure.exit_code = exit_code;
	failure.code = std::move(code);
	failure.message = std::move(message);
	failure.hint = std::move(hint);
	return failure;
}

Failure usage_failure(std::string message, std::string hint)
{
	return make_failure(exit_usage, "USAGE", std::move(message), std::move(hint));
}

Failure file_failure(std::string message, std::string hint)
{
	return make_failure(exit_usage, "FILE", std::move(message), std::move(hint));
}

namespace {

int number_after(std::string_view text, std::string_view word)
{
	size_t at = text.find(word);
	if (at == std::string_view::npos)
		return 0;
	int value = 0;
	const char *begin = text.data() + at + word.size();
	std::from_chars(begin, text.data() + text.size(), value);
	return value;
}

struct StateName {
	std::string_view sqlstate;
	const char *code;
	int exit_code;
};

constexpr std::array state_names{
	StateName{"SF001", "NOT_REGISTERED", exit_usage},
	StateName{"SF002", "CHANGED", exit_failed},
	StateName{"SF003", "OUT_OF_ORDER", exit_failed},
	StateName{"SF004", "ANOTHER_RUNNER", exit_locks},
	StateName{"SF005", "LOCK_TIMEOUT", exit_locks},
	StateName{"SF006", "SCRIPT_REFUSED", exit_failed},
	StateName{"SF007", "OBJECT_DIFFERS", exit_failed},
	StateName{"SF008", "NOT_REVERSIBLE", exit_failed},
	StateName{"SF009", "VALIDATION_FAILED", exit_validation},
	StateName{"SF010", "WRONG_CONTEXT", exit_failed},
	StateName{"SF011", "NO_WORKER_SLOT", exit_failed},
	StateName{"SF012", "LIMIT_PREDICTED", exit_failed},
	StateName{"SF013", "FAILED_EARLIER", exit_partial},
	StateName{"SF014", "ORPHANED", exit_partial},
	StateName{"SF015", "VERSION_MISMATCH", exit_usage},
	StateName{"SF016", "NO_WAY_BACK", exit_failed},
	StateName{"SF017", "ROWS_CHANGED", exit_failed},
	StateName{"55P03", "LOCK_TIMEOUT", exit_locks},
	StateName{"57014", "CANCELED", exit_failed},
	StateName{"42501", "PERMISSION_DENIED", exit_failed},
};

const StateName *find_state(std::string_view sqlstate)
{
	for (const StateName &name : state_names)
		if (name.sqlstate == sqlstate)
			return &name;
	return nullptr;
}

bool connection_class(std::string_view sqlstate)
{
	return sqlstate.starts_with("08") || sqlstate == "57P01" || sqlstate == "57P02" ||
		   sqlstate == "57P03";
}

} // namespace

std::optional<ScriptPosition> parse_position(std::string_view context)
{
	constexpr std::string_view opening = "migration ";
	std::string_view line = context.substr(0, context.find('\n'));
	if (!line.starts_with(opening))
		return std::nullopt;
	std::string_view rest = line.substr(opening.size());
	size_t blank = rest.find(' ');
	if (blank == std::string_view::npos || blank == 0)
		return std::nullopt;

	ScriptPosition position;
	position.version = rest.substr(0, blank);
	rest.remove_prefix(blank + 1);
	position.direction = rest.substr(0, rest.find(','));
	position.step = number_after(rest, ", step ");
	position.statement = number_after(rest, ", statement ");
	position.line = number_after(rest, ", line ");
	position.column = number_after(rest, ", column ");
	return position;
}

std::optional<ScriptPosition> place_in_verify(const std::string &version, std::string_view message)
{
	for (std::string_view words : {"verify script, line ", "verify_timeout allows, in line "})
		if (int line = number_after(message, words); line > 0) {
			std::string_view rest = message.substr(message.find(words) + words.size());
			rest.remove_prefix(std::min(rest.find_first_not_of("0123456789"), rest.size()));
			constexpr std::string_view column = ", column ";
			return ScriptPosition{version, "verify", 0, 0, line,
								  rest.starts_with(column) ? number_after(rest, column) : 0};
		}
	return std::nullopt;
}

std::string code_of_sqlstate(std::string_view sqlstate)
{
	if (const StateName *name = find_state(sqlstate))
		return name->code;
	return connection_class(sqlstate) ? "CONNECTION_LOST" : "STATEMENT_FAILED";
}

int exit_of_sqlstate(std::string_view sqlstate)
{
	if (const StateName *name = find_state(sqlstate))
		return name->exit_code;
	return connection_class(sqlstate) ? exit_connection : exit_failed;
}

} // namespace surefoot::client

/*
 * The one exception of the module: an error with everything that PostgreSQL knows to say about one.
 *
 * A server error caught by pg_call() becomes an Error, and so does an error of our own; entry() turns either into an ereport.
 * The strings live in C++ memory, so an Error outlives any memory context.
 */
#pragma once

#include <exception>
#include <string>

namespace surefoot {

/* SQLSTATEs of class SF; docs/errors.md explains each. */
namespace sqlstate {
inline constexpr const char *not_registered = "SF001";
inline constexpr const char *changed = "SF002";
inline constexpr const char *out_of_order = "SF003";
inline constexpr const char *busy = "SF004";
inline constexpr const char *lock_not_available = "SF005";
inline constexpr const char *script_refused = "SF006";
inline constexpr const char *object_differs = "SF007";
inline constexpr const char *no_way_back = "SF008";
inline constexpr const char *validation_failed = "SF009";
inline constexpr const char *wrong_context = "SF010";
inline constexpr const char *no_worker = "SF011";
inline constexpr const char *limit_predicted = "SF012";
inline constexpr const char *step_failed = "SF013";
inline constexpr const char *orphaned = "SF014";
inline constexpr const char *version_mismatch = "SF015";
inline constexpr const char *irreversible = "SF016";
inline constexpr const char *rows_changed = "SF017";
} // namespace sqlstate

struct Error : std::exception {
	Error() = default;
	Error(const char *state, std::string text, std::string more = {}, std::string advice = {})
		: sqlstate(state), message(std::move(text)), detail(std::move(more)), hint(std::move(advice))
	{
	}

	const char *what() const noexcept override { return message.c_str(); }
	bool is(const char *state) const { return sqlstate == state; }

	std::string sqlstate = "XX000";
	std::string message, detail, detail_log, hint, context;
	std::string schema, table, column, datatype, constraint;
	std::string internal_query; /* the text that internal_position counts in */
	int position = 0;           /* in characters, from 1; 0: unknown */
	int internal_position = 0;
	std::string script_statement; /* of a script, its secrets masked */
	int script_line = 0, script_column = 0; /* where in a script, from 1; 0: unknown */
};

} // namespace surefoot

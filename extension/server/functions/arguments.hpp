/* Arguments and results of SQL functions. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

inline std::string text_argument(FunctionCallInfo fcinfo, int n)
{
	const text *value = pg_call([fcinfo, n] { return PG_GETARG_TEXT_PP(n); });
	return std::string(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

/* The version of a migration, in the words in which it was registered, which what it has kept goes by. */
std::string version_argument(FunctionCallInfo fcinfo, int n);

/* NULL and absent are the same. */
inline std::optional<std::string> optional_text_argument(FunctionCallInfo fcinfo, int n)
{
	return PG_NARGS() <= n || PG_ARGISNULL(n) ? std::nullopt : std::optional(text_argument(fcinfo, n));
}

/* Raises when a function that is not STRICT got NULL for an argument that it needs. */
inline std::string needed_text_argument(FunctionCallInfo fcinfo, int n, const char *name)
{
	if (PG_ARGISNULL(n))
		throw Error(unpack_sql_state(ERRCODE_NULL_VALUE_NOT_ALLOWED), std::string(name) + " cannot be NULL");
	return text_argument(fcinfo, n);
}

std::vector<std::string> text_array_argument(FunctionCallInfo fcinfo, int n);

inline Datum text_result(const std::string &value)
{
	return pg_call([&value] { return PointerGetDatum(cstring_to_text_with_len(value.data(), value.size())); });
}

/* Returns rows of texts; an empty text is NULL. */
void return_rows(FunctionCallInfo fcinfo, const std::vector<std::vector<std::string>> &rows);

} // namespace surefoot

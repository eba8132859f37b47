#include "echo.hpp"

#include <cctype>

#include "core/secret_text.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace {

constexpr size_t longest_literal = 400;

// Secrets are covered before quotation marks are doubled: afterwards nobody finds their ends.
std::string literal(const Param &param)
{
	if (!param)
		return "NULL";
	std::string text = core::mask_secret_text(*param);
	if (text.size() <= longest_literal)
		return sql_literal(text);
	size_t end = longest_literal;
	while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
		--end;
	return sql_literal(text.substr(0, end)) + " /* ... " + std::to_string(param->size()) +
		   " bytes */";
}

} // namespace

std::string echo_statement(const std::string &statement, const Params &params)
{
	const std::string sql = core::mask_secret_text(statement);
	std::string result;
	for (size_t at = 0; at < sql.size(); ++at) {
		size_t end = at + 1;
		while (end < sql.size() && std::isdigit(static_cast<unsigned char>(sql[end])))
			++end;
		size_t number =
			sql[at] == '$' && end > at + 1 ? std::stoul(sql.substr(at + 1, end - at - 1)) : 0;
		if (number >= 1 && number <= params.size()) {
			result += literal(params[number - 1]);
			at = end - 1;
		} else
			result += sql[at];
	}
	if (sql.starts_with("EXECUTE ") && !params.empty()) {
		result += " (";
		for (size_t i = 0; i < params.size(); ++i)
			result += (i ? ", " : "") + literal(params[i]);
		result += ")";
	}
	return result + ";";
}

} // namespace surefoot::client

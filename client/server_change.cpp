// Calls that register scripts and run them.
#include <fmt/format.h>

#include "server_values.hpp"

namespace surefoot::client {

Answer Server::answer(const Result &result, int column) const
{
	Answer answer;
	answer.text = result.string(0, column);
	if (answer.text.starts_with("queued"))
		answer.outcome = Outcome::queued;
	else if (answer.text.starts_with("already") || answer.text.starts_with("not ") ||
			 answer.text.starts_with("nothing"))
		answer.outcome = Outcome::nothing_to_do;
	return answer;
}

std::vector<std::string> Server::register_scripts(const std::vector<Script> &scripts)
{
	try {
		return call_register(scripts);
	} catch (Failure &failure) {
		failure.of_files = true;
		throw;
	}
}

std::vector<std::string> Server::call_register(const std::vector<Script> &scripts)
{
	if (scripts.size() == 1) {
		const Script &one = scripts.front();
		Result result = connection_.query(
			fmt::format("SELECT {}($1::pg_catalog.text, $2::pg_catalog.text, $3::pg_catalog.text, "
						"$4::pg_catalog.text, $5::pg_catalog.text)",
						call("migrate_register")),
			{one.version, one.name, one.up, one.down ? Param(*one.down) : Param(),
			 one.verify ? Param(*one.verify) : Param()});
		return {result.string(0, 0)};
	}
	std::vector<std::optional<std::string_view>> versions, names, ups, downs, verifies;
	for (const Script &script : scripts) {
		versions.emplace_back(script.version);
		names.emplace_back(script.name);
		ups.emplace_back(script.up);
		downs.push_back(script.down ? std::optional<std::string_view>(*script.down) : std::nullopt);
		verifies.push_back(script.verify ? std::optional<std::string_view>(*script.verify)
										 : std::nullopt);
	}
	Result result = connection_.query(
		fmt::format(
			"SELECT {}(m.version, m.name, m.up, m.down, m.verify) FROM ROWS FROM ("
			"pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[]), "
			"pg_catalog.unnest($3::pg_catalog.text[]), pg_catalog.unnest($4::pg_catalog.text[]), "
			"pg_catalog.unnest($5::pg_catalog.text[])) WITH ORDINALITY AS m (version, name, up, "
			"down, verify, n) ORDER BY m.n",
			call("migrate_register")),
		{text_array(versions), text_array(names), text_array(ups), text_array(downs),
		 text_array(verifies)});
	std::vector<std::string> answers;
	for (int i = 0; i < result.rows(); ++i)
		answers.push_back(result.string(i, 0));
	return answers;
}

std::vector<std::string> Server::differing(const std::vector<Script> &scripts)
{
	const auto [versions, ups] = versions_and_ups(scripts);
	Result result = connection_.query(
		"SELECT pg_catalog.unnest(surefoot.differing($1::pg_catalog.text[], $2::pg_catalog.text[]))",
		{versions, ups});
	std::vector<std::string> different;
	for (int i = 0; i < result.rows(); ++i)
		different.push_back(result.string(i, 0));
	return different;
}

Answer Server::apply(const std::string &version)
{
	// Prepared once: with a thousand small migrations, planning the call would be most of our share.
	if (!apply_prepared_)
		connection_.prepare("surefoot_apply", fmt::format("SELECT {}($1::pg_catalog.text, false)",
														  call("migrate_apply")));
	apply_prepared_ = true;
	return answer(connection_.query_prepared("surefoot_apply", {version}));
}

std::pair<std::string, Answer> Server::apply_in_turn(const std::vector<std::string> &versions)
{
	std::vector<std::optional<std::string_view>> values(versions.begin(), versions.end());
	Result result =
		connection_.query("CALL surefoot.apply_in_turn($1::pg_catalog.text[])", {text_array(values)});
	return {result.string(0, 0), answer(result, 1)};
}

Answer Server::revert(const std::string &version, const std::vector<std::string> &accept)
{
	std::string sql = fmt::format("SELECT {}($1::pg_catalog.text, false, ", call("migrate_revert"));
	if (accept.empty())
		return answer(connection_.query(sql + "'{}'::pg_catalog.text[])", {version}));
	std::vector<std::optional<std::string_view>> values(accept.begin(), accept.end());
	return answer(connection_.query(sql + "$2::pg_catalog.text[])", {version, text_array(values)}));
}

Answer Server::resume(const std::string &version)
{
	return answer(connection_.query(
		fmt::format("SELECT {}($1::pg_catalog.text)", call("migrate_resume")), {version}));
}

std::string Server::cancel(const std::string &version)
{
	return connection_
		.query(fmt::format("SELECT {}($1::pg_catalog.text)", call("migrate_cancel")), {version})
		.string(0, 0);
}

std::optional<std::string> Server::script_of(const std::string &version, const std::string &direction, bool &derived)
{
	derived = false;
	const char *column = direction == "down" ? "down" : direction == "verify" ? "verify" : "up";
	// What was derived for the latest attempt, or when the migration was applied.
	Result result = connection_.query(
		fmt::format("SELECT m.{}, (SELECT d.script FROM surefoot.derived d JOIN surefoot.run r ON r.id OPERATOR(pg_catalog.=) d.run "
					"WHERE r.version OPERATOR(pg_catalog.=) m.version AND r.id OPERATOR(pg_catalog.>=) "
					"(SELECT pg_catalog.max(u.id) FROM surefoot.run u WHERE u.version OPERATOR(pg_catalog.=) m.version "
					"AND u.direction OPERATOR(pg_catalog.=) 'up' AND u.state OPERATOR(pg_catalog.<>) 'rolled back') "
					"ORDER BY r.id DESC LIMIT 1) "
					"FROM surefoot.migration m WHERE m.ordinal OPERATOR(pg_catalog.=) $1::pg_catalog.numeric",
					column),
		{version});
	if (result.rows() == 0)
		return std::nullopt;
	if (!result.is_null(0, 0))
		return result.string(0, 0);
	if (direction != "down")
		return std::nullopt;
	derived = true;
	if (!result.is_null(0, 1))
		return result.string(0, 1);
	// That of one new object is not kept: it is the same each time.
	const std::string text = inverse(version);
	const size_t end = text.find('\n');
	if (end == text.npos || !std::string_view(text).substr(0, end).ends_with(": exact"))
		return std::nullopt;
	return text.substr(end + 1);
}

std::string Server::inverse(const std::string &version)
{
	return connection_
		.query(fmt::format("SELECT {}($1::pg_catalog.text)", call("migrate_inverse")), {version})
		.string(0, 0);
}

} // namespace surefoot::client

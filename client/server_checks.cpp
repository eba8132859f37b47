// Calls that look before and after: plan, checklist, rehearsal, validation.
#include <fmt/format.h>

#include "server_values.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace {

std::vector<PlanRow> plan_rows(const Result &result)
{
	std::vector<PlanRow> rows;
	for (int i = 0; i < result.rows(); ++i)
		rows.push_back({result.integer(i, 0), result.string(i, 1), result.integer(i, 2),
						covered(result, i, 3), result.string(i, 4), result.string(i, 5),
						result.bigint(i, 6), result.bigint(i, 7), result.boolean(i, 8),
						result.boolean(i, 9), split_lines(result.text(i, 10)),
						covered(result, i, 11)});
	return rows;
}

constexpr const char *plan_columns =
	"step, kind, line, statement, lock, object, rows, bytes, rewrites, "
	"scans, pg_catalog.array_to_string(hazards, E'\\n'), way_back";

std::vector<Finding> finding_rows(const Result &result)
{
	std::vector<Finding> rows;
	for (int i = 0; i < result.rows(); ++i)
		rows.push_back({result.string(i, 0), result.string(i, 1), result.string(i, 2),
						covered(result, i, 3), covered(result, i, 4), covered(result, i, 5)});
	return rows;
}

constexpr const char *finding_columns = "level, code, object, message, detail, hint";

} // namespace

std::vector<PlanRow> Server::plan(const std::string &version, const std::string &direction)
{
	return plan_rows(
		connection_.query(fmt::format("SELECT {} FROM {}($1::pg_catalog.text, $2::pg_catalog.text)",
									  plan_columns, call("migrate_plan")),
						  {version, direction}));
}

std::vector<PlanRow> Server::plan_script(const std::string &script)
{
	return plan_rows(connection_.query(fmt::format("SELECT {} FROM {}($1::pg_catalog.text)",
												   plan_columns, call("migrate_plan_script")),
									   {script}));
}

std::vector<Finding> Server::checklist(const std::string &version, const std::string &direction)
{
	return finding_rows(
		connection_.query(fmt::format("SELECT {} FROM {}($1::pg_catalog.text, $2::pg_catalog.text)",
									  finding_columns, call("migrate_checklist")),
						  {version, direction}));
}

std::vector<Finding> Server::validate(const std::string &version)
{
	return finding_rows(connection_.query(fmt::format("SELECT {} FROM {}($1::pg_catalog.text)",
													  finding_columns, call("migrate_validate")),
										  {version}));
}

std::vector<Finding> Server::rehearse(const std::string &version)
{
	return finding_rows(connection_.query(fmt::format("SELECT {} FROM {}($1::pg_catalog.text)",
													  finding_columns, call("migrate_rehearse")),
										  {version}));
}

std::vector<RehearsedRow> Server::rehearsed(const std::string &version)
{
	Result result = connection_.query(
		fmt::format("SELECT direction, step, line, statement, tried, "
					"pg_catalog.array_to_string(locks, E'\n'), "
					"pg_catalog.array_to_string(rewritten, E'\n'), "
					"pg_catalog.array_to_string(scanned, E'\n'), "
					"pg_catalog.array_to_string(written, E'\n'), wal_bytes, "
					"extract(epoch FROM duration) FROM {}($1::pg_catalog.text)",
					call("migrate_rehearse_statements")),
		{version});
	std::vector<RehearsedRow> rows;
	for (int i = 0; i < result.rows(); ++i)
		rows.push_back({result.string(i, 0), result.integer(i, 1), result.integer(i, 2),
						covered(result, i, 3), result.string(i, 4), split_lines(result.text(i, 5)),
						split_lines(result.text(i, 6)), split_lines(result.text(i, 7)),
						split_lines(result.text(i, 8)), result.bigint(i, 9).value_or(0),
						result.number(i, 10).value_or(0)});
	return rows;
}

void Server::remember_schema(const std::string &name)
{
	connection_.query("SELECT surefoot.remember_schema($1::pg_catalog.text)", {name});
}

std::vector<DifferenceRow> Server::compare_schema(const std::string &name)
{
	Result result = connection_.query("SELECT kind, identity, only_column_order, difference "
									  "FROM surefoot.compare_schema($1::pg_catalog.text)",
									  {name});
	std::vector<DifferenceRow> rows;
	for (int i = 0; i < result.rows(); ++i)
		rows.push_back({result.string(i, 0), result.string(i, 1), result.boolean(i, 2),
						result.string(i, 3)});
	return rows;
}

} // namespace surefoot::client

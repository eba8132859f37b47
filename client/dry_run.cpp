#include "dry_run.hpp"

#include <fmt/format.h>

#include "mended_scripts.hpp"
#include "run.hpp"
#include "text.hpp"

namespace surefoot::client {

namespace {

std::vector<PlanRow> plan_of_text(Run &run, const Script &script, const std::string &direction)
{
	if (direction == "up")
		return run.server->plan_script(script.up);
	// What is derived is in the server, whoever asks.
	return script.down ? run.server->plan_script(*script.down) : run.server->plan(script.version, direction);
}

void append_comment(std::string &sql, std::string_view text)
{
	for (const std::string &line : split_lines(text))
		sql += "--   " + line + "\n";
}

void append_statement(std::string &sql, const std::string &statement)
{
	std::string_view text = trim(statement);
	sql += text;
	// A line comment at the end would swallow the semicolon.
	size_t last_line = text.rfind('\n');
	bool comment = text.find("--", last_line == std::string_view::npos ? 0 : last_line) !=
				   std::string_view::npos;
	sql += text.ends_with(';') ? "\n" : comment ? "\n;\n" : ";\n";
}

} // namespace

bool may_not_write(const Failure &failure)
{
	return failure.sqlstate == "42501" || failure.sqlstate == "25006" ||
		   failure.sqlstate == "SF010";
}

std::vector<PlanRow> plan_migration(Run &run, const std::string &version,
									const MigrationFiles *files, const std::string &direction)
{
	if (!files)
		return run.server->plan(version, direction);
	Script script = load_script(*files);
	std::vector<PlanRow> rows;
	try {
		begin_with_files(run, script, direction == "down");
		rows = run.server->plan(script.version, direction);
	} catch (const Failure &failure) {
		run.server->rollback();
		if (!may_not_write(failure))
			throw;
		rows = plan_of_text(run, script, direction);
	}
	run.server->rollback();
	return rows;
}

std::string statement_facts(const PlanRow &row)
{
	std::string facts;
	auto add = [&](const std::string &fact) { facts += (facts.empty() ? "" : ", ") + fact; };
	if (!row.lock.empty())
		add(row.object.empty() ? row.lock : fmt::format("{} on {}", row.lock, row.object));
	else if (!row.object.empty())
		add(row.object);
	if (row.rows)
		add(fmt::format("about {} rows", human_count(*row.rows)));
	if (row.bytes)
		add(human_bytes(*row.bytes));
	if (row.rewrites)
		add("rewrites the table");
	if (row.scans)
		add("scans the table");
	return facts;
}

std::string boundary_line(const Run &run, const std::string &version, const std::string &direction)
{
	return fmt::format("all-or-nothing ends here; {}: {}",
					   direction == "up" ? "what is above is undone by" : "should the rest fail, it goes on by",
					   run.next("revert", version));
}

std::string plan_as_sql(const std::string &title, const std::vector<PlanRow> &rows, const std::string &boundary)
{
	std::string sql = fmt::format("-- {}\n", title);
	int step = 0;
	bool open = false;
	for (const PlanRow &row : rows) {
		if (row.step != step) {
			if (open)
				sql += "COMMIT;\n";
			if (step != 0)
				sql += fmt::format("\n-- {}\n", boundary);
			step = row.step;
			open = row.kind == "transaction";
			sql += fmt::format("\n-- step {} ({})\n", row.step, row.kind);
			if (open)
				sql += "BEGIN;\n";
		}
		std::string facts = statement_facts(row);
		if (row.line > 0)
			facts = fmt::format("line {}{}{}", row.line, facts.empty() ? "" : ": ", facts);
		append_comment(sql, facts);
		for (const std::string &hazard : row.hazards)
			append_comment(sql, "hazard: " + hazard);
		append_statement(sql, row.statement);
	}
	if (open)
		sql += "COMMIT;\n";
	return rows.empty() ? sql + "-- nothing to run\n" : sql;
}

} // namespace surefoot::client

/* migrate_rehearse, and what it has seen of each statement. */
#include "server/functions/arguments.hpp"
#include "server/history/script_owner.hpp"
#include "server/run/gate.hpp"
#include "server/trial/proof.hpp"
#include "server/trial/rehearse.hpp"
#include "server/typed_rows.hpp"

namespace surefoot {

namespace {

/* This session's latest rehearsal: its statements are asked for in a second call. */
struct Latest {
	std::string version;
	std::vector<RehearsedStatement> statements;
};
Latest latest;

history::Migration migration_of(const std::string &version)
{
	const std::string number = history::number_of(version);
	Internal internal;
	return history::get(number);
}

/* As a revert sees it: the names and the role of the way there. */
Applied applied_of(const history::Migration &migration)
{
	Applied applied;
	history::Run back;
	{
		Internal internal;
		const history::Run run = *history::get_run(migration.run);
		applied.effect = history::effect(run.id);
		applied.derived = history::derived(run.id);
		applied.avoid = avoided(migration);
		applied.role = run.role;
		applied.settings = run.settings;
	}
	back.version = migration.version;
	back.role = applied.role;
	refuse_foreign_run(back, "rehearse");
	if (applied.role != current_role()) {
		applied.settings.emplace_back("role");
		applied.settings.push_back(applied.role);
	}
	return applied;
}

std::vector<Finding> rehearse_migration(const std::string &version)
{
	check_session();
	const history::Migration migration = migration_of(version);
	latest = {};
	std::optional<Applied> applied;
	if (migration.state == "applied")
		applied = applied_of(migration);
	else if (migration.state != "registered" && migration.state != "reverted")
		return {{"fail", "migration", migration.version, "migration " + migration.version + " is " + migration.state,
				 "It has stopped half way.", "Rehearse it elsewhere: surefoot rehearse " + migration.version + " --sandbox"}};
	else
		refuse_foreign_scripts(migration);
	const Script up(migration.up, "migration " + migration.version + " up");
	Rehearsed result = rehearse(migration, up, applied);
	std::vector<Finding> findings = report(migration, up, result);
	latest = {migration.version, std::move(result.statements)};
	return findings;
}

std::string written_text(const WrittenRows &rows)
{
	return rows.table + ": " + std::to_string(rows.inserted) + " inserted, " + std::to_string(rows.updated) + " updated, " +
		   std::to_string(rows.deleted) + " deleted";
}

TextRow text_row(const RehearsedStatement &row)
{
	std::vector<std::string> locks, written;
	for (const auto &[name, mode] : row.seen.locks)
		locks.push_back(name + ": " + core::lock_name(static_cast<core::Lock>(mode)));
	int64 rows = 0;
	for (const WrittenRows &table : row.seen.written) {
		written.push_back(written_text(table));
		rows += table.all();
	}
	return {row.direction,
			std::to_string(row.step),
			std::to_string(row.line),
			row.sql,
			row.tried,
			array_text(locks),
			array_text(row.seen.rewritten),
			array_text(row.seen.scanned),
			std::to_string(rows),
			array_text(written),
			std::to_string(row.seen.wal_bytes),
			std::to_string(row.seen.microseconds) + " microseconds"};
}

} // namespace

} // namespace surefoot

using namespace surefoot;

SUREFOOT_FUNCTION(surefoot_rehearse)
{
	std::vector<std::vector<std::string>> rows;
	for (const Finding &f : rehearse_migration(text_argument(fcinfo, 0)))
		rows.push_back({f.level, f.code, f.object, f.message, f.detail, f.hint});
	return_rows(fcinfo, rows);
	return (Datum)0;
}

SUREFOOT_FUNCTION(surefoot_rehearse_statements)
{
	const std::string version = text_argument(fcinfo, 0);
	if (latest.version.empty() || latest.version != migration_of(version).version)
		(void)rehearse_migration(version);
	std::vector<TextRow> rows;
	for (const RehearsedStatement &row : latest.statements)
		rows.push_back(text_row(row));
	return_typed_rows(fcinfo, rows);
	return (Datum)0;
}

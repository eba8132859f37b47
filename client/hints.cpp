#include "hints.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "run.hpp"
#include "selection.hpp"
#include "text.hpp"
#include "version.hpp"

namespace surefoot::client {

namespace {

const MigrationFiles *migration_files(const Run &run, const std::string &version)
{
	return run.files && is_version(version) ? run.files->find(version) : nullptr;
}

std::string down_file(const Run &run, const MigrationFiles &files)
{
	return (run.files->folder() / (files.stem() + ".down.sql")).string();
}

// regrole reads a name as SQL does: other than plain lower case needs quotation marks.
std::string role_literal(const std::string &role)
{
	bool plain = !role.empty() && role.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") ==
									  std::string::npos;
	if (plain && !std::isdigit(static_cast<unsigned char>(role.front())))
		return "'" + role + "'";
	std::string quoted = "\"";
	for (char c : role)
		quoted += c == '"' ? "\"\"" : std::string(1, c);
	return sql_literal(quoted + "\"");
}

// Without EXECUTE on our own functions, nobody has been told who may do what.
void advise_permission(const Run &run, Failure &failure)
{
	const std::string &text = failure.message;
	if (failure.position) {
		failure.hint =
			fmt::format("Role \"{}\" lacks a right that the script needs. As a superuser or as the "
						"owner: GRANT "
						"it, or run the migration as the owner (PGOPTIONS='-c role=OWNER').",
						run.server ? run.server->info().user : "");
		return;
	}
	if (!failure.hint.empty() || !run.connection ||
		(text.find(" migrate_") == text.npos && text.find("schema surefoot") == text.npos))
		return;
	// That is how the database is set up: nothing failed, and nothing was run.
	failure.exit_code = exit_usage;
	failure.undone = "nothing was run";
	failure.hint = fmt::format(
		"As a superuser, run: CALL surefoot.allow({}, 'apply'); or, to look only, 'look'.",
		role_literal(run.server ? run.server->info().user : run.connection->user()));
}

void advise_unknown(Run &run, const std::string &version, Failure &failure)
{
	failure.hint =
		migration_files(run, version)
			? "It has a file, but it was never registered here: is it the right database?"
			: "It is neither registered in this database nor in the folder: are number and "
			  "database right?";
	failure.next_command = run.next("status", "");
}

// The later ones that are in the way go with it.
void advise_order(Run &run, const std::string &version, Failure &failure)
{
	if (run.options.command == "apply") {
		failure.next_command = run.next("apply", version) + " --out-of-order";
		failure.hint = "If it is meant, say so: --out-of-order.";
		return;
	}
	std::string before;
	try {
		for (const auto &[key, row] : status_map(run.server->status()))
			if (row.state == "applied" && compare_versions(row.version, version) < 0)
				before = row.version;
	} catch (const Failure &) {
		return;
	}
	failure.hint = fmt::format("Revert what was applied since together with {}.", version);
	failure.next_command = run.next("revert", "") + (before.empty() ? " --all" : " --to " + before);
}

void advise_way_back(Run &run, const std::string &version, Failure &failure)
{
	const MigrationFiles *files = migration_files(run, version);
	if (!files)
		return;
	std::string hint = fmt::format("{} {}", files->down ? "Mend" : "Write", down_file(run, *files));
	// The server names the object at the end of its hint.
	constexpr std::string_view ours = "surefoot: accept=", derived = "accept => '{";
	std::string object;
	if (size_t at = failure.hint.find(ours); at != failure.hint.npos)
		object = failure.hint.substr(at + ours.size());
	else if (at = failure.hint.find(derived); at != failure.hint.npos)
		object = failure.hint.substr(at + derived.size(),
									 failure.hint.find("}'", at) - at - derived.size());
	if (run.options.command == "revert")
		hint += object.empty() ? ", or accept what is left behind by name: --accept NAME"
							   : ", or accept what is left behind: --accept " + shell_quote(object);
	else if (object == "inexact-down")
		hint += ", or say in it that it is meant: -- surefoot: accept=inexact-down";
	else if (!object.empty())
		hint += ", or accept what it leaves behind in that file: -- surefoot: accept=" + object;
	failure.hint = hint + ".";
	failure.next_command = same_command(run);
}

void advise_irreversible(Run &run, const std::string &version, Failure &failure)
{
	const MigrationFiles *files = migration_files(run, version);
	if (!files)
		return;
	failure.hint = fmt::format("Write {}; or, when it is meant, say so in the up file: "
							   "-- surefoot: accept=no-way-back",
							   down_file(run, *files));
	failure.next_command = same_command(run) + " --accept no-way-back";
}

// What validation asks for again is another command, where the migration has not come to its end.
void advise_validation(Run &run, const std::string &version, Failure &failure)
{
	if (!failure.hint.starts_with("Mend the data or the script"))
		return;
	const MigrationFiles *files = migration_files(run, version);
	const bool half_done = failure.next_command.starts_with("surefoot resume");
	failure.hint =
		fmt::format("Mend the data or {}, then: {}",
					files && files->verify ? files->verify->string() : "the verify script",
					half_done ? run.next("resume", version) : same_command(run));
}

} // namespace

std::string same_command(const Run &run)
{
	std::string again = run.next(run.options.command, run.options.target);
	if (!run.options.to.empty())
		again += " --to " + run.options.to;
	return run.options.all ? again + " --all" : again;
}

void translate_hints(Run &run, Failure &failure)
{
	const std::string version = failure.position ? failure.position->version : failure.version;
	if (failure.sqlstate == "42501")
		advise_permission(run, failure);
	else if (failure.sqlstate == "SF001")
		advise_unknown(run, version, failure);
	else if (failure.sqlstate == "SF003" && run.server)
		advise_order(run, version, failure);
	else if (failure.sqlstate == "SF005" && failure.hint.find("lock_retry") != failure.hint.npos) {
		failure.hint = "Run it again when that has ended, or allow more time.";
		failure.next_command = "PGOPTIONS='-c surefoot.lock_retry=5min' " + same_command(run);
	} else if (failure.sqlstate == "SF017") {
		failure.hint = "Nothing was changed. To put back the others and leave these as they are:";
		failure.next_command = run.next("revert", version) + " --accept conflicts";
	} else if (failure.sqlstate == "SF016")
		advise_irreversible(run, version, failure);
	else if (failure.sqlstate == "SF008")
		advise_way_back(run, version, failure);
	else if (failure.sqlstate == "SF009")
		advise_validation(run, version, failure);
}

bool tells_half_done(const Finding &finding)
{
	return finding.message.ends_with(" is failed") || finding.message.ends_with(" is orphaned");
}

void translate_hint(const Run &run, const std::string &version, Finding &finding)
{
	if (finding.code == "order" && !finding.hint.empty())
		finding.hint = "If it is meant: " + run.next("apply", version) + " --out-of-order";
	else if (finding.code == "migration" && finding.hint.find("migrate_cancel(") != finding.hint.npos)
		finding.hint = "To have it cancelled first: " + run.next("cancel", version);
	else if (finding.code == "unfinished" && finding.fails())
		finding.hint = fmt::format("{}, or resume or revert it.", run.next("jobs --follow", ""));
	else if (finding.code == "not-applied" && tells_half_done(finding))
		finding.hint = fmt::format("Mend what stopped it and go on: {}, or walk back: {}",
								   run.next("resume", version), run.next("revert", version));
	else if (finding.code == "not-applied" && (finding.message.ends_with(" is queued") || finding.message.ends_with(" is running")))
		finding.hint = fmt::format("Wait for its end: {}", run.next("jobs --follow", ""));
}

} // namespace surefoot::client

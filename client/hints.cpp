#include "hints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

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

// What the client itself calls and reads: "permission denied for function migrate_apply".
bool is_ours(const std::string &message)
{
	for (std::string_view object : {" migrate_", "schema surefoot", "procedure apply_in_turn", "function differing",
									"function wait_for_flush", "function is_elsewhere", "table migration", "table run", "table event",
									"table derived", "view status", "view event"})
		if (message.find(object) != message.npos)
			return true;
	return false;
}

bool may_look(Run &run)
{
	if (!run.server)
		return false;
	try {
		run.server->rollback();
		return run.server->may_look();
	} catch (const Failure &) {
		return false;
	}
}

// Without EXECUTE on our own functions, nobody has been told who may do what.
void advise_permission(Run &run, Failure &failure)
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
	constexpr std::string_view no_schema = "permission denied for schema ";
	if (failure.hint.empty() && run.connection && !is_ours(text) && text.starts_with(no_schema)) {
		// Where the extension's functions are, as no script is at work: surefoot.allow has given the rest.
		failure.exit_code = exit_usage;
		failure.hint = fmt::format("As the owner of the schema, run: GRANT USAGE ON SCHEMA {} TO \"{}\";", text.substr(no_schema.size()),
								   run.server ? run.server->info().user : run.connection->user());
		return;
	}
	if (!failure.hint.empty() || !run.connection || !is_ours(text))
		return;
	// That is how the database is set up: nothing failed, and nothing was run.
	failure.exit_code = exit_usage;
	failure.undone = "nothing was run";
	const std::string user = run.server ? run.server->info().user : run.connection->user();
	const std::string allow = fmt::format("As a superuser, run: CALL surefoot.allow({}, ", role_literal(user));
	failure.hint = may_look(run) ? fmt::format("\"{}\" may only look. {}'apply');", user, allow)
								 : allow + "'apply'); or, to look only, 'look'.";
}

void advise_unknown(Run &run, const std::string &version, Failure &failure)
{
	failure.hint =
		migration_files(run, version)
			? "It has a file, but was never applied here."
			: "It is neither registered in this database nor in the folder: are number and "
			  "database right?";
	failure.next_command = run.next("status", "");
}

constexpr std::string_view before_others = " cannot be reverted before ";

} // namespace

bool is_of_order_back(const std::string &message)
{
	return message.find(before_others) != message.npos;
}

std::string revert_in_order(const Run &run, const std::string &version, const std::string &message)
{
	std::string commands;
	if (size_t at = message.find(before_others); at != message.npos) {
		std::istringstream list(message.substr(at + before_others.size()));
		for (std::string later; std::getline(list >> std::ws, later, ',');)
			if (is_version(later))
				commands += run.next("revert", later) + " && ";
	}
	return commands + run.next("revert", version);
}

namespace {

void advise_order(const Run &run, const std::string &version, Failure &failure)
{
	if (run.options.command == "apply") {
		failure.next_command = run.next("apply", version) + " --out-of-order";
		failure.hint = "If it is meant: " + out_of_order_command(run, version);
		return;
	}
	failure.hint = fmt::format("Nothing was changed. Revert what was applied since and has to do with it, and then {}:", version);
	failure.next_command = revert_in_order(run, version, failure.message);
}

void advise_show(Run &run, const std::string &version, Failure &failure)
{
	if (!migration_files(run, version)) {
		if (failure.sqlstate == "SF001")
			advise_unknown(run, version, failure);
		return;
	}
	failure.message = fmt::format("migration {} is not applied", version);
	failure.detail.clear();
	failure.hint = "Its way back is derived when it is applied; what each statement's will be is in the plan.";
	failure.next_command = run.next("plan", version);
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

// What the migration has made is gone, or has another name: nothing is in the way, something is missing.
bool is_missing(const std::string &sqlstate)
{
	for (std::string_view code : {"42704", "42P01", "42703", "42883", "3F000"})
		if (sqlstate == code)
			return true;
	return false;
}

// Nobody has written it, so there is no script to mend, and the same again would come to the same end.
void advise_derived(Run &run, const std::string &version, Failure &failure)
{
	if (is_missing(failure.sqlstate)) {
		const std::string recorded = run.next("drift --sql recorded", "");
		failure.hint = fmt::format("This way back was derived, and something that it is about is not there, as if somebody had "
								   "dropped or renamed it by hand. The SQL that brings it back: {}", recorded);
		failure.next_command = recorded;
		return;
	}
	failure.hint = "This way back was derived. Remove what is in its way";
	if (migration_files(run, version))
		failure.hint += ", or write one of your own, beginning with it: " + run.next("new --down", version);
	else
		failure.hint += '.';
}

} // namespace

std::string same_command(const Run &run)
{
	std::string again = run.next(run.options.command, run.options.target);
	if (!run.options.to.empty())
		again += " --to " + run.options.to;
	return run.options.all ? again + " --all" : again;
}

std::string out_of_order_command(const Run &run, const std::string &version)
{
	std::string one = run.next("apply", version) + " --out-of-order";
	if (run.options.command == "apply" && run.options.target.empty())
		one += "; together with what comes after it: " + same_command(run) + " --out-of-order";
	return one;
}

void translate_hints(Run &run, Failure &failure)
{
	const std::string version = failure.position ? failure.position->version : failure.version;
	// To show a way back is no reason to write one.
	if (run.options.command == "show" && (failure.sqlstate == "SF001" || failure.sqlstate == "SF008")) {
		advise_show(run, version, failure);
		return;
	}
	if (failure.sqlstate == "42501")
		advise_permission(run, failure);
	else if (failure.sqlstate == "SF001")
		advise_unknown(run, version, failure);
	else if (failure.sqlstate == "SF003")
		advise_order(run, version, failure);
	else if (failure.sqlstate == "SF005" && failure.hint.find("lock_retry") != failure.hint.npos) {
		failure.hint = "Run it again when that has ended, or allow more time.";
		failure.next_command = "PGOPTIONS='-c surefoot.lock_retry=5min' " + same_command(run);
	} else if (failure.sqlstate == "SF017") {
		failure.hint = "Nothing was changed. To put back the others and leave these as they are:";
		failure.next_command = run.next("revert", version) + " --accept conflicts";
	} else if (failure.sqlstate == "23503" && run.options.command == "archive") {
		failure.hint = "Nothing was changed. What the rows refer to was not kept, or is gone since: put it there first, and then:";
		failure.next_command = same_command(run) + " --restore";
	} else if (failure.sqlstate == "SF016")
		advise_irreversible(run, version, failure);
	else if (failure.sqlstate == "SF008")
		advise_way_back(run, version, failure);
	else if (failure.sqlstate == "SF009")
		advise_validation(run, version, failure);
	else if (failure.of_derived)
		advise_derived(run, version, failure);
}

bool tells_half_done(const Finding &finding)
{
	return finding.message.ends_with(" is failed") || finding.message.ends_with(" is orphaned");
}

void translate_hint(const Run &run, const std::string &version, Finding &finding)
{
	if (finding.code == "order" && is_of_order_back(finding.message))
		finding.hint = "These first: " + revert_in_order(run, version, finding.message);
	else if (finding.code == "order" && !finding.hint.empty())
		finding.hint = "If it is meant: " + out_of_order_command(run, version);
	else if (finding.code == "migration" && finding.hint.find("migrate_cancel(") != finding.hint.npos)
		finding.hint = "To have it cancelled first: " + run.next("cancel", version);
	else if (finding.code == "unfinished" && finding.fails())
		finding.hint = fmt::format("{}, or resume or revert it.", run.next("jobs --follow", ""));
	else if (tells_half_done(finding) && (finding.code == "not-applied" || (finding.code == "migration" && finding.fails())))
		finding.hint = fmt::format("Mend what stopped it and go on: {}, or walk back: {}",
								   run.next("resume", version), run.next("revert", version));
	else if (finding.code == "not-applied" && (finding.message.ends_with(" is queued") || finding.message.ends_with(" is running")))
		finding.hint = fmt::format("Wait for its end: {}", run.next("jobs --follow", ""));
}

} // namespace surefoot::client

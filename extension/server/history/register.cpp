#include "server/run/apply.hpp"

#include "jobs/launch.hpp"
#include "server/history/script_owner.hpp"
#include "server/record/recorder.hpp"
#include "server/run/gate.hpp"

namespace surefoot {

namespace {

/* What two scripts have to have in common to be the same: their statements, whatever the blanks and comments. */
bool same_statements(const std::string &a, const std::string &b)
{
	if (a == b)
		return true;
	const Script first(a), second(b);
	if (first.statements().size() != second.statements().size())
		return false;
	for (size_t i = 0; i < first.statements().size(); i++) {
		Node *x = first.statements()[i].raw->stmt, *y = second.statements()[i].raw->stmt;
		/* equal() leaves out where in the text a node was. */
		if (!pg_call([x, y] { return equal(x, y); }))
			return false;
	}
	return true;
}

void check_name(const std::string &name)
{
	if (name.empty())
		throw Error(unpack_sql_state(ERRCODE_INVALID_PARAMETER_VALUE), "the name of a migration cannot be empty");
}

/* Refuses now what apply would refuse: a script that does not parse is not worth to be kept. */
void check_scripts(const history::Migration &m)
{
	const std::string title = "migration " + m.version + " ";
	if (m.down) {
		Script script(*m.down, title + "down");
	}
	if (m.verify) {
		Script script(*m.verify, title + "verify");
	}
	Script script(m.up, title + "up");
}

bool is_at_rest(const history::Migration &migration)
{
	return migration.state == "registered" || migration.state == "reverted";
}

/* What was done may not be changed, nor what is being done; the way back and the proof may be mended. */
void refuse_change(const history::Migration &known, const std::string &up)
{
	const std::string &state = known.state;
	const bool under_way = state == "queued" || state == "running" || state == "reverting";
	if (under_way)
		refuse_after_queueing();
	/* When the worker was killed, the way back may begin anew with another script. */
	if (under_way && !keep_workers_away(known.run))
		throw Error(sqlstate::busy, "migration " + known.version + " has steps to finish, and its scripts cannot change meanwhile", "",
					"CALL " + function_prefix() + "migrate_wait('" + known.version + "');");
	if (!is_at_rest(known) && !same_statements(known.up, up))
		throw Error(sqlstate::changed, "migration " + known.version + " is " + state + " and its up script has changed",
					"What was run is in the history; only comments and blanks may differ.",
					"Put the script back, and make the change in a new migration. As it was: SELECT up FROM surefoot.migration WHERE version = '" + known.version + "';");
}

/* In the history of the latest run: which script was changed, by whom, and what it was. */
void log_changes(const history::Migration &known, const history::Migration &now)
{
	if (is_at_rest(known))
		return;
	const auto log = [&](const char *script, const std::optional<std::string> &before, const std::optional<std::string> &after) {
		if (before != after)
			history::log(known.run, "info", std::nullopt, std::nullopt,
						 std::string(script) + " script changed by " + session_role(), before ? mask_secrets(*before) : "");
	};
	log("up", known.up, now.up);
	log("down", known.down, now.down);
	log("verify", known.verify, now.verify);
}

std::optional<history::Migration> find(const std::string &number)
{
	Internal internal;
	return history::find(number);
}

bool same_script(const std::optional<std::string> &a, const std::optional<std::string> &b)
{
	return a && b ? history::same_text(*a, *b) : a == b;
}

bool same_scripts(const history::Migration &a, const history::Migration &b)
{
	return history::same_text(a.up, b.up) && same_script(a.down, b.down) && same_script(a.verify, b.verify) && a.name == b.name;
}

/* A superuser who gives the same scripts answers for them from now on: whoever else could change them has less rights. */
void adopt(const history::Migration &known)
{
	if (!superuser() || XactReadOnly)
		return;
	const std::string owner = owner_after_change(known);
	if (owner == known.owner)
		return;
	Internal internal;
	history::set_owner(known, owner);
}

/* False when another session was faster. */
bool insert_new(const history::Migration &migration)
{
	const Turn turn = take_turn_to_register();
	Internal internal;
	if (turn == Turn::others)
		return history::insert(migration);
	if (turn == Turn::just_now && history::find(migration.number))
		return false;
	history::insert_in_turn(migration);
	return true;
}

} // namespace

std::string register_migration(const std::string &version, const std::string &name, const std::string &up,
							   const std::optional<std::string> &down, const std::optional<std::string> &verify)
{
	history::Migration m;
	m.version = version;
	m.number = history::number_of(version);
	m.name = name;
	m.up = up;
	m.down = down;
	m.verify = verify;
	m.owner = current_role();
	check_name(name);

	std::optional<history::Migration> known = find(m.number);
	if (known && same_scripts(*known, m)) {
		adopt(*known);
		return "unchanged";
	}
	check_scripts(m);
	if (!known) {
		if (insert_new(m))
			return "registered";
		/* Another session was faster, and has committed. */
		known = find(m.number);
		if (!known)
			throw Error(sqlstate::busy, "another session is registering migration " + version, "", "Try again.");
		if (same_scripts(*known, m))
			return "unchanged";
	}
	if (Recorder::active() != nullptr)
		throw Error(sqlstate::wrong_context, "a migration cannot change the scripts of another one", "", "Call this by itself.");
	/* Whoever applies it has read the scripts that are there: they stay so until that is over. */
	take_gate();
	known = find(m.number);
	refuse_foreign_change(*known);
	refuse_change(*known, up);
	m.owner = owner_after_change(*known);
	Internal internal;
	history::update_scripts(m);
	log_changes(*known, m);
	return "updated";
}

} // namespace surefoot

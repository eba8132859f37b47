#include "server/apply.hpp"

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
	check_name(name);

	std::optional<history::Migration> known;
	{
		Internal internal;
		known = history::find(m.number);
	}
	if (known && known->up == up && known->down == down && known->verify == verify && known->name == name)
		return "unchanged";
	check_scripts(m);
	Internal internal;
	if (!known) {
		if (history::insert(m))
			return "registered";
		/* Another session was faster, and has committed. */
		known = history::find(m.number);
		if (!known)
			throw Error(sqlstate::busy, "another session is registering migration " + version, "", "Try again.");
		if (known->up == up && known->down == down && known->verify == verify && known->name == name)
			return "unchanged";
	}
	/* The down and verify scripts of an applied migration may be mended; what was done may not be changed. */
	const bool at_rest = known->state == "registered" || known->state == "reverted";
	if (!at_rest && !same_statements(known->up, up))
		throw Error(sqlstate::changed, "migration " + known->version + " is " + known->state + " and its up script has changed",
					"What was run is in the history; only comments and blanks may differ.",
					"Put the script back, and make the change in a new migration.");
	history::update_scripts(m);
	return "updated";
}

} // namespace surefoot

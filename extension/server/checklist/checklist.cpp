#include "server/checklist/checklist.hpp"

#include <algorithm>

#include "server/functions/arguments.hpp"
#include "server/plan/foreseen.hpp"
#include "server/plan/foreseen_kept.hpp"
#include "server/run/order_back.hpp"
#include "server/settings.hpp"

extern "C" {
#include "utils/fmgrprotos.h"
}

namespace surefoot {

bool Outlook::has_concurrent_step() const
{
	if (planned == nullptr)
		return false;
	return std::any_of(planned->steps.begin(), planned->steps.end(), [](const PlannedStep &step) {
		return step.kind == OperationKind::concurrent;
	});
}

std::map<Oid, LOCKMODE> Outlook::tables() const
{
	std::map<Oid, LOCKMODE> result;
	if (planned == nullptr)
		return result;
	for (const Facts &facts : planned->facts)
		for (const LockedTable &locked : facts.tables)
			if (OidIsValid(locked.table.id) && !locked.table.made && !locked.table.temporary)
				result[locked.table.id] = std::max(result[locked.table.id], locked.mode);
	return result;
}

std::string pretty_size(int64 bytes)
{
	return pg_call([bytes] {
		return TextDatumGetCString(DirectFunctionCall1(pg_size_pretty, Int64GetDatum(bytes)));
	});
}

namespace {

Finding order_back(const history::Migration &migration)
{
	const std::vector<std::string> later = to_revert_before(migration);
	if (later.empty())
		return {"pass", "order", migration.version, "nothing that is applied later has to do with it", "", ""};
	return {"fail", "order", later.front(), cannot_be_reverted_before(migration, later), order_reason,
			"SELECT " + function_prefix() + "migrate_revert('" + later.front() + "');"};
}

} // namespace

void check_migration(Findings &rows, const Outlook &outlook)
{
	const history::Migration &m = outlook.migration;
	const bool up = outlook.direction == "up";
	const bool at_rest = m.state == "registered" || m.state == "reverted";
	history::Situation situation;
	{
		Internal internal;
		situation = history::situation(history::number_of(m.version));
	}

	Finding state{"pass",	 "migration",
				  m.version, "migration " + m.version + " \"" + m.name + "\" is " + m.state,
				  "",		 ""};
	if (up && m.state == "applied") {
		state.level = "warn";
		state.detail = "Applying it again does nothing.";
	} else if (!up && at_rest) {
		state.level = "warn";
		state.detail = "There is nothing to revert.";
	} else if (!up && (m.state == "queued" || m.state == "running")) {
		state.level = "warn";
		state.detail = "A worker is about its steps. A revert waits for their end, however long a build takes, unless they are cancelled.";
		state.hint = "SELECT " + function_prefix() + "migrate_cancel('" + m.version + "');";
	} else if (up && !at_rest) {
		state.level = "fail";
		state.hint = "Resume it, revert it, or wait for it.";
	}
	rows.push_back(state);

	Finding others{"pass", "unfinished", m.version, "no other migration is under way", "", ""};
	if (situation.unfinished) {
		others.level = "fail";
		others.object = situation.unfinished->version;
		others.message =
			"migration " + situation.unfinished->version + " is " + situation.unfinished->state;
		others.hint = "CALL " + function_prefix() + "migrate_wait('" +
					  situation.unfinished->version + "'), or resume or revert it.";
	}
	rows.push_back(others);

	if (!up) {
		if (!at_rest)
			rows.push_back(order_back(m));
		return;
	}
	Finding order{"pass", "order", m.version, "no later migration is applied", "", ""};
	const std::string number = history::number_of(m.version);
	if (situation.highest &&
		core::version_less(number, history::number_of(situation.highest->version))) {
		order.level = settings::allow_out_of_order ? "warn" : "fail";
		order.object = situation.highest->version;
		order.message = "migration " + situation.highest->version +
						" is applied already, and it is the later one";
		if (!settings::allow_out_of_order)
			order.hint = "SET surefoot.allow_out_of_order = on;";
	}
	rows.push_back(order);
}

namespace {

/* By statement, what its first operation is about, as the plan has it. */
std::map<size_t, std::string> objects_of(const Planned &planned)
{
	std::map<size_t, std::string> objects;
	size_t n = 0;
	for (const PlannedStep &step : planned.steps)
		for (const Operation &operation : step.operations)
			objects.emplace(operation.statement, planned.facts[n++].object);
	return objects;
}

/* What the way back is worth, as far as that is foreseen: the first statement that cannot be taken back, or else all that would be lost. */
Finding derived_way_back(const Outlook &outlook)
{
	const std::string &version = outlook.migration.version;
	Finding result{"pass", "way_back", version, "derived when it is applied", "", ""};
	if (!outlook.planned)
		return result;
	const Keeping keeping(*outlook.planned);
	Foresight foresight(keeping);
	core::WayBack worst = core::WayBack::exact;
	bool known = true;
	std::map<size_t, std::string> objects = objects_of(*outlook.planned);
	size_t n = 0;
	for (const Statement &statement : outlook.planned->script.statements()) {
		const Foreseen foreseen = foresight.of(statement.raw->stmt);
		const std::string &object = objects[n++];
		const std::string line = "line " + std::to_string(statement.line) + (object.empty() ? "" : ", " + object) + ": " + foreseen.reason;
		if (foreseen.what == Foreseen::verdict && foreseen.way_back == core::WayBack::none) {
			const bool meant = settings::allow_no_way_back || outlook.planned->script.directives().accepts("no-way-back");
			return {"warn", "way_back", version, "there is none", line,
					meant ? "" : "Write a down script; or, when it is meant, say so in the up script: -- surefoot: accept=no-way-back"};
		}
		known = known && foreseen.what != Foreseen::unknown;
		if (foreseen.what == Foreseen::verdict)
			worst = std::max(worst, foreseen.way_back);
		if (foreseen.what == Foreseen::unknown || foreseen.way_back != core::WayBack::exact)
			result.detail.append(result.detail.empty() ? "" : "; ").append(line);
	}
	/* Only the first step keeps, and several make even that uncertain. */
	const auto drops = [](const Facts &facts) { return std::find(facts.hazards.begin(), facts.hazards.end(), "drops-data") != facts.hazards.end(); };
	if (worst == core::WayBack::without_rows && outlook.planned->steps.size() > 1 && settings::keep_tables && outlook.planned->script.directives().keep &&
		std::any_of(outlook.planned->facts.begin(), outlook.planned->facts.end(), drops))
		result.hint = "What a migration of one step drops is kept, and comes back: write the DROP as a migration of its own.";
	/* What was in rows is gone then, and nothing but a backup has it. */
	if (worst == core::WayBack::without_rows)
		result.level = "warn";
	result.message.append(known ? std::string(": ") + core::name_of(worst) : "; what it is worth is not known beforehand");
	return result;
}

/* What the way back that is about to be taken is worth, as it was found when the migration was applied. */
void check_verdict(Findings &rows, const Outlook &outlook)
{
	const std::string &version = outlook.migration.version;
	std::optional<history::Derived> derived;
	{
		Internal internal;
		if (const std::optional<int64> up = history::last_run(version, "up"))
			derived = history::derived(*up);
	}
	if (!derived)
		return;
	const bool loses = derived->way_back != core::name_of(core::WayBack::exact) && derived->way_back != core::name_of(core::WayBack::column_order);
	rows.push_back({loses ? "warn" : "pass", "comes_back", version, derived->way_back, derived->reason, ""});
}

std::optional<history::KeptAside> kept_aside_of(const std::string &version)
{
	const Internal internal;
	return history::kept_aside(version);
}

} // namespace

void check_way_back(Findings &rows, const Outlook &outlook)
{
	const history::Migration &m = outlook.migration;
	const std::string prefix = function_prefix();
	if (outlook.direction == "down") {
		if (!m.down || m.derived)
			check_verdict(rows, outlook);
		else if (const std::optional<history::KeptAside> kept = kept_aside_of(m.version))
			rows.push_back({"warn", "comes_back", m.version, "down script; the rows that are kept do not come back by it", kept->tables,
							"Unless it fills them itself, after the revert: " + kept->command});
		check_kept_by_revert(rows, outlook);
		rows.push_back({"pass", "way_back", m.version, "applying it again", "", ""});
		rows.push_back({"pass", "way_back_command", m.version,
						"SELECT " + prefix + "migrate_apply('" + m.version + "');", "",
						"surefoot apply " + m.version});
		return;
	}
	rows.push_back(m.down ? way_back_by_script(outlook) : derived_way_back(outlook));
	rows.push_back({"pass", "way_back_command", m.version,
					"SELECT " + prefix + "migrate_revert('" + m.version + "');", "",
					"surefoot revert " + m.version});
}

} // namespace surefoot

using namespace surefoot;

SUREFOOT_FUNCTION(surefoot_checklist)
{
	const std::string direction = text_argument(fcinfo, 1);
	check_direction(direction);
	const std::string number = history::number_of(text_argument(fcinfo, 0));
	history::Migration migration;
	{
		Internal internal;
		migration = history::get(number);
	}

	Findings rows;
	Outlook outlook{migration, direction, nullptr};
	std::unique_ptr<Planned> planned;
	std::optional<Finding> failure;
	try {
		/* Its errors are rows here. */
		in_subtransaction([&] {
			planned = std::make_unique<Planned>(script_of(migration, direction),
												"migration " + migration.version + " " + direction);
		});
	} catch (const Error &error) {
		failure =
			Finding{"fail", "plan", migration.version, error.message, error.detail, error.hint};
		const std::string place = error.context.substr(0, error.context.find('\n'));
		if (!place.empty())
			failure->detail = place + (failure->detail.empty() ? "" : ": " + failure->detail);
	}
	outlook.planned = planned.get();

	check_server(rows, outlook);
	check_migration(rows, outlook);
	if (failure)
		rows.push_back(*failure);
	else
		check_empty_scripts(rows, outlook);
	check_plan(rows, outlook);
	check_missing(rows, outlook);
	check_activity(rows, outlook);
	check_space(rows, outlook);
	check_verify_script(rows, outlook);
	check_way_back(rows, outlook);

	std::vector<std::vector<std::string>> texts;
	for (const Finding &row : rows)
		texts.push_back({row.level, row.code, row.object, row.message, row.detail, row.hint});
	return_rows(fcinfo, texts);
	return (Datum)0;
}

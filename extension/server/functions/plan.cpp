/* migrate_plan and migrate_plan_script: what would happen, with nothing executed and nothing written. */
#include "server/functions/arguments.hpp"
#include "server/plan/foreseen.hpp"
#include "server/plan/foreseen_kept.hpp"
#include "server/plan/lock_table.hpp"
#include "server/plan/planned.hpp"
#include "server/reverse/chosen.hpp"
#include "server/typed_rows.hpp"

namespace surefoot {

Planned::Planned(const std::string &text, const std::string &title)
	: script(text, title), steps(plan_steps(script, 0, Created()))
{
	check_boundaries(script, steps);
	refuse_lock_exhaustion(script, steps);
	facts = describe(script, steps);
}

void check_direction(const std::string &direction)
{
	if (direction != "up" && direction != "down")
		throw Error(unpack_sql_state(ERRCODE_INVALID_PARAMETER_VALUE),
					"unknown direction \"" + direction + "\"", "", "It is up or down.");
}

const std::string &script_of(history::Migration &migration, const std::string &direction)
{
	if (direction == "up")
		return migration.up;
	Internal internal;
	find_way_back(migration);
	return *migration.down;
}

namespace {

/*
 * What takes an operation back. Without a script it is derived from what the operation will have changed: where it is one statement,
 * that is shown; the first operation that cannot be taken back is where the way back ends.
 */
class WayBack {
public:
	WayBack(const Planned &planned, std::string script) : script_(std::move(script)), keeping_(planned) {}

	std::string of(Facts &facts, Node *statement)
	{
		if (!script_.empty())
			return script_;
		const Foreseen foreseen = foresight_.of(statement);
		if (foreseen.what == Foreseen::needless)
			return "";
		if (foreseen.what == Foreseen::unknown)
			return "not known beforehand: " + foreseen.reason;
		if (foreseen.way_back == core::WayBack::none && !std::exchange(ended_, true))
			facts.hazards.emplace_back("no-way-back-from-here");
		const std::string &more = foreseen.reason.empty() ? facts.way_back : foreseen.reason;
		return core::name_of(foreseen.way_back) + (more.empty() ? "" : ": " + more);
	}

private:
	std::string script_; /* "down script"; empty when there is none */
	bool ended_ = false;
	Keeping keeping_;
	Foresight foresight_{keeping_};
};

std::vector<TextRow> plan_rows(Planned &planned, const std::string &script)
{
	WayBack way_back(planned, script);
	std::vector<TextRow> rows;
	size_t n = 0;
	for (size_t step = 0; step < planned.steps.size(); step++) {
		for (const Operation &operation : planned.steps[step].operations) {
			Facts &facts = planned.facts[n++];
			const std::string undo = way_back.of(facts, planned.script.statement(operation.statement).raw->stmt);
			const auto number = [](std::optional<int64> value) {
				return value ? std::optional(std::to_string(*value)) : std::nullopt;
			};
			rows.push_back(
				{std::to_string(step + 1),
				 operation.kind == OperationKind::concurrent ? "concurrent" : "transaction",
				 std::to_string(planned.script.statement(operation.statement).line),
				 mask_secrets(operation.sql), or_null(facts.lock), or_null(facts.object),
				 number(facts.rows), number(facts.bytes), facts.rewrites ? "t" : "f",
				 facts.scans ? "t" : "f", array_text(facts.hazards), or_null(undo)});
		}
	}
	return rows;
}

} // namespace

} // namespace surefoot

using namespace surefoot;

SUREFOOT_FUNCTION(surefoot_plan)
{
	const std::string direction = text_argument(fcinfo, 1);
	check_direction(direction);
	const std::string number = history::number_of(text_argument(fcinfo, 0));
	history::Migration migration;
	{
		Internal internal;
		migration = history::get(number);
	}
	Planned planned(script_of(migration, direction),
					"migration " + migration.version + " " + direction);
	const std::string back = direction == "down" ? "up script"
							 : migration.down	 ? "down script"
												 : "";
	return_typed_rows(fcinfo, plan_rows(planned, back));
	return (Datum)0;
}

SUREFOOT_FUNCTION(surefoot_plan_script)
{
	Planned planned(text_argument(fcinfo, 0), "");
	return_typed_rows(fcinfo, plan_rows(planned, ""));
	return (Datum)0;
}

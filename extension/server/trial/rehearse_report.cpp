/* What a rehearsal has shown, in rows: nothing in them varies from run to run, or from machine to machine. */
#include "server/trial/rehearse.hpp"

#include "core/inverse.hpp"
#include "server/plan/foreseen.hpp"
#include "server/trial/rehearsal.hpp"

namespace surefoot {

namespace {

using Findings = std::vector<Finding>;

std::string count(size_t n, const char *what)
{
	return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

bool is_tried_as(const RehearsedStatement &row, Manner manner)
{
	return row.tried == name_of(manner);
}

Observation sum_of(const Rehearsed &result, const char *direction)
{
	Observation sum;
	for (const RehearsedStatement &row : result.statements)
		if (row.direction == direction)
			add(sum, row.seen);
	return sum;
}

/* "created: table public.t, column public.t.a", a line each for created, changed and dropped. */
std::string list_of(const std::vector<core::Change> &changes)
{
	std::string created, changed, dropped;
	for (const core::Change &change : changes) {
		std::string &list = !change.before ? created : change.after ? changed : dropped;
		list.append(list.empty() ? "" : ", ").append(change.object().kind).append(" ").append(change.object().identity);
	}
	std::string text;
	for (const auto &[word, list] : {std::pair("created", created), std::pair("changed", changed), std::pair("dropped", dropped)})
		if (!list.empty())
			text.append(text.empty() ? "" : "\n").append(word).append(": ").append(list);
	return text;
}

void tell_up(Findings &rows, const std::string &version, const Rehearsed &result)
{
	if (result.out_of_time) {
		rows.push_back({"fail", "time", version, "the rehearsal takes longer than surefoot.rehearse_timeout allows", "",
						"Its locks would be held all the while. Allow more: SET surefoot.rehearse_timeout = '30s'; or do it elsewhere: "
						"surefoot rehearse " + version + " --sandbox"});
		return;
	}
	if (result.failure) {
		const Error &error = *result.failure;
		if (error.is("55P04")) {
			rows.push_back({"warn", "needs-commit", version,
							"line " + std::to_string(error.script_line) + " needs a commit before it: " + error.message, "",
							"Rehearse it with real commits, elsewhere: surefoot rehearse " + version + " --sandbox"});
			return;
		}
		std::string detail = error.context.substr(0, error.context.find('\n'));
		if (!error.detail.empty())
			detail.append(detail.empty() ? "" : "\n").append(error.detail);
		rows.push_back({"fail", "up", version, error.message, detail, error.hint});
		return;
	}
	if (result.applied) {
		rows.push_back({"pass", "applied", version, "it is applied: its ways back were rehearsed", "", ""});
		return;
	}
	const auto ran = std::count_if(result.statements.begin(), result.statements.end(), [](const RehearsedStatement &row) {
		return row.direction == "up" && row.tried != "not tried" && !is_tried_as(row, Manner::there_already) &&
			   !is_tried_as(row, Manner::left_out);
	});
	rows.push_back({"pass", "up", version, count(static_cast<size_t>(ran), "statement") + " rehearsed", "", ""});
}

void tell_manner(Findings &rows, const std::string &version, const Rehearsed &result)
{
	if (result.careful)
		rows.push_back({"warn", "on-empty-storage", version,
						"nothing was run on rows: with them, it takes longer than surefoot.rehearse_timeout allows", "",
						"SET surefoot.rehearse_timeout = '30s'; if its locks may be held as long as that."});
	for (const RehearsedStatement &row : result.statements) {
		const std::string line = row.direction + ", line " + std::to_string(row.line) + ": ";
		const std::string budget = result.careful ? "" : "SET surefoot.rehearse_pages to the size of the tables, where they may be locked as long.";
		if (is_tried_as(row, Manner::on_empty)) {
			const std::string what = row.rewrites ? "rewrites " + row.object : row.scans ? "reads " + row.object : "is about rows";
			rows.push_back({"warn", "on-empty-storage", row.object.empty() ? version : row.object,
							line + what + ", and was rehearsed on empty storage", row.sql, budget});
		} else if (row.direction == "up" && is_tried_as(row, Manner::plain))
			rows.push_back({"pass", "plain-form", row.object.empty() ? version : row.object,
							line + "it cannot be in a transaction, and was rehearsed as one that can", row.sql, ""});
		else if (row.direction == "up" && is_tried_as(row, Manner::not_built))
			rows.push_back({"pass", "not-built", row.object.empty() ? version : row.object,
							line + "the index was defined and not built, as it will be built concurrently", row.sql, ""});
		else if (is_tried_as(row, Manner::prepared))
			rows.push_back({"warn", "prepared-only", version, line + "the query was prepared and not run", row.sql, budget});
		else if (is_tried_as(row, Manner::left_out))
			rows.push_back({"warn", "left-out", version, line + "was left out: the catalog would not show what it does", row.sql,
							"It is run in a sandbox: surefoot rehearse " + version + " --sandbox"});
	}
	for (const std::string &untried : result.untried)
		rows.push_back({"warn", "not-tried", version, untried, "",
						"It is run in a sandbox: surefoot rehearse " + version + " --sandbox"});
}

void tell_effect(Findings &rows, const std::string &version, const Rehearsed &result)
{
	rows.push_back({"pass", "effect", version,
					result.effect.empty() ? "no object changes" : count(result.effect.size(), "object") + " created, changed or dropped",
					list_of(result.effect), ""});
	if (result.applied)
		return;
	if (result.unrecorded.empty()) {
		rows.push_back({"pass", "recorded", version, "what was recorded is the difference of the whole schema", "", ""});
		return;
	}
	for (const core::Change &change : result.unrecorded)
		rows.push_back({"fail", "unrecorded", change.object().identity,
						"what was recorded of " + change.object().kind + " " + change.object().identity +
							" is not the difference of the whole schema",
						core::render(change), "This is a fault of Surefoot: please report it with the script."});
}

void tell_observed(Findings &rows, const Rehearsed &result)
{
	const Observation up = sum_of(result, result.applied ? "down" : "up");
	for (const auto &[name, mode] : up.locks)
		rows.push_back({"pass", "lock", name, core::lock_name(static_cast<core::Lock>(mode)), "", ""});
	for (const std::string &name : up.rewritten)
		rows.push_back({"warn", "rewrite", name, "every row is written anew", "", ""});
	for (const std::string &name : up.scanned)
		rows.push_back({"pass", "scan", name, "is read from end to end", "", ""});
	for (const WrittenRows &written : up.written)
		rows.push_back({"pass", "rows", written.table,
						count(static_cast<size_t>(written.inserted), "row") + " inserted, " + std::to_string(written.updated) +
							" updated, " + std::to_string(written.deleted) + " deleted",
						"", ""});
}

/* What is left but for the order of columns, and but for what the scripts accept; accepted: whether they do accept any of it. */
std::vector<core::Change> refused(const history::Migration &migration, std::vector<core::Change> left, bool derived, bool &accepted)
{
	std::erase_if(left, [](const core::Change &change) {
		return core::differs_only_in_column_order(std::vector<core::Change>{change});
	});
	if (left.empty())
		return left;
	try {
		const size_t mark = journal_mark();
		refuse_inexact({migration.version, "down", 0, false}, left, accepted_by(migration, {}), derived);
		forget_journal(mark);
		accepted = true;
		left.clear();
	} catch (const Error &) {
	}
	return left;
}

/* The verdict on one way back. */
struct Verdict {
	std::string level, words, detail;
};

Verdict verdict_on(const history::Migration &migration, const TriedWayBack &way, bool derived)
{
	if (way.error)
		return {"fail", "fails",
				(way.line > 0 ? "line " + std::to_string(way.line) + ": " : "") + way.error->message};
	if (!way.tried)
		return {"warn", "not tried", way.untried};
	bool accepted = false;
	const std::vector<core::Change> left = refused(migration, way.left, derived, accepted);
	if (!left.empty())
		return {"fail", "inexact", core::render(left)};
	if (accepted)
		return {"warn", "inexact, as accepted", core::render(way.left)};
	if (!way.left.empty())
		return {"warn", core::name_of(core::WayBack::column_order), ""};
	return {"pass", core::name_of(core::WayBack::exact), ""};
}

/* Of the way back that is derived: what it says of itself, unless the comparison says worse. */
Verdict verdict_on_derived(const history::Migration &migration, const Script &up, const Rehearsed &result)
{
	const std::string none = core::name_of(core::WayBack::none), exact = core::name_of(core::WayBack::exact);
	const Directives &directives = up.directives();
	const bool declared = directives.accepts("no-way-back") || directives.accepts("inexact-down") || directives.accepts("all");
	if (!result.derived) {
		Verdict verdict = verdict_on(migration, result.back, true);
		if (declared && verdict.level == "fail")
			verdict.level = "warn";
		return verdict;
	}
	if (result.derived->way_back == none)
		return {declared ? "warn" : "fail", none, result.derived->reason};
	Verdict verdict = verdict_on(migration, result.back, true);
	if (verdict.level == "pass" || verdict.words == core::name_of(core::WayBack::column_order)) {
		if (result.derived->way_back != exact)
			verdict = {"warn", result.derived->way_back, result.derived->reason};
		return verdict;
	}
	return verdict;
}

void tell_ways_back(Findings &rows, const history::Migration &migration, const Script &up, const Rehearsed &result)
{
	const Verdict derived = verdict_on_derived(migration, up, result);
	const std::string version = migration.version;
	const std::string without_rows = core::name_of(core::WayBack::without_rows);
	std::string sql = result.derived ? result.derived->script : "";
	while (sql.ends_with('\n'))
		sql.pop_back();
	Finding back{derived.level, "derived", version, derived.words, derived.detail, sql};
	if (!migration.down) {
		rows.push_back(back);
		rows.push_back({derived.level, "way_back", version, derived.words + " (derived)", "", ""});
		return;
	}
	Verdict down = verdict_on(migration, result.down, false);
	const std::vector<core::Loss> beside = unrecorded(Script(*migration.down));
	const bool writes = std::any_of(beside.begin(), beside.end(),
									[](const core::Loss &loss) { return loss.way_back == core::WayBack::without_rows; });
	const bool loses = derived.words == without_rows;
	if (down.level == "pass" && (loses || result.brings_rows)) {
		/* Only the script knows which rows it writes. */
		down = writes ? Verdict{"warn", down.words, "whether rows come back is up to the script"}
					  : Verdict{"warn", without_rows, loses ? derived.detail : "the derived way back brings back what is kept of rows and values"};
	}
	Finding script{down.level, "down_script", version, down.words, down.detail, ""};
	if (down.level == "fail" && derived.level != "fail")
		script.hint = "The way back that is derived is " + derived.words +
					  ": without a down script it is taken. " + (result.applied ? "surefoot" : "Once the migration is applied, surefoot") +
					  " new --down " + version + " writes it.";
	rows.push_back(script);
	/* Nobody needs it who has a down script. */
	if (back.level == "fail")
		back.level = "warn";
	rows.push_back(back);
	rows.push_back({down.level, "way_back", version, down.words + " (down script)", "", ""});
}

} // namespace

std::vector<Finding> report(const history::Migration &migration, const Script &up, const Rehearsed &result)
{
	Findings rows;
	tell_up(rows, migration.version, result);
	tell_manner(rows, migration.version, result);
	if (result.out_of_time || result.failure)
		return rows;
	rows.insert(rows.end(), result.verify.begin(), result.verify.end());
	tell_effect(rows, migration.version, result);
	tell_observed(rows, result);
	tell_ways_back(rows, migration, up, result);
	return rows;
}

} // namespace surefoot

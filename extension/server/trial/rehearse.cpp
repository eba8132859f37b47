#include "server/trial/rehearse.hpp"

#include "server/catalog/definitions.hpp"
#include "server/drift/whole_difference.hpp"
#include "server/existing/properties.hpp"
#include "server/history/script_owner.hpp"
#include "server/keep/keep.hpp"
#include "server/plan/foreseen.hpp"
#include "server/plan/planned.hpp"
#include "server/reverse/column_place.hpp"
#include "server/reverse/derive.hpp"
#include "server/run/blockers.hpp"
#include "server/run/environment.hpp"
#include "server/run/gate.hpp"
#include "server/run/role_fence.hpp"
#include "server/run/time_limit.hpp"
#include "server/run/waiting.hpp"
#include "server/settings.hpp"
#include "server/trial/proof.hpp"
#include "server/trial/rehearsal.hpp"

namespace surefoot {

namespace {

bool is_lock_trouble(const Error &error)
{
	return error.is("55P03") || error.is("40P01");
}

/* About the circumstances, and not about the script. */
bool is_no_verdict(const Error &error)
{
	return is_lock_trouble(error) || error.is("57014");
}

/* One attempt, to be made within a subtransaction. */
class Attempt {
public:
	Attempt(const history::Migration &migration, const Script &up, std::optional<int64> budget, Rehearsed &result)
		: migration_(migration), up_(up), result_(result), speaker_{migration.version, "up", 0, false},
		  rehearsal_(speaker_, recorder_, budget)
	{
	}

	void run(const core::Objects &before, const std::vector<std::string> &settings)
	{
		run_up();
		const core::Objects now = catalog::read_schema(std::nullopt);
		result_.effect = recorder_.changes();
		std::erase_if(result_.effect, [this](const core::Change &change) { return rehearsal_.is_no_difference(change); });
		result_.unrecorded = disagreement(result_.effect, whole_difference(before, now, rehearsal_), before, now);
		verify();
		look_back(result_.back, [&](Rehearsal &rehearsal) {
			const bool more_steps = planned_->steps.size() > 1;
			recorder_.is_not_alone = more_steps;
			settle_truncations(recorder_, more_steps);
			settle_types(speaker_, recorder_, more_steps);
			if (!more_steps && up_.directives().keep && has_rows_as_they_will_be())
				keep_changed(speaker_, recorder_);
			settle_sequences(recorder_, !more_steps && up_.directives().keep);
			forget_unsure_columns(recorder_, more_steps);
			note_places(speaker_, recorder_, up_.directives().hide);
			result_.brings_rows = !(recorder_.kept.empty() && recorder_.restore.empty() && recorder_.truncations.empty() && recorder_.placements.empty() && recorder_.places.empty());
			result_.derived = derive_way_back(rehearsal, recorder_, up_, planned_->steps);
			result_.back.left = what_is_left(before, rehearsal);
		});
		if (migration_.down)
			look_back(result_.down, [&](Rehearsal &rehearsal) {
				apply_settings(settings, Scope::level);
				run_down(rehearsal, *migration_.down, without_own(rehearsal.skipped(), result_.effect), result_.down);
				result_.down.left = what_is_left(before, rehearsal);
			});
	}

	/* From where the migration is applied. */
	void run_back(const core::Objects &before, const Applied &applied)
	{
		result_.applied = true;
		result_.effect = applied.effect;
		look_back(result_.back, [&](Rehearsal &rehearsal) {
			result_.derived = applied.derived;
			if (!applied.derived)
				result_.derived = derive_now({migration_.version, "down", 0, false}, applied.effect, unrecorded(up_));
			else {
				run_down(rehearsal, applied.derived->script, {}, result_.back);
				result_.back.left = not_undone(before, applied.effect, rehearsal);
			}
		});
		if (migration_.down)
			look_back(result_.down, [&](Rehearsal &rehearsal) {
				run_down(rehearsal, *migration_.down, applied.avoid, result_.down);
				result_.down.left = not_undone(before, applied.effect, rehearsal);
			});
	}
	const std::vector<Oid> &wanted() const { return recorder_.wanted(); }

private:
	void perform(Rehearsal &rehearsal, RehearsedStatement row, const std::string &sql, OperationKind kind,
				 const std::vector<LockedTable> &planned);
	void run_up();
	void run_down(Rehearsal &rehearsal, const std::string &text, const Avoid &avoid, TriedWayBack &way);
	static std::vector<core::Change> not_undone(const core::Objects &before, const std::vector<core::Change> &effect,
												const Rehearsal &rehearsal);
	bool has_rows_as_they_will_be() const;
	void verify();
	void look_back(TriedWayBack &way, const std::function<void(Rehearsal &)> &run);
	std::vector<core::Change> what_is_left(const core::Objects &before, const Rehearsal &rehearsal);

	const history::Migration &migration_;
	const Script &up_;
	Rehearsed &result_;
	Speaker speaker_;
	Recorder recorder_;
	Rehearsal rehearsal_;
	bool keeps_ = false; /* what the statements drop */
	std::optional<Planned> planned_;
	Observer observer_;
};

void Attempt::perform(Rehearsal &rehearsal, RehearsedStatement row, const std::string &sql, OperationKind kind,
					  const std::vector<LockedTable> &planned)
{
	bool began = false;
	observer_.prepare(planned);
	rehearsal.about_to_run = [&] {
		observer_.begin();
		began = true;
		/* As the apply does: it decides what comes back. */
		const Script alone(sql, Script::Part{});
		Node *node = alone.statements().front().raw->stmt;
		if (keeps_ && (IsA(node, DropStmt) || IsA(node, TruncateStmt) || IsA(node, AlterTableStmt))) {
			recorder_.see_targets(node);
			keep_dropped(speaker_, recorder_, node);
			keep_truncated(speaker_, recorder_, node);
			keep_types(recorder_, node);
			keep_sequences(recorder_, node);
			if (!up_.directives().hide)
				keep_columns(speaker_, recorder_, node);
		}
	};
	row.sql = mask_secrets(sql);
	try {
		const Manner manner = rehearsal.run(sql, kind);
		row.tried = name_of(manner);
		if (began)
			row.seen = observer_.end();
		/*
		 * What was done in another way than it will be has taken other locks than it will; on the way back, those of the way there are
		 * held still.
		 */
		const bool other = row.direction == "down" || kind == OperationKind::concurrent || manner == Manner::prepared ||
						   manner == Manner::left_out;
		std::erase_if(row.seen.locks, [&](const auto &lock) {
			return (other && row.direction == "up") || std::any_of(planned.begin(), planned.end(), [&](const LockedTable &locked) {
					   return rehearsal.is_emptied(locked.table.id) && quote_name(locked.table.schema, locked.table.name) == lock.first;
				   });
		});
		if (manner != Manner::there_already)
			for (const LockedTable &locked : planned) {
				const TableState &table = locked.table;
				if (!OidIsValid(table.id) || table.made || table.temporary || locked.mode <= AccessShareLock ||
					(!other && !rehearsal.is_emptied(table.id)))
					continue;
				LOCKMODE &mode = row.seen.locks[quote_name(table.schema, table.name)];
				mode = std::max(mode, locked.mode);
			}
	} catch (const Untried &untried) {
		if (TimeLimit::reached())
			throw Error("57014", "the rehearsal takes too long");
		row.tried = "not tried";
		result_.untried.push_back(row.direction + ", line " + std::to_string(row.line) + ": " + untried.why);
	}
	rehearsal.about_to_run = nullptr;
	result_.statements.push_back(std::move(row));
}

void Attempt::run_up()
{
	planned_.emplace(migration_.up, "migration " + migration_.version + " up");
	size_t n = 0;
	int step = 0;
	for (const PlannedStep &planned : planned_->steps) {
		step++;
		for (const Operation &operation : planned.operations) {
			const Facts &facts = planned_->facts[n++];
			RehearsedStatement row;
			row.direction = "up";
			row.step = step;
			row.line = up_.statement(operation.statement).line;
			row.rewrites = facts.rewrites;
			row.scans = facts.scans;
			row.object = facts.object;
			try {
				keeps_ = step == 1 && up_.directives().keep;
				perform(rehearsal_, std::move(row), operation.sql, operation.kind, facts.tables);
			} catch (Error &error) {
				locate_error(error, speaker_, up_, step, operation);
				throw;
			}
		}
	}
	keeps_ = false;
	/* As at the commit. */
	Rehearsal::end_deferral();
}

bool Attempt::has_rows_as_they_will_be() const
{
	return !result_.careful && std::all_of(result_.statements.begin(), result_.statements.end(), [](const RehearsedStatement &row) {
		return row.tried == name_of(Manner::as_it_is) || row.tried == name_of(Manner::plain) || row.tried == name_of(Manner::there_already) ||
			   row.tried == name_of(Manner::not_built);
	});
}

void Attempt::verify()
{
	if (!migration_.verify)
		return;
	if (!has_rows_as_they_will_be()) {
		result_.verify.push_back({"warn", "verify", migration_.version,
								  "the verify script was not run: the rows are not as they will be", "", ""});
		return;
	}
	try {
		rehearsal_.hide_unbuilt(true);
		check_verify(migration_, current_role(), false, result_.verify);
		rehearsal_.hide_unbuilt(false);
	} catch (Error &) {
		if (TimeLimit::reached())
			throw Error("57014", "the rehearsal takes too long");
		throw;
	}
}

void Attempt::run_down(Rehearsal &rehearsal, const std::string &text, const Avoid &avoid, TriedWayBack &way)
{
	const Script down(text, "migration " + migration_.version + " down");
	const Oid role = GetUserId();
	const Created nothing_yet;
	for (const Statement &statement : down.statements()) {
		way.line = statement.line;
		refuse_role_change(down, statement, role);
		const std::optional<std::string> sql = without_avoided(statement, avoid, false);
		if (!sql)
			continue;
		RehearsedStatement row;
		row.direction = &way == &result_.down || !migration_.down ? "down" : "derived";
		row.step = 1;
		row.line = statement.line;
		const OperationKind kind =
			needs_own_step(statement.raw->stmt, nothing_yet) ? OperationKind::concurrent : OperationKind::transactional;
		perform(rehearsal, std::move(row), *sql, kind, locked_tables(statement.raw->stmt, nothing_yet));
	}
	Rehearsal::end_deferral();
}

void Attempt::look_back(TriedWayBack &way, const std::function<void(Rehearsal &)> &run)
{
	try {
		in_rolled_back_subtransaction([&] {
			Rehearsal rehearsal = rehearsal_;
			run(rehearsal);
		});
		way.tried = true;
	} catch (const Untried &untried) {
		if (TimeLimit::reached())
			throw Error("57014", "the rehearsal takes too long");
		way.untried = untried.why;
	} catch (Error &error) {
		if (is_no_verdict(error))
			throw;
		mask_error(error);
		way.error = std::move(error);
	}
}

std::vector<core::Change> Attempt::what_is_left(const core::Objects &before, const Rehearsal &rehearsal)
{
	const core::Objects now = catalog::read_schema(std::nullopt);
	std::vector<core::Change> left = whole_difference(before, now, rehearsal);
	/* What decides at a revert is the recorder. */
	std::vector<core::Change> recorded = recorder_.changes();
	std::erase_if(recorded, [&rehearsal](const core::Change &change) { return rehearsal.is_no_difference(change); });
	for (core::Change &change : disagreement(recorded, left, before, now))
		if (find(result_.unrecorded, change.object()) == nullptr)
			result_.unrecorded.push_back(std::move(change));
	return left;
}

/* Of what the migration has changed, and nobody since; and what the way back has done beside that. */
std::vector<core::Change> Attempt::not_undone(const core::Objects &before, const std::vector<core::Change> &effect,
											  const Rehearsal &rehearsal)
{
	const core::Objects now = catalog::read_schema(std::nullopt);
	const auto copy = [](const core::Objects &objects, const core::Object &object) {
		const core::Object *found = objects.find(object.kind, object.identity);
		return found ? std::optional(*found) : std::nullopt;
	};
	std::vector<core::Change> left;
	for (const core::Change &change : effect) {
		core::Change difference{change.before, copy(now, change.object())};
		if (same_side(copy(before, change.object()), change.after) && !same_side(difference.before, difference.after))
			left.push_back(std::move(difference));
	}
	for (core::Change &change : whole_difference(before, now, rehearsal))
		if (find(effect, change.object()) == nullptr)
			left.push_back(std::move(change));
	return left;
}

/* What others have changed while we looked is no finding of ours. */
void leave_out_others(Rehearsed &result, const core::Objects &before)
{
	if (result.unrecorded.empty() && result.down.left.empty() && result.back.left.empty())
		return;
	const std::vector<core::Change> others = core::difference(before, catalog::read_schema(std::nullopt));
	for (std::vector<core::Change> *changes : {&result.unrecorded, &result.down.left, &result.back.left})
		std::erase_if(*changes, [&others](const core::Change &change) { return find(others, change.object()) != nullptr; });
}

void attempt(const history::Migration &migration, const Script &up, const std::optional<Applied> &applied, bool careful,
			 Rehearsed &result, std::vector<Oid> &wanted)
{
	const core::Objects before = catalog::read_schema(std::nullopt);
	result.careful = careful;
	in_rolled_back_subtransaction([&] {
		take_gate();
		const TimeLimit limit(settings::rehearse_timeout);
		ScriptEnvironment environment;
		if (applied)
			apply_settings(applied->settings, Scope::level);
		const std::vector<std::string> settings = essential_settings();
		const Oid role = applied ? role_named(applied->role) : GetUserId();
		for (const Statement &statement : up.statements())
			refuse_role_change(up, statement, role);
		RoleFence fence(role);
		Attempt one(migration, up, careful ? std::nullopt : std::optional<int64>(settings::rehearse_pages), result);
		try {
			if (applied)
				one.run_back(before, *applied);
			else
				one.run(before, settings);
		} catch (...) {
			wanted = one.wanted();
			throw;
		}
	});
	leave_out_others(result, before);
}

} // namespace

Rehearsed rehearse(const history::Migration &migration, const Script &up, const std::optional<Applied> &applied)
{
	const TimestampTz deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), 1000L * settings::lock_retry);
	const size_t mark = journal_mark();
	Backoff backoff;
	bool careful = false;
	for (;;) {
		Rehearsed result;
		std::vector<Oid> wanted;
		try {
			attempt(migration, up, applied, careful, result, wanted);
			forget_journal(mark);
			return result;
		} catch (Error &error) {
			forget_journal(mark);
			if (error.is("57014") && TimeLimit::reached()) {
				result.out_of_time = true;
				if (careful)
					return result;
				careful = true;
				continue;
			}
			if (!is_lock_trouble(error)) {
				/* Whatever else a script does is a finding; what comes from elsewhere has no place in it. */
				if (error.script_line == 0)
					throw;
				result.failure = std::move(error);
				return result;
			}
			const std::string blockers = describe_blockers(wanted);
			if (GetCurrentTimestamp() >= deadline) {
				Error given_up = give_up_on_locks(error, wanted, blockers);
				given_up.hint = "Rehearse when it has ended, or allow more time: SET surefoot.lock_retry = '5min'; or elsewhere: surefoot "
								"rehearse " + migration.version + " --sandbox";
				throw given_up;
			}
		}
		backoff.pause();
	}
}

} // namespace surefoot

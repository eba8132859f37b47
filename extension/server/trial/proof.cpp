#include "server/trial/proof.hpp"

#include "core/kinds.hpp"
#include "core/sql_text.hpp"
#include "server/catalog/roots.hpp"
#include "server/existing/properties.hpp"
#include "server/keep/keep.hpp"
#include "server/keep/refill.hpp"
#include "server/keep/restore.hpp"
#include "server/keep/whole_table.hpp"
#include "server/plan/foreseen.hpp"
#include "server/reverse/column_place.hpp"
#include "server/run/conclude.hpp"
#include "server/trial/rehearsal.hpp"

namespace surefoot {

namespace {

/* The steps that are to come, numbered as they will be. */
void rehearse_rest(Rehearsal &rehearsal, const Speaker &speaker, const Script &up, const StepResult &done)
{
	int n = done.all_is_rest ? 1 : 2;
	for (const PlannedStep &step : done.rest) {
		for (const Operation &operation : step.operations) {
			try {
				rehearsal.run(operation.sql, operation.kind);
			} catch (Error &error) {
				locate_error(error, speaker, up, n, operation);
				throw;
			}
		}
		n++;
	}
}

Error down_fails(const history::Migration &migration, int line, const Error &error)
{
	const std::string how = "It was tried, on empty tables, before anything was committed.";
	return Error(sqlstate::no_way_back,
				 "the down script of migration " + migration.version + " fails in line " + std::to_string(line) + ": " +
					 error.message,
				 error.detail.empty() ? how : error.detail + " " + how,
				 "Mend it, or say in it that it is meant: -- surefoot: accept=inexact-down");
}

/* As definitions call it. */
std::string index_identity(const Operation &operation)
{
	const char *schema = operation.index_schema.c_str(), *name = operation.index_name.c_str();
	return pg_call([schema, name] { return quote_qualified_identifier(schema, name); });
}

/* Nothing at all is kept of what the script removes or changes: why. */
std::string why_none_is_kept(const Script &up, const Recorder &recorder)
{
	if (!up.directives().keep)
		return "the script says keep=off";
	return recorder.is_not_alone ? "a migration of several steps keeps none" : "";
}

/* What no definition tells. */
std::vector<core::Loss> losses_of(const Script &up, const Recorder &recorder)
{
	const std::string none = why_none_is_kept(up, recorder);
	const auto why = [&none](const std::string &one) { return none.empty() ? one : none; };
	std::vector<core::Loss> losses = unrecorded(up, {recorder.rows_kept, recorder.truncations_kept, recorder.recasts_kept,
													 why(recorder.rows_not_kept), why(recorder.truncations_not_kept), true});
	const bool told = std::any_of(losses.begin(), losses.end(), [](const core::Loss &loss) { return loss.way_back == core::WayBack::none; });
	if (!told)
		for (const std::string &command : recorder.of_cluster())
			losses.push_back({core::WayBack::none, "", "", "what belongs to the whole cluster is changed, which is not recorded (" + command + ")"});
	if (!told && recorder.writes_large_objects())
		losses.push_back({core::WayBack::without_rows, "", "", "large objects are made, written or removed, which are not kept"});
	/* What the script says of rows, or else what its functions have done to them. */
	const bool writes = std::any_of(losses.begin(), losses.end(), [](const core::Loss &loss) { return loss.way_back == core::WayBack::without_rows; });
	if (!writes && !recorder.rows_kept)
		for (core::Loss &loss : recorder.written_rows(why(recorder.rows_not_kept)))
			losses.push_back(std::move(loss));
	for (core::Loss &loss : displaced_sequences(recorder))
		losses.push_back(std::move(loss));
	return losses;
}

/* Whether the rows that were changed are what they were: then there is nothing to put back any more. */
bool is_restored(const std::string &version, const Recorder &recorder)
{
	try {
		return in_rolled_back_subtransaction([&] { return restore_rows(version, recorder.restored, false).rows == 0; });
	} catch (Error &error) {
		if (error.is("55P03") || error.is("40P01") || error.is("57014"))
			throw;
		return false;
	}
}

/* Whether something was dropped and made anew, the same as it was: its definition is no difference, its rows are gone. */
bool was_remade(Recorder &recorder)
{
	const core::Objects now = recorder.now();
	const core::Objects &before = recorder.before();
	return std::any_of(before.begin(), before.end(), [&now](const core::Object &object) {
		const bool has_rows = !core::is_part(object) || object.kind == "column" || object.kind == "sequence";
		const core::Object *there = has_rows ? now.find(object.kind, object.identity) : nullptr;
		return there != nullptr && there->address != object.address;
	});
}

bool is_about_indexes(const Script &script)
{
	return std::all_of(script.statements().begin(), script.statements().end(), [](const Statement &statement) {
		Node *node = statement.raw->stmt;
		return IsA(node, IndexStmt) || (IsA(node, DropStmt) && ((DropStmt *)node)->removeType == OBJECT_INDEX);
	});
}

/* Whether all that the rehearsal would do are statements that wait for others in a step of their own, or undo such. */
bool is_about_indexes(const StepResult &done, const Script *down)
{
	for (const PlannedStep &step : done.rest)
		for (const Operation &operation : step.operations)
			if (!is_about_indexes(Script(operation.sql, Script::Part{})))
				return false;
	return !down || is_about_indexes(*down);
}

/* What there is to say of one without running it: whether files will do. */
void check_refill(const Recorder &recorder, const std::string &sql)
{
	for (const Recorder::Truncation &truncation : recorder.truncations)
		for (const auto &[table, kept_as] : truncation.tables)
			if (!kept_as.archive.empty() && truncation.refills.front() == sql && !fits_files({table, kept_as.name, kept_as.archive}))
				throw Error("0A000", "table " + kept_as.name + " has other columns than its rows");
}

} // namespace

history::Derived derive_way_back(Rehearsal &rehearsal, Recorder &recorder, const Script &up,
								 const std::vector<PlannedStep> &steps)
{
	Tryout tryout;
	tryout.kept = {rehearsal.version(), recorder.kept, recorder.places, recorder.empty_places, {}};
	tryout.restore = recorder.restore;
	tryout.is_restored = [&] { return is_restored(rehearsal.version(), recorder); };
	if (!recorder.restore.empty())
		for (const Oid table : recorder.written())
			rehearsal.spare(table);
	tryout.now = [&] { return rehearsal.in_earnest(recorder.before(), recorder.now()); };
	/* A large table is tried without its rows, and so are those whose keys refer to it: the rows have kept the constraints before. */
	std::set<std::string> left_empty;
	const auto leave_empty = [&](const std::string &name, const std::string &statement) {
		left_empty.insert(statement);
		for (const core::Object &object : recorder.before())
			if (object.kind == "constraint" && core::value_of(object, "definition").find(" REFERENCES " + name + "(") != std::string::npos)
				if (const std::optional<ObjectAddress> table = catalog::resolve_root(object.root); table && table->classId == RelationRelationId)
					rehearsal.empty(table->objectId, true);
	};
	for (const std::string &name : recorder.kept_large)
		leave_empty(name, recorder.kept.at({"table", name}));
	tryout.refills = recorder.refills();
	tryout.placements = recorder.placements;
	for (const Recorder::Truncation &truncation : recorder.truncations)
		for (const auto &[table, kept_as] : truncation.tables) {
			tryout.kept.truncated.insert(kept_as.name);
			if (kept_as.archive.empty())
				continue;
			tryout.needs_refill.emplace_back(" REFERENCES " + kept_as.name + "(", truncation.refills.front());
			if (truncation.is_large)
				leave_empty(kept_as.name, truncation.refills.front());
			else
				rehearsal.spare(table);
		}
	/* What a statement of ours for a column does to its table cannot be seen in its text. */
	const auto filled_table = [&recorder](const std::string &sql) {
		for (const auto &[name, statement] : recorder.places)
			if (sql.starts_with("SELECT surefoot.fill_column(" + core::literal(name) + ","))
				return catalog::address_of(recorder.before().find("column", name)->address).objectId;
		return InvalidOid;
	};
	const auto is_place = [&recorder](const std::string &sql) {
		return std::any_of(recorder.places.begin(), recorder.places.end(), [&sql](const auto &place) { return place.second == sql; });
	};
	tryout.prepare = [&](const std::string &sql) {
		if (const Oid table = filled_table(sql); OidIsValid(table))
			rehearsal.empty(table);
		else
			rehearsal.prepare(sql);
	};
	tryout.run = [&](const std::string &sql) {
		const bool fills = OidIsValid(filled_table(sql)) || is_place(sql) || sql.starts_with("SELECT surefoot.keep_places(") || sql.starts_with("SELECT surefoot.check_values(") || sql == recorder.restore || std::find(tryout.refills.begin(), tryout.refills.end(), sql) != tryout.refills.end() || std::find(tryout.placements.begin(), tryout.placements.end(), sql) != tryout.placements.end() || std::any_of(recorder.kept.begin(), recorder.kept.end(), [&sql](const auto &kept) { return kept.second == sql; });
		/* Rows that are kept are few, and keys of other tables refer to them. */
		if (left_empty.contains(sql)) {
			check_refill(recorder, sql);
			return;
		}
		if (fills)
			(void)run_own(sql);
		else
			rehearsal.run(sql, OperationKind::transactional);
	};
	for (const auto &[column, table] : recorder.kept_columns)
		rehearsal.spare(table);
	for (const auto &[column, retyped] : recorder.retyped)
		rehearsal.spare(retyped.table.id);
	const Accepting accepting(Accepting::nothing);
	for (const PlannedStep &step : steps)
		for (const Operation &operation : step.operations)
			if (operation.kind == OperationKind::concurrent && !operation.index_name.empty())
				tryout.built_concurrently.insert(index_identity(operation));
	tryout.not_kept = recorder.not_kept;
	tryout.none_kept = why_none_is_kept(up, recorder);
	return derive(recorder.before(), tryout, losses_of(up, recorder));
}

std::optional<history::Derived> prove(const Speaker &speaker, const history::Migration &migration, const Script &up,
									  Recorder &recorder, const StepResult &done, bool patient)
{
	recorder.is_not_alone = !done.rest.empty();
	settle_truncations(recorder, !done.rest.empty());
	settle_types(speaker, recorder, !done.rest.empty());
	if (done.rest.empty() && up.directives().keep)
		keep_changed(speaker, recorder);
	settle_sequences(recorder, done.rest.empty() && up.directives().keep);
	forget_unsure_columns(recorder, !done.rest.empty());
	if (!migration.down || up.directives().hide)
		note_places(speaker, recorder, up.directives().hide);
	const std::optional<Script> down = migration.down ? std::optional<Script>(std::in_place, *migration.down) : std::nullopt;
	const bool look_back = down && !up.directives().accepts("inexact-down") && !down->directives().accepts("inexact-down");
	const bool derives = !migration.down && !up.directives().accepts("inexact-down");
	if (!look_back && !derives && done.rest.empty())
		return std::nullopt;
	/* What has changed nothing has nothing to take back. */
	if (derives && done.rest.empty() && done.changes.empty() && recorder.restore.empty() && recorder.refills().empty() && recorder.placements.empty() && !was_remade(recorder))
		return without_effect(losses_of(up, recorder), !done.skipped.empty());
	/* A new object that nothing else was changed for is dropped: that is known without a trial. */
	if (derives && done.rest.empty() && is_one_new_object(done.changes) && recorder.restore.empty() && recorder.refills().empty() && recorder.placements.empty() && losses_of(up, recorder).empty() &&
		unrecorded(up).empty())
		return std::nullopt;
	Speaker silent = speaker;
	silent.notices = false;
	const size_t mark = journal_mark();
	int line = 0; /* of the down script; 0: still on the way there */
	bool deriving = derives && done.rest.empty();
	std::optional<history::Derived> derived;
	std::vector<core::Change> left;
	try {
		left = in_rolled_back_subtransaction([&] {
			Rehearsal rehearsal(silent, recorder);
			rehearse_rest(rehearsal, silent, up, done);
			std::vector<core::Change> changes;
			if (derives) {
				deriving = true;
				derived = derive_way_back(rehearsal, recorder, up, done.rest);
			}
			if (!look_back)
				return changes;
			Avoid avoid = done.skipped;
			avoid.insert(avoid.end(), rehearsal.skipped().begin(), rehearsal.skipped().end());
			avoid = without_own(std::move(avoid), done.rest.empty() ? done.changes : recorder.changes());
			for (const Statement &statement : down->statements()) {
				line = statement.line;
				if (const std::optional<std::string> sql = without_avoided(statement, avoid, false))
					rehearsal.run(*sql, OperationKind::transactional);
			}
			changes = recorder.changes();
			std::erase_if(changes, [&rehearsal](const core::Change &change) {
				return rehearsal.is_no_difference(change) ||
					   core::differs_only_in_column_order(std::vector<core::Change>{change});
			});
			return changes;
		});
	} catch (const Untried &untried) {
		forget_journal(mark);
		remember_new_files(recorder);
		warn(speaker, "the way back was not tried beforehand: " + (line == 0 ? "in a later step" : "in line " + std::to_string(line)) +
						  " " + untried.why);
		return std::nullopt;
	} catch (Error &error) {
		forget_journal(mark);
		remember_new_files(recorder);
		/* A new enum value can be used after the commit that comes between, and not before. */
		if (error.is("55P04"))
			return std::nullopt;
		/* That there is no room to try it says nothing of the way back. */
		if (error.is("53200"))
			throw Error(sqlstate::limit_predicted, "the way back of migration " + speaker.version + " cannot be tried: " + error.message,
						"It needs more locks, in the transaction of the migration, than the server has room for.",
						"Raise max_locks_per_transaction and restart the server, or split the migration.");
		if (error.is("55P03") && !patient && is_about_indexes(done, look_back ? &*down : nullptr)) {
			warn(speaker, "the steps to come and the way back were not tried beforehand: a table is locked by others for too long");
			return std::nullopt;
		}
		/* What is deferred may be in order before the caller commits: then it is tried when it is wanted. */
		if (deriving && error.sqlstate.starts_with("23"))
			return std::nullopt;
		/* That it cannot be derived is no reason not to apply it. */
		if (deriving && !error.is("55P03") && !error.is("40P01") && !error.is("57014"))
			return history::Derived{"", core::name_of(core::WayBack::none), error.message};
		if (line == 0 || error.is("55P03") || error.is("57014") || error.is(sqlstate::no_way_back))
			throw;
		throw down_fails(migration, line, error);
	}
	forget_journal(mark);
	remember_new_files(recorder);
	if (look_back)
		refuse_inexact(speaker, left, accepted_by(migration, {}), false);
	return derived;
}

Avoid avoided(const history::Migration &migration)
{
	/* What is derived knows itself what the migration did, and makes anew what was there before as well. */
	if (migration.derived)
		return {};
	const std::optional<int64> up = history::last_run(migration.version, "up");
	return up ? without_own(history::skipped(*up), history::effect(*up)) : Avoid();
}

} // namespace surefoot

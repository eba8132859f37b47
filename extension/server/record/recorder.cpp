#include "server/record/recorder.hpp"

#include "core/kinds.hpp"
#include "server/catalog/definitions.hpp"
#include "server/plan/foreseen_parts.hpp"
#include "server/record/beside.hpp"
#include "server/record/dependents.hpp"
#include "server/record/sequence_calls.hpp"
#include "server/run/role_fence.hpp"
#include "server/script/other_targets.hpp"
#include "server/script/targets.hpp"
#include "server/settings.hpp"
#include "server/trial/harmless.hpp"

extern "C" {
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_language.h"
#include "catalog/pg_largeobject.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_transform.h"
#include "catalog/pg_trigger.h"
#include "executor/executor.h"
#include "parser/parsetree.h"
#include "utils/fmgroids.h"
}

namespace surefoot {

namespace {

Recorder *active_recorder = nullptr;
int recorders = 0;
ProcessUtility_hook_type next_utility = nullptr;
object_access_hook_type next_object_access = nullptr;
ExecutorStart_hook_type next_executor_start = nullptr;
ExecutorEnd_hook_type next_executor_end = nullptr;

/* What CREATE OR REPLACE, or the definition of what was a mere shell, reports as created although it was there. */
bool may_be_replaced(Oid class_id)
{
	return class_id == ProcedureRelationId || class_id == TypeRelationId || class_id == LanguageRelationId ||
		   class_id == TransformRelationId;
}

const char *renamed_column(Node *statement)
{
	if (!IsA(statement, RenameStmt))
		return nullptr;
	const RenameStmt *rename = (RenameStmt *)statement;
	return rename->renameType == OBJECT_COLUMN || rename->renameType == OBJECT_ATTRIBUTE ? rename->subname : nullptr;
}

/* Reading definitions must not feed the recorder, nor may a definition be read while one is read. */
bool reading = false;

class Reading {
public:
	Reading() : outer_(reading) { reading = true; }
	~Reading() { reading = outer_; }

private:
	const bool outer_;
};

/* Called under the server's own code: no C++ object may be alive here. Also for statements in functions and DO blocks. */
void refuse_outside_transaction(Node *statement)
{
	/* Its query runs at the commit, when there is no fence any more. */
	if (IsA(statement, DeclareCursorStmt) && (((DeclareCursorStmt *)statement)->options & CURSOR_OPT_HOLD) && RoleFence::stands())
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("a script that runs as another role than the session's cannot create a cursor WITH HOLD"),
						errdetail("Its query would run at the commit, with the rights of the session.")));
	HarmlessOnly::refuse(statement);
}

void on_utility(PlannedStmt *statement, const char *text, bool read_only_tree, ProcessUtilityContext context,
				ParamListInfo params, QueryEnvironment *environment, DestReceiver *dest, QueryCompletion *completion)
{
	refuse_outside_transaction(statement->utilityStmt);
	/* Subcommands come from a statement that was seen as a whole. */
	if (active_recorder != nullptr && context != PROCESS_UTILITY_SUBCOMMAND)
		entry([&] { active_recorder->see_targets(statement->utilityStmt); });
	const auto run = [&] {
		if (next_utility)
			next_utility(statement, text, read_only_tree, context, params, environment, dest, completion);
		else
			standard_ProcessUtility(statement, text, read_only_tree, context, params, environment, dest, completion);
	};
	if (active_recorder == nullptr)
		run();
	else
		run_for(numbers_of(statement->utilityStmt), run);
}

void on_executor_start(QueryDesc *query, int flags)
{
	const PlannedStmt *statement = query->plannedstmt;
	if (active_recorder != nullptr && settings::keep_rows && statement->resultRelations != NIL && !(flags & EXEC_FLAG_EXPLAIN_ONLY))
		entry([&] {
			for (int i = 0; i < list_length(statement->resultRelations); i++)
				active_recorder->will_write(rt_fetch(list_nth_int(statement->resultRelations, i), statement->rtable)->relid);
		});
	const auto run = [&] {
		if (next_executor_start)
			next_executor_start(query, flags);
		else
			standard_ExecutorStart(query, flags);
	};
	if (active_recorder == nullptr)
		run();
	else
		run_for(numbers_of(statement), run);
}

/* A query in a function, a DO block or a trigger as well; what a rule adds to one does not count its rows. */
void on_executor_end(QueryDesc *query)
{
	const PlannedStmt *statement = query->plannedstmt;
	if (active_recorder != nullptr && statement->resultRelations != NIL &&
		(statement->hasModifyingCTE || !statement->canSetTag || query->estate->es_processed > 0))
		entry([&] {
			for (int i = 0; i < list_length(statement->resultRelations); i++)
				active_recorder->wrote(rt_fetch(list_nth_int(statement->resultRelations, i), statement->rtable)->relid);
		});
	if (next_executor_end)
		next_executor_end(query);
	else
		standard_ExecutorEnd(query);
}

/* What writes into one that is there is told by its function alone. */
bool is_large_object_write(ObjectAccessType access, Oid class_id, Oid object_id)
{
	if (access == OAT_FUNCTION_EXECUTE)
		return object_id == F_LOWRITE || object_id == F_LO_PUT || object_id == F_LO_TRUNCATE || object_id == F_LO_TRUNCATE64;
	return class_id == LargeObjectRelationId && (access == OAT_POST_CREATE || access == OAT_DROP);
}

void on_object_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *arg)
{
	if (next_object_access)
		next_object_access(access, class_id, object_id, sub_id, arg);
	const bool is_watched = active_recorder != nullptr && !reading;
	const bool is_paused = active_recorder == nullptr && recorders > 0;
	const bool moves = access == OAT_FUNCTION_EXECUTE && !is_paused && moves_sequence(object_id, is_watched);
	if (!is_watched)
		return;
	if (is_large_object_write(access, class_id, object_id)) {
		active_recorder->write_large_objects();
		return;
	}
	if (moves) {
		/* A trial lets numbers be taken, and none be set. */
		if (HarmlessOnly::is_watching() && object_id != F_NEXTVAL)
			active_recorder->prevent_mover();
		else
			entry([] { active_recorder->will_call_mover(); });
		return;
	}
	/* Of these a new one has no rows that could be seen yet, and no definition before. */
	const bool is_new = access == OAT_POST_CREATE && sub_id == 0 &&
						(class_id == RelationRelationId || class_id == TypeRelationId || class_id == ConstraintRelationId);
	if (is_new)
		entry([&] { active_recorder->created(class_id, object_id); });
	else if (access == OAT_POST_CREATE || access == OAT_POST_ALTER || access == OAT_DROP)
		entry([&] { active_recorder->touched(access, class_id, object_id, sub_id); });
}

} // namespace

void Recorder::install_hooks()
{
	next_utility = ProcessUtility_hook;
	ProcessUtility_hook = on_utility;
	next_object_access = object_access_hook;
	object_access_hook = on_object_access;
	next_executor_start = ExecutorStart_hook;
	ExecutorStart_hook = on_executor_start;
	next_executor_end = ExecutorEnd_hook;
	ExecutorEnd_hook = on_executor_end;
}

Recorder *Recorder::active()
{
	return active_recorder;
}

bool Recorder::is_at_work()
{
	return recorders > 0;
}

Recorder::Recorder() : outer_(active_recorder)
{
	/* What has called such a function once in this transaction may call it again unnoticed. */
	if (may_call_mover_again())
		will_call_mover();
	recorders++;
	active_recorder = this;
}

Recorder::~Recorder()
{
	recorders--;
	active_recorder = outer_;
}

Recorder::Pause::Pause() : paused_(active_recorder)
{
	active_recorder = nullptr;
}

Recorder::Pause::~Pause()
{
	active_recorder = paused_;
}

void Recorder::see(const ObjectAddress &root)
{
	if (!OidIsValid(root.classId) || unresolved_.contains(root) || !seen_.emplace(root, true).second || created_.contains(root))
		return;
	Reading guard;
	add_before(catalog::read_definitions({root}));
}

void Recorder::see_targets(Node *statement)
{
	if (is_of_cluster(statement))
		of_cluster_.insert(pg_call([statement] { return CreateCommandName(statement); }));
	/* What is called otherwise reads otherwise wherever it is mentioned. */
	const bool renames = IsA(statement, RenameStmt) || IsA(statement, AlterObjectSchemaStmt) ||
						 (IsA(statement, AlterEnumStmt) && ((AlterEnumStmt *)statement)->oldVal != nullptr);
	const char *column = renames ? renamed_column(statement) : nullptr;
	const bool detaching = detaches(statement);
	lock_targets(
		statement,
		[&](const ObjectAddress &found) {
			see_named(found);
			if (renames || detaching)
				for (const Dependent &dependent : dependents_of(found, column))
					see(dependent.root);
		},
		[this](Oid relation) { want(relation); });
	for (const ObjectAddress &sequence : sequences_that_follow(statement)) {
		see(catalog::root_of(sequence.classId, sequence.objectId));
		if (renames)
			for (const Dependent &dependent : dependents_of(sequence))
				see(dependent.root);
	}
	if (IsA(statement, CopyStmt) && ((CopyStmt *)statement)->is_from && ((CopyStmt *)statement)->relation != nullptr) {
		const RangeVar *name = ((CopyStmt *)statement)->relation;
		const Oid table = pg_call([name] { return RangeVarGetRelid(name, NoLock, true); });
		if (settings::keep_rows)
			will_write(table);
		wrote(table);
	}
	if (IsA(statement, TruncateStmt))
		for (const Oid table : truncated_tables((TruncateStmt *)statement))
			if (counts(table))
				emptied_.insert(table);
	/* Values that USING computes may be others of the same type, which no definition tells. */
	if (IsA(statement, AlterTableStmt) && changes_rows(statement)) {
		const AlterTableStmt *alter = (AlterTableStmt *)statement;
		const Oid table = pg_call([alter] { return RangeVarGetRelid(alter->relation, NoLock, true); });
		for (int i = 0; counts(table) && i < list_length(alter->cmds); i++) {
			const AlterTableCmd *command = (AlterTableCmd *)list_nth(alter->cmds, i);
			if (command->subtype == AT_AlterColumnType && command->def != nullptr && ((ColumnDef *)command->def)->raw_default != nullptr)
				recast_[table].insert(command->name);
		}
	}
	for (const Oid sequence : restarted_sequences(statement))
		will_restart(sequence, IsA(statement, TruncateStmt) ? AccessExclusiveLock : ShareRowExclusiveLock);
	find_other_targets(
		statement, [this](const ObjectAddress &found) { see_named(found); },
		[this](const ObjectAddress &found) { see_named(found, true); });
}

bool Recorder::is_reading()
{
	return reading;
}

void Recorder::created(Oid class_id, Oid object_id)
{
	ObjectAddress address;
	ObjectAddressSet(address, class_id, object_id);
	unresolved_.emplace(address, true);
	created_.emplace(address, true);
}

void Recorder::touched(ObjectAccessType access, Oid class_id, Oid object_id, int32 sub_id)
{
	Reading guard;
	if (class_id == TriggerRelationId && access != OAT_POST_CREATE)
		if (const Oid table = table_of_check(object_id, access == OAT_DROP); OidIsValid(table))
			see(catalog::root_of(RelationRelationId, table));
	const ObjectAddress root = catalog::root_of(class_id, object_id, sub_id);
	if (!OidIsValid(root.classId)) {
		ObjectAddress address;
		ObjectAddressSubSet(address, class_id, object_id, sub_id);
		unresolved_.emplace(address, true);
		return;
	}
	if (access == OAT_DROP && class_id == OperatorRelationId)
		for (const Oid tied : tied_operators(object_id))
			see(catalog::root_of(OperatorRelationId, tied));
	/* A base type's functions go after it, and take or return what is not there any more then. */
	if (access == OAT_DROP && class_id == TypeRelationId && sub_id == 0)
		for (const Dependent &dependent : dependents_of({class_id, object_id, 0}))
			see(dependent.root);
	if (seen_.contains(root) || unresolved_.contains(root))
		return;
	if (created_.contains(root)) {
		seen_.emplace(root, true);
		return;
	}
	/*
	 * What has come to be just now has no definition before, and whose it is may not be known yet: a range type's functions are
	 * there before it owns them. CREATE OR REPLACE of some kinds is reported in the same way, and does have one.
	 */
	const bool is_new = access == OAT_POST_CREATE && sub_id == 0 && root.classId == class_id && root.objectId == object_id;
	const core::Objects objects =
		is_new && !may_be_replaced(class_id) ? core::Objects() : catalog::read_definitions({root});
	if (is_new && objects.empty()) {
		unresolved_.emplace(root, true);
		created_.emplace(root, true);
		return;
	}
	seen_.emplace(root, true);
	add_before(objects);
}

void Recorder::add_before(const core::Objects &objects)
{
	std::vector<std::string> addresses;
	for (const core::Object &object : objects) {
		if (addresses_.contains(object.address))
			continue;
		before_.add(object);
		if (!object.address.empty())
			addresses.push_back(object.address);
	}
	addresses_.insert(addresses.begin(), addresses.end());
}

core::Objects Recorder::now()
{
	Reading guard;
	/* What was created has rows now: its top-level object is new itself, or has been seen already. */
	for (const auto &[address, unused] : unresolved_) {
		/* Most of what comes with a new table is a part of it. */
		if (seen_.contains(catalog::whole_of(address.classId, address.objectId)))
			continue;
		const ObjectAddress root = catalog::root_of(address.classId, address.objectId, address.objectSubId);
		if (OidIsValid(root.classId))
			seen_.emplace(root, true);
	}
	unresolved_.clear();
	/* An extension that has been made anew has brought its members along. */
	for (const core::Object &object : before_)
		if (object.field("extension"))
			if (const std::optional<ObjectAddress> member = catalog::resolve_root(object.root))
				seen_.emplace(*member, true);
	std::vector<ObjectAddress> roots;
	roots.reserve(seen_.size());
	for (const auto &[address, unused] : seen_)
		roots.push_back(address);
	return catalog::read_definitions(roots);
}

std::vector<core::Change> Recorder::changes(std::vector<core::Change> *remade)
{
	const core::Objects current = now();
	std::vector<core::Change> changes = core::difference(before_, current);
	/* The column of a view in a table's place may be like that table's, and is another one all the same. */
	for (const core::Object &object : before_)
		if (const core::Object *other = current.find(object.kind, object.identity);
			other && core::equal(object, *other)) {
			if (other->root != object.root)
				changes.push_back({object, *other});
			else if (remade && core::is_another(object, *other))
				remade->push_back({object, *other});
		}
	/* An index that a dead build has left does not count as having been there. */
	for (core::Change &change : changes)
		if (change.before && core::is_invalid_index(*change.before))
			change.before.reset();
	std::erase_if(changes, [](const core::Change &change) { return !change.before && !change.after; });
	return changes;
}

} // namespace surefoot

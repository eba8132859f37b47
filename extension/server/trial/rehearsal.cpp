#include "server/trial/rehearsal.hpp"

#include "core/kinds.hpp"
#include "server/catalog/roots.hpp"
#include "server/compat.hpp"
#include "server/existing/existing.hpp"
#include "server/history/masked_log.hpp"
#include "server/history/messages.hpp"
#include "server/plan/facts.hpp"
#include "server/plan/relation_size.hpp"
#include "server/settings.hpp"
#include "server/trial/harmless.hpp"
#include "server/trial/trial.hpp"
#include "server/trial/unbuilt_index.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_inherits.h"
#include "commands/tablecmds.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "utils/lsyscache.h"
#include "utils/partcache.h"
#include "utils/ruleutils.h"
}

namespace surefoot {

namespace {

/* What code of users may take in all, us: the step's locks are held meanwhile. */
constexpr int64 time_for_users_code = 500000;

/* What a statement that cannot run in a transaction does to the catalog, as one that can; nothing when it does nothing. */
std::optional<std::string> plain_form(Node *statement, const std::string &sql, OperationKind kind)
{
	switch (nodeTag(statement)) {
	case T_IndexStmt:
	case T_DropStmt:
	case T_AlterTableStmt:
		return without_concurrently(sql);
	case T_CreateTableAsStmt:
		return without_data(statement, sql);
	default:
		/* What else runs by itself is outside the catalog of this database, or commits as it likes. */
		return kind == OperationKind::concurrent ? std::nullopt : std::optional(sql);
	}
}

/* An invalid index of the name that statement wants, which the build will replace; InvalidOid when there is none. */
Oid invalid_index(const IndexStmt *statement)
{
	const RangeVar *table = statement->relation;
	const char *name = statement->idxname;
	return pg_call([table, name] {
		const Oid table_id = RangeVarGetRelid(table, NoLock, true);
		if (name == nullptr || !OidIsValid(table_id))
			return InvalidOid;
		const Oid index = get_relname_relid(name, get_rel_namespace(table_id));
		if (!OidIsValid(index) || get_rel_relkind(index) != RELKIND_INDEX || get_index_isvalid(index) ||
			IndexGetRelation(index, false) != table_id)
			return InvalidOid;
		return index;
	});
}

bool is_query(Node *node)
{
	switch (nodeTag(node)) {
	case T_InsertStmt:
	case T_UpdateStmt:
	case T_DeleteStmt:
		return true;
	case T_SelectStmt:
		return ((SelectStmt *)node)->intoClause == nullptr;
	default:
		return compat::merge_target(node) != nullptr;
	}
}

/* Whether statement would read or write rows of the tables it is about; most change the catalog alone, and need no empty storage. */
bool looks_at_rows(Node *node)
{
	switch (nodeTag(node)) {
	case T_AlterTableStmt: {
		const AlterTableStmt *alter = (AlterTableStmt *)node;
		const RangeVar *name = alter->relation;
		const Oid table = pg_call([name] { return RangeVarGetRelid(name, NoLock, true); });
		if (!OidIsValid(table))
			return false;
		const Work work = alter_table_work(alter, table);
		return work.rewrites || work.scans || work.builds_index;
	}
	case T_CreateStmt:
		return ((CreateStmt *)node)->partbound != nullptr;
	case T_RenameStmt:
	case T_CommentStmt:
	case T_GrantStmt:
	case T_DropStmt:
	case T_TruncateStmt:
	case T_ViewStmt:
	case T_CreateTrigStmt:
	case T_RuleStmt:
	case T_CreatePolicyStmt:
	case T_AlterPolicyStmt:
	case T_CreateStatsStmt:
	case T_AlterOwnerStmt:
	case T_AlterObjectSchemaStmt:
	case T_CreateSeqStmt:
	case T_AlterSeqStmt:
		return false;
	default:
		return true;
	}
}

void execute(const std::string &sql)
{
	const MaskedLog masked;
	const char *text = sql.c_str();
	pg_call([text] {
		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		SPIExecuteOptions options = {};
		options.dest = None_Receiver;
		if (SPI_execute_extended(text, &options) < 0)
			elog(ERROR, "cannot run this statement here");
		SPI_finish();
	});
}

/* What DETACH PARTITION CONCURRENTLY leaves on the partition, and its plain form does not: a CHECK of the bounds that it had. */
void keep_bounds(const AlterTableStmt *statement)
{
	const RangeVar *name = ((PartitionCmd *)((AlterTableCmd *)linitial(statement->cmds))->def)->name;
	const char *check = pg_call([name]() -> const char * {
		const Oid id = RangeVarGetRelid(name, AccessExclusiveLock, true);
		if (!OidIsValid(id) || !get_rel_relispartition(id))
			return nullptr;
		Relation partition = table_open(id, NoLock), whole = table_open(get_partition_parent(id, true), AccessShareLock);
		List *bounds = (List *)eval_const_expressions(nullptr, (Node *)RelationGetPartitionQual(partition));
		/* Those of a hash would name the whole table, and are left out. */
		const bool none = RelationGetPartitionKey(whole)->strategy == PARTITION_STRATEGY_HASH ||
						  PartConstraintImpliedByRelConstraint(partition, bounds);
		List *names = deparse_context_for(RelationGetRelationName(partition), id);
		const char *sql = none ? nullptr
							   : psprintf("ALTER TABLE %s ADD CHECK (%s)",
											 quote_qualified_identifier(get_namespace_name(get_rel_namespace(id)), RelationGetRelationName(partition)),
											 deparse_expression((Node *)make_ands_explicit(bounds), names, false, false));
		table_close(whole, NoLock);
		table_close(partition, NoLock);
		return sql;
	});
	if (check)
		execute(check);
}

} // namespace

const char *name_of(Manner manner)
{
	switch (manner) {
	case Manner::as_it_is:
		return "as it is";
	case Manner::plain:
		return "in its plain form";
	case Manner::on_empty:
		return "on empty storage";
	case Manner::not_built:
		return "defined, not built";
	case Manner::prepared:
		return "prepared only";
	case Manner::there_already:
		return "there already";
	case Manner::left_out:
		return "left out";
	}
	return "";
}

Rehearsal::Rehearsal(const Speaker &speaker, Recorder &recorder, std::optional<int64> budget)
	: speaker_(speaker), recorder_(recorder), budget_(budget), storage_(budget.value_or(settings::direct_index_pages)),
	  rows_missing_(!budget)
{
	be_silent();
	/* What is deferred would be pending when the tables are altered; in reality it is over by then. */
	if (!budget_)
		end_deferral();
}

const std::string &Rehearsal::version() const
{
	return speaker_.version;
}

void Rehearsal::end_deferral()
{
	execute("SET CONSTRAINTS ALL IMMEDIATE");
}

void Rehearsal::hide_unbuilt(bool hide) const
{
	hide_from_planner(unbuilt_, hide);
}

bool Rehearsal::is_within_budget(Oid table) const
{
	return budget_ && !storage_.is_emptied(table) && all_pages(table) <= *budget_;
}

bool Rehearsal::are_within_budget(const std::vector<Oid> &tables) const
{
	return budget_ && std::all_of(tables.begin(), tables.end(), [this](Oid table) { return is_within_budget(table); });
}

Manner Rehearsal::run(const std::string &sql, OperationKind kind)
{
	const Script script(sql, Script::Part{});
	const Statement &statement = script.statements().front();
	/* A trial inside the rehearsal: what is there already is skipped here as it will be then. */
	const Remainder remainder = without_existing(speaker_, statement);
	skipped_.insert(skipped_.end(), remainder.skipped.begin(), remainder.skipped.end());
	if (!remainder.sql)
		return Manner::there_already;
	Node *node = statement.raw->stmt;
	/* In a step of their own they may commit as they like, and what they change is known to nobody beforehand. */
	if (kind == OperationKind::concurrent && (IsA(node, DoStmt) || IsA(node, CallStmt)))
		throw Untried{"its code may commit by itself"};
	const std::optional<std::string> plain = plain_form(node, *remainder.sql, kind);
	if (!plain || leaves_out(node))
		return Manner::left_out;
	if (runs_without_build(node, *plain, kind))
		return IsA(node, IndexStmt) ? Manner::not_built : Manner::as_it_is;
	const bool makes_table = IsA(node, CreateTableAsStmt);
	bool with_rows = false;
	if (is_query(node) || (makes_table && budget_)) {
		std::vector<Oid> tables;
		const bool calls_users_code = prepare_query(*remainder.sql, &tables);
		with_rows = are_within_budget(tables);
		if (!with_rows)
			rows_missing_ = true;
		if (!with_rows && !makes_table && !calls_users_code)
			return Manner::prepared;
	}
	const bool emptied = looks_at_rows(node) && !with_rows && storage_.prepare(node);
	rows_missing_ = rows_missing_ || emptied;
	const std::string &text = makes_table && with_rows ? *remainder.sql : *plain;
	if (is_query(node) || (makes_table && budget_) || IsA(node, SelectStmt) || IsA(node, DoStmt) || IsA(node, CallStmt))
		run_query(node, text);
	else {
		if (kind == OperationKind::concurrent && IsA(node, AlterTableStmt))
			keep_bounds((AlterTableStmt *)node);
		ready();
		execute(text);
	}
	if (emptied || (makes_table && text != *remainder.sql))
		return Manner::on_empty;
	return text == *remainder.sql ? Manner::as_it_is : Manner::plain;
}

bool Rehearsal::leaves_out(Node *statement)
{
	if (!IsA(statement, RefreshMatViewStmt))
		return has_no_traces(statement);
	/* Its query may take as long as it likes. That the view is filled then, or not any more, is part of its definition. */
	const RefreshMatViewStmt *refresh = (RefreshMatViewStmt *)statement;
	const RangeVar *name = refresh->relation;
	const Oid view = pg_call([name] { return RangeVarGetRelid(name, NoLock, true); });
	filled_.erase(view);
	if (!refresh->skipData)
		filled_.insert(view);
	return !refresh->skipData;
}

void Rehearsal::prepare(const std::string &sql)
{
	const Script script(sql, Script::Part{});
	Node *node = script.statements().front().raw->stmt;
	if (!IsA(node, IndexStmt) && !IsA(node, DropStmt))
		storage_.prepare(node);
}

void Rehearsal::run_query(Node *node, const std::string &sql)
{
	const TimestampTz started = GetCurrentTimestamp();
	std::string prevented;
	try {
		/* With a budget, the caller's time limit is the limit. */
		const HarmlessOnly only(budget_ ? 0 : std::max<int64>(1, time_for_users_code - spent_));
		try {
			in_subtransaction([&] {
				hide_from_planner(unbuilt_, true);
				ready();
				execute(sql);
				hide_from_planner(unbuilt_, false);
			});
		} catch (Error &) {
			prevented = HarmlessOnly::prevented();
			throw;
		}
		prevented = HarmlessOnly::prevented();
	} catch (Error &error) {
		/* Rows that are missing here make errors that would not be: those say nothing. Others, as of a wrong name, do. */
		const std::string family = error.sqlstate.substr(0, 2);
		if (prevented.empty() && !rows_missing_)
			throw;
		if (prevented.empty() && family != "21" && family != "22" && family != "23" && family != "P0")
			throw;
	}
	spent_ += GetCurrentTimestamp() - started;
	if (!prevented.empty())
		throw Untried{prevented};
}

/* A materialized view that is made anew, or refreshed, is empty for that reason alone that its query is not run here. */
core::Object Rehearsal::filled(core::Object view, const core::Object *was) const
{
	const bool remade = rows_missing_ && was && was->address != view.address && !was->field("populated");
	if (remade || filled_.contains(catalog::address_of(view.address).objectId))
		std::erase_if(view.fields, [](const auto &field) { return field.first == "populated"; });
	return view;
}

/* Nobody wants an invalid index back, say. */
bool Rehearsal::is_no_difference(const core::Change &change) const
{
	if (!change.after)
		return change.before && core::is_invalid_index(*change.before);
	if (change.before && change.after->kind == "materialized view" && core::equal(*change.before, filled(*change.after, &*change.before)))
		return true;
	return std::find(aside_.begin(), aside_.end(), change.after->identity) != aside_.end();
}

core::Objects Rehearsal::in_earnest(const core::Objects &before, const core::Objects &now) const
{
	core::Objects result;
	for (const core::Object &object : now) {
		if (is_no_difference({std::nullopt, object}))
			continue;
		result.add(object.kind == "materialized view" ? filled(object, before.find(object.kind, object.identity)) : object);
	}
	return result;
}

/* Indexes come and go in the catalog alone: their tables are neither emptied nor locked against readers. */
bool Rehearsal::runs_without_build(Node *node, const std::string &sql, OperationKind kind)
{
	if (IsA(node, DropStmt)) {
		/* With a budget it is seen which locks are taken really. */
		if (budget_ && kind == OperationKind::transactional)
			return false;
		return drop_indexes_lightly((DropStmt *)node, [this](Oid index) {
			see_table(pg_call([index] { return IndexGetRelation(index, false); }));
		});
	}
	if (!IsA(node, IndexStmt))
		return false;
	const IndexStmt *statement = (IndexStmt *)node;
	/* First, as new storage comes with indexes that are valid. */
	if (const Oid index = invalid_index(statement); OidIsValid(index)) {
		recorder_.see_targets(node);
		aside_.push_back(set_index_aside(index));
	}
	const Oid table = large_table_of(statement);
	if (!OidIsValid(table) || (budget_ ? storage_.is_emptied(table) || is_within_budget(table) : storage_.is_prepared(table)))
		return false;
	see_table(table);
	ready();
	unbuilt_.push_back(define_unbuilt_index(statement, sql));
	return true;
}

void Rehearsal::see_table(Oid table)
{
	recorder_.want(table);
	/* Those of all levels: an index of the whole is one of each. */
	List *all = pg_call([table] {
		LockRelationOid(table, ShareUpdateExclusiveLock);
		return find_all_inheritors(table, ShareUpdateExclusiveLock, nullptr);
	});
	for (int i = 0; i < list_length(all); i++)
		recorder_.see(catalog::root_of(RelationRelationId, list_nth_oid(all, i)));
}

} // namespace surefoot

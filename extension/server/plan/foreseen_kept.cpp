#include "server/plan/foreseen_kept.hpp"

#include "server/compat.hpp"
#include "server/internal.hpp"
#include "server/keep/dropped_column.hpp"
#include "server/keep/keep.hpp"
#include "server/keep/whole_table.hpp"
#include "server/keep/why_not_kept.hpp"
#include "server/plan/foreseen_parts.hpp"
#include "server/plan/names_made.hpp"
#include "server/plan/relation_size.hpp"
#include "server/record/dependents.hpp"
#include "server/reverse/column_place.hpp"
#include "server/script/targets.hpp"
#include "server/settings.hpp"

extern "C" {
#include "utils/lsyscache.h"
}

namespace surefoot {

namespace {

/* Whether an ALTER TABLE leaves all columns as they are (0), adds or drops some without touching the rows (1), or does more (2). */
int reach_of(const AlterTableStmt *alter)
{
	int reach = 0;
	for (int i = 0; i < list_length(alter->cmds); i++) {
		const AlterTableCmd *command = (AlterTableCmd *)list_nth(alter->cmds, i);
		switch (command->subtype) {
		case AT_ColumnDefault:
		case AT_DropNotNull:
		case AT_SetNotNull:
		case AT_SetStatistics:
		case AT_AddConstraint:
		case AT_ValidateConstraint:
		case AT_DropConstraint:
		case AT_EnableRowSecurity:
		case AT_DisableRowSecurity: break;
		case AT_AddColumn: {
			const ColumnDef *column = (ColumnDef *)command->def;
			reach = std::max(reach, column->constraints == NIL ? 1 : 2);
			break;
		}
		case AT_DropColumn: reach = std::max(reach, 1); break;
		default: return 2;
		}
	}
	return reach;
}

bool cascades(Node *statement)
{
	if (IsA(statement, DropStmt))
		return ((DropStmt *)statement)->behavior == DROP_CASCADE || ((DropStmt *)statement)->removeType == OBJECT_SCHEMA;
	if (!IsA(statement, AlterTableStmt))
		return IsA(statement, DropOwnedStmt);
	const List *commands = ((AlterTableStmt *)statement)->cmds;
	for (int i = 0; i < list_length(commands); i++)
		if (((AlterTableCmd *)list_nth(commands, i))->behavior == DROP_CASCADE)
			return true;
	return false;
}

/* The table whose column a sequence belongs to; InvalidOid when it is none, or nobody's. */
Oid owner_of_sequence(Oid relation)
{
	return pg_call([relation] {
		Oid table = InvalidOid;
		int32 column;
		if (get_rel_relkind(relation) == RELKIND_SEQUENCE && !sequenceIsOwned(relation, DEPENDENCY_AUTO, &table, &column))
			(void)sequenceIsOwned(relation, DEPENDENCY_INTERNAL, &table, &column);
		return table;
	});
}

} // namespace

bool changes_environment(Node *statement)
{
	if (!IsA(statement, VariableSetStmt))
		return false;
	const char *name = ((VariableSetStmt *)statement)->name;
	return name == nullptr || strcmp(name, "search_path") == 0 || strcmp(name, "role") == 0 || strcmp(name, "session_authorization") == 0 ||
		   strcmp(name, "row_security") == 0 || strncmp(name, "surefoot.", strlen("surefoot.")) == 0;
}

const char *name_made(Node *statement)
{
	const auto last = [](const RangeVar *name) { return name ? name->relname : nullptr; };
	switch (nodeTag(statement)) {
	case T_CreateStmt: return last(((CreateStmt *)statement)->relation);
	case T_CreateForeignTableStmt: return last(((CreateForeignTableStmt *)statement)->base.relation);
	case T_CreateTableAsStmt: return last(((CreateTableAsStmt *)statement)->into->rel);
	case T_SelectStmt: return ((SelectStmt *)statement)->intoClause ? last(((SelectStmt *)statement)->intoClause->rel) : nullptr;
	case T_ViewStmt: return last(((ViewStmt *)statement)->view);
	case T_CreateSeqStmt: return last(((CreateSeqStmt *)statement)->sequence);
	case T_RenameStmt: return ((RenameStmt *)statement)->newname;
	case T_AlterObjectSchemaStmt: return last(((AlterObjectSchemaStmt *)statement)->relation);
	default: return nullptr;
	}
}

Keeping::Keeping(const Planned &planned)
{
	const Directives &directives = planned.script.directives();
	why_none_ = !directives.keep ? "the script says keep=off" : planned.steps.size() > 1 ? "a migration of several steps keeps none" : "";
	const Oid owner = extension().owner;
	if (planned.steps.size() != 1 || !pg_call([owner] { return superuser_arg(owner); }))
		return;
	tables_ = settings::keep_tables && directives.keep;
	rows_ = settings::keep_rows && directives.keep;
	/* One statement alone: another one could have to do with the sequence. */
	positions_ = (tables_ || rows_) && planned.script.statements().size() == 1 && may_restart_sequences(GetUserId());
	hides_ = directives.hide;
	places_ = settings::restore_places || hides_;
	size_t n = 0;
	for (const Operation &operation : planned.steps.front().operations) {
		const Statement &statement = planned.script.statement(operation.statement);
		opaque_ = opaque_ || operation.sql != statement.text;
		follow(statement, planned.facts[n++]);
	}
}

void Keeping::follow(const Statement &statement, const Facts &facts)
{
	Node *node = statement.raw->stmt;
	const bool alters = IsA(node, AlterTableStmt), drops_tables = IsA(node, DropStmt) && ((DropStmt *)node)->removeType == OBJECT_TABLE;
	opaque_ = opaque_ || cascades(node) || changes_environment(node) ||
			  (!alters && !drops_tables && foresee_way_back(node).what == Foreseen::unknown);
	if (const char *name = name_made(node))
		made_.insert(name);
	writes_ = writes_ || (changes_rows(node) && !IsA(node, TruncateStmt));
	if (IsA(node, TruncateStmt)) {
		for (const Oid table : truncated_tables((TruncateStmt *)node))
			removals_[table]++;
		return;
	}
	if (drops_tables) {
		for (const Oid table : dropped_tables((DropStmt *)node))
			removals_[table]++;
		return;
	}
	Effect effect = Effect::unknown;
	bool reaches_others = true;
	switch (nodeTag(node)) {
	case T_AlterTableStmt: {
		const int reach = facts.rewrites ? 2 : reach_of((AlterTableStmt *)node);
		effect = static_cast<Effect>(reach);
		reaches_others = reach == 2; /* by foreign keys otherwise, which change nothing there */
		break;
	}
	case T_CommentStmt:
	case T_GrantStmt:
	case T_CreateStatsStmt:
	case T_CreatePolicyStmt:
	case T_AlterPolicyStmt:
	case T_IndexStmt:
	case T_ViewStmt:
	case T_CreateFunctionStmt:
	case T_VariableSetStmt: effect = Effect::none; break;
	case T_DropStmt:
		/* A trigger, an index. */
		effect = Effect::none;
		break;
	case T_CreateStmt:
		effect = ((CreateStmt *)node)->inhRelations == NIL ? Effect::none : Effect::unknown;
		break;
	default: break;
	}
	const Oid own = alters ? pg_call([name = ((AlterTableStmt *)node)->relation] { return RangeVarGetRelid(name, NoLock, true); }) : InvalidOid;
	if (IsA(node, CreateStmt) && effect == Effect::unknown)
		opaque_ = true;
	for (const LockedTable &locked : facts.tables) {
		const bool reached = alters && locked.table.id != own && !reaches_others;
		if (!changes_rows(node) && !IsA(node, SelectStmt) && !reached)
			altered_.insert(locked.table.id);
		/* The sequence of a column is its table's, which comes back with it. */
		const Oid owner = owner_of_sequence(locked.table.id);
		for (const Oid id : {locked.table.id, owner})
			if (OidIsValid(id)) {
				Effect &worst = effects_[id];
				worst = std::max(worst, reached ? Effect::none : effect);
			}
	}
}

Keeping::Effect Keeping::effect_on(Oid table) const
{
	const auto found = effects_.find(table);
	return found == effects_.end() ? Effect::none : found->second;
}

/* Of a table of the caller's, that nothing else in the script is about. */
bool Keeping::is_kept_whole(Oid table) const
{
	const auto removals = removals_.find(table);
	if (!tables_ || opaque_ || !OidIsValid(table) || effect_on(table) != Effect::none || removals == removals_.end() || removals->second != 1)
		return false;
	const Oid role = GetUserId();
	const char *name = pg_call([table] {
		return get_rel_relkind(table) == RELKIND_RELATION && compat::owns_relation(table) ? get_rel_name(table) : nullptr;
	});
	/* One that is made anew in its place is another. */
	if (name == nullptr || made_.contains(name))
		return false;
	const Internal internal;
	const std::optional<WholeTable> whole = whole_table(table, role);
	return whole && whole->storable;
}

bool Keeping::keeps_dropped(const DropStmt *drop) const
{
	const std::vector<Oid> tables = dropped_tables(drop);
	return std::all_of(tables.begin(), tables.end(), [this](Oid table) { return is_kept_whole(table); });
}

bool Keeping::keeps_truncated(const TruncateStmt *truncate) const
{
	const std::vector<Oid> tables = truncated_tables(truncate);
	return !writes_ && !tables.empty() &&
		   std::all_of(tables.begin(), tables.end(), [this](Oid table) { return is_kept_whole(table) && !has_truncate_triggers(table); });
}

std::string Keeping::why_not_all(const std::vector<Oid> &tables) const
{
	if (!why_none_.empty())
		return why_none_;
	if (!tables_)
		return settings::keep_tables ? "" : "surefoot.keep_tables is off";
	const Oid role = GetUserId();
	for (const Oid table : tables)
		if (OidIsValid(table) && !table_name(table).empty())
			if (const std::string why = surefoot::why_not_whole(table, role); !why.empty())
				return tables.size() == 1 ? why : table_name(table) + ": " + why;
	return "";
}

std::string Keeping::why_not_dropped(const DropStmt *drop) const
{
	/* Small ones are kept as texts then, or are not, which shows when it is applied. */
	if (why_none_.empty() && !tables_ && rows_)
		return "";
	return why_not_all(dropped_tables(drop));
}

std::string Keeping::why_not_truncated(const TruncateStmt *truncate) const
{
	const std::vector<Oid> tables = truncated_tables(truncate);
	const Oid role = GetUserId();
	for (const Oid table : tables) {
		const Internal internal;
		if (tables_ && has_truncate_triggers(table))
			return table_name(table) + " has a trigger on TRUNCATE";
		if (const std::optional<WholeTable> whole = tables_ && OidIsValid(table) ? whole_table(table, role) : std::nullopt; whole && !whole->storable)
			return table_name(table) + " has " + other_types;
	}
	return why_not_all(tables);
}

std::string Keeping::why_not_changed(const RangeVar *table) const
{
	if (!why_none_.empty() || !rows_)
		return !why_none_.empty() || settings::keep_rows ? why_none_ : "surefoot.keep_rows is off";
	const Oid id = table == nullptr ? InvalidOid : pg_call([table] { return RangeVarGetRelid(table, NoLock, true); });
	if (!OidIsValid(id) || opaque_ || altered_.contains(id))
		return "";
	if (const auto known = not_changed_.find(id); known != not_changed_.end())
		return known->second;
	return not_changed_[id] = surefoot::why_not_changed(id, GetUserId(), table_pages(id) * BLCKSZ, false);
}

Keeping::Column Keeping::dropped_column(Oid table, const char *name) const
{
	if (!places_ || opaque_ || !OidIsValid(table) || effect_on(table) == Effect::unknown || removals_.contains(table))
		return Column::gone;
	if (!has_place(table, name))
		return Column::gone;
	/* That of a serial column goes with it, and starts anew. */
	const AttrNumber number = pg_call([&] { return get_attnum(table, name); });
	const std::vector<Dependent> dependents = dependents_of(ObjectAddress{RelationRelationId, table, number});
	const bool has_sequence = std::any_of(dependents.begin(), dependents.end(), [](const Dependent &dependent) {
		return dependent.object.classId == RelationRelationId &&
			   pg_call([&] { return get_rel_relkind(dependent.object.objectId); }) == RELKIND_SEQUENCE;
	});
	return hides_ && !has_sequence ? Column::hidden : Column::place;
}

} // namespace surefoot

/* What dropping and altering tables lets foresee of the way back, by the catalog. */
#include "server/plan/foreseen_parts.hpp"

#include "server/plan/column_facts.hpp"
#include "server/record/sequence_moves.hpp"

extern "C" {
#include "access/genam.h"
#include "catalog/pg_inherits.h"
#include "commands/trigger.h"
#include "parser/parse_coerce.h"
#include "utils/fmgrprotos.h"
}

namespace surefoot {

namespace {

/* The worse of two; what is not known is the worst. */
Foreseen worse(Foreseen a, Foreseen b)
{
	const auto rank = [](const Foreseen &f) {
		return f.what == Foreseen::unknown ? 10 : f.what == Foreseen::needless ? -1 : static_cast<int>(f.way_back);
	};
	return rank(b) > rank(a) || (rank(b) == rank(a) && a.reason.empty()) ? b : a;
}

/* The server writes such a CHECK in other words when it is made from its own. */
bool has_checked_domains(Oid table)
{
	Relation relation = relation_open(table, AccessShareLock);
	const TupleDesc columns = RelationGetDescr(relation);
	bool found = false;
	if (columns->constr != nullptr && columns->constr->num_check > 0)
		for (int i = 0; i < columns->natts; i++)
			found = found || (!TupleDescAttr(columns, i)->attisdropped && get_typtype(TupleDescAttr(columns, i)->atttypid) == TYPTYPE_DOMAIN);
	relation_close(relation, AccessShareLock);
	return found;
}

/* Of the triggers that enforce its keys, or keys that refer to it, on either table: those of some keys alone cannot be put back. */
bool has_check_not_enabled(Oid table, bool of_others = true)
{
	Relation relation = relation_open(table, AccessShareLock);
	bool found = false;
	for (int i = 0; relation->trigdesc != nullptr && i < relation->trigdesc->numtriggers && !found; i++) {
		const Trigger &trigger = relation->trigdesc->triggers[i];
		if (trigger.tgisinternal)
			found = trigger.tgenabled != TRIGGER_FIRES_ON_ORIGIN ||
					(of_others && OidIsValid(trigger.tgconstrrelid) && has_check_not_enabled(trigger.tgconstrrelid, false));
	}
	relation_close(relation, AccessShareLock);
	return found;
}

Foreseen with_checks()
{
	return unknown("some triggers that enforce its keys are not enabled, and it shows when it is applied whether they can be made to stand as they do");
}

bool concerns_checks(AlterTableType subcommand)
{
	switch (subcommand) {
	case AT_DropConstraint:
	case AT_DropColumn:
	case AT_AlterColumnType:
	case AT_AttachPartition:
	case AT_DetachPartition:
	case AT_EnableTrig:
	case AT_EnableAlwaysTrig:
	case AT_EnableReplicaTrig:
	case AT_DisableTrig:
	case AT_EnableTrigAll:
	case AT_DisableTrigAll: return true;
	default: return false;
	}
}

Foreseen of_position(const Keeping &keeping)
{
	return keeping.keeps_positions() ? lossy(core::WayBack::exact, "where its sequence stands is kept")
									 : lossy(core::WayBack::without_rows, "its sequence starts anew, unless where it stands can be kept");
}

} // namespace

Foreseen foresee_restart(const Keeping &keeping)
{
	return keeping.keeps_positions() ? lossy(core::WayBack::exact, "where the sequence stands is kept")
									 : lossy(core::WayBack::without_rows, "the sequence's position is changed, and stays, unless where it stands can be kept");
}

Foreseen foresee_drop(const DropStmt *drop, const Keeping &keeping)
{
	if (drop->behavior == DROP_CASCADE && drop->removeType != OBJECT_INDEX)
		return cascading();
	switch (drop->removeType) {
	case OBJECT_TABLE:
		for (int i = 0; i < list_length(drop->objects); i++) {
			const List *name = (List *)list_nth(drop->objects, i);
			const bool inherits = pg_call([name] {
				const Oid id = RangeVarGetRelid(makeRangeVarFromNameList((List *)name), NoLock, true);
				return OidIsValid(id) && (has_superclass(id) || has_checked_domains(id));
			});
			const bool checks = pg_call([name] {
				const Oid id = RangeVarGetRelid(makeRangeVarFromNameList((List *)name), NoLock, true);
				return OidIsValid(id) && has_check_not_enabled(id);
			});
			if (checks)
				return with_checks();
			if (inherits)
				return unknown("its rows are gone, and it shows when it is applied whether all that it has from its parents, or from domains, comes back");
		}
		if (keeping.keeps_dropped(drop))
			return lossy(core::WayBack::exact, "its rows are kept");
		if (const std::string why = keeping.why_not_dropped(drop); !why.empty() || !keeping.keeps_rows())
			return lossy(core::WayBack::without_rows, "its rows are gone" + in_brackets(why));
		return lossy(core::WayBack::without_rows, "its rows come back where they can be kept");
	case OBJECT_SEQUENCE: return of_position(keeping);
	case OBJECT_EXTENSION: return unknown("it shows when it is applied what the extension holds");
	case OBJECT_OPERATOR: return unknown("it shows when it is applied which operators are tied to it");
	default: return exact();
	}
}

namespace {

/* What the parent alone had said of it. */
bool has_inherited_parts(Oid table)
{
	Relation relation = table_open(table, AccessShareLock);
	bool found = false;
	for (int i = 0; i < RelationGetDescr(relation)->natts; i++) {
		const Form_pg_attribute column = TupleDescAttr(RelationGetDescr(relation), i);
		found = found || (!column->attisdropped && column->attinhcount > 0 && !column->attislocal);
	}
	table_close(relation, AccessShareLock);
	return found;
}

} // namespace

bool has_keys_of_partitions(Oid table)
{
	Relation relation = relation_open(table, AccessShareLock);
	bool found = false;
	if (relation->rd_rel->relkind == RELKIND_PARTITIONED_TABLE || relation->rd_rel->relispartition)
		for (int i = 0; relation->trigdesc != nullptr && i < relation->trigdesc->numtriggers; i++)
			found = found || RI_FKey_trigger_type(relation->trigdesc->triggers[i].tgfoid) != RI_TRIGGER_NONE;
	relation_close(relation, AccessShareLock);
	return found;
}

namespace {

Foreseen of_type_change(Oid table, const AlterTableCmd *command)
{
	const ColumnDef *definition = (ColumnDef *)command->def;
	if (definition->raw_default != nullptr && !is_plain_cast(definition->raw_default, command->name, definition->typeName))
		return unknown("its values are computed anew, and whether a cast takes them back shows when it is applied");
	const TypeName *wanted = definition->typeName;
	const char *name = command->name;
	std::string from, to;
	bool no_cast = false, cuts = false, renamed = false;
	pg_call([&] {
		if (!OidIsValid(table))
			return;
		const Column column = find_column(table, name);
		renamed = !column.exists;
		int32 modifier = -1;
		const Oid type = column.exists ? type_oid(wanted, &modifier) : InvalidOid;
		if (!OidIsValid(type))
			return;
		/* USING is refused for a generated column. */
		no_cast = !can_coerce_type(1, &type, &column.type, column.generated ? COERCION_ASSIGNMENT : COERCION_EXPLICIT);
		char category, former;
		bool preferred;
		get_type_category_preferred(type, &category, &preferred);
		get_type_category_preferred(column.type, &former, &preferred);
		int32 length = modifier;
		const Oid base = getBaseTypeAndTypmod(type, &length);
		cuts = category == TYPCATEGORY_STRING && former != TYPCATEGORY_STRING && (length >= 0 || get_typlen(base) > 0);
		from = format_type_with_typemod(column.type, column.typmod);
		to = format_type_with_typemod(type, modifier);
	});
	if (renamed)
		return unknown("whether a cast takes its values back shows when it is applied, as the column is not there yet by that name");
	if (no_cast)
		return unknown("nothing casts " + to + " back to " + from);
	if (cuts)
		return unknown("whether what " + to + " holds of its values can be " + from + " again shows when it is applied");
	if (from.empty() || to.empty() || !core::keeps_values(from, to))
		return lossy(core::WayBack::without_rows, "its values may not be what they were, as they were of another type");
	return exact();
}

/* Keys are checked with the rights of the table's owner. */
bool owner_cannot_use_schema(Oid table, const RoleSpec *new_owner = nullptr)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	if (!HeapTupleIsValid(tuple))
		return false;
	const Form_pg_class form = (Form_pg_class)GETSTRUCT(tuple);
	const Oid owner = new_owner ? get_rolespec_oid(new_owner, true) : form->relowner, schema = form->relnamespace;
	ReleaseSysCache(tuple);
	if (!OidIsValid(owner))
		return false;
	return !DatumGetBool(DirectFunctionCall3(has_schema_privilege_id_id, ObjectIdGetDatum(owner), ObjectIdGetDatum(schema),
											 PointerGetDatum(cstring_to_text("USAGE"))));
}

/* One that some partitions have no index for would give them one when they are attached. */
bool has_incomplete_index(Oid table)
{
	Relation relation = relation_open(table, AccessShareLock);
	bool found = false;
	const List *indexes = RelationGetIndexList(relation);
	for (int i = 0; i < list_length(indexes) && !found; i++) {
		Relation index = index_open(list_nth_oid(indexes, i), AccessShareLock);
		found = !index->rd_index->indisvalid;
		index_close(index, AccessShareLock);
	}
	relation_close(relation, AccessShareLock);
	return found;
}

Foreseen of_subcommand(const AlterTableStmt *alter, Oid table, const AlterTableCmd *command, const Keeping &keeping)
{
	if (command->behavior == DROP_CASCADE)
		return cascading();
	if (concerns_checks(command->subtype) && OidIsValid(table) && pg_call([table] { return has_check_not_enabled(table); }))
		return with_checks();
	const char *name = command->name;
	const auto is_followed = [table, name] {
		return !OidIsValid(table) || pg_call([table, name] {
			const Column column = find_column(table, name);
			return !column.exists || has_later_column(table, column.number);
		});
	};
	/* Children keep it as their own. */
	const bool leaves_children = !alter->relation->inh && OidIsValid(table) && pg_call([table] { return has_subclass(table); });
	if (leaves_children && (command->subtype == AT_DropColumn || command->subtype == AT_DropConstraint))
		return lossy(core::WayBack::none, "what its children have from it alone becomes their own");
	const auto with_keys = [table] {
		return OidIsValid(table) && pg_call([table] { return has_keys_of_partitions(table); })
				   ? unknown("it shows when it is applied what becomes of the foreign keys of partitions")
				   : exact();
	};
	if ((command->subtype == AT_DropConstraint || command->subtype == AT_DropColumn) && OidIsValid(table) &&
		pg_call([table] { return owner_cannot_use_schema(table); }))
		return unknown("the table's owner has no right to use its schema, and whether keys can be checked then shows when it is applied");
	switch (command->subtype) {
	case AT_ChangeOwner:
		return OidIsValid(table) && pg_call([table, owner = command->newowner] { return owner_cannot_use_schema(table, owner); })
				   ? unknown("its new owner has no right to use its schema, and what that stands in the way of shows when it is applied")
				   : exact();
	case AT_DetachPartition:
		if (OidIsValid(table) && pg_call([table] { return has_incomplete_index(table); }))
			return unknown("it shows when it is applied what becomes of an index that some partitions have none for");
		return with_keys();
	case AT_DropConstraint: return with_keys();
	case AT_DropColumn:
		return foresee_drop_column(table, name, keeping);
	case AT_AlterColumnType:
		if (alter->objtype == OBJECT_TYPE)
			return unknown("it shows when it is applied which tables have the type");
		return of_type_change(table, command);
	case AT_DropExpression:
		return is_followed() ? lossy(core::WayBack::column_order, "a column that comes back comes last") : exact();
	case AT_DropIdentity:
		return of_position(keeping);
	case AT_SetIdentity:
		return restarts_sequence((Node *)alter) ? foresee_restart(keeping) : exact();
	case AT_DropInherit:
		return !OidIsValid(table) || pg_call([table] { return has_inherited_parts(table); })
				   ? lossy(core::WayBack::none, "columns that it has from its parent alone become its own")
				   : exact();
	case AT_AttachPartition:
		/* Of an index that the script makes itself, the whole goes again. */
		return alter->objtype == OBJECT_INDEX && OidIsValid(table)
				   ? lossy(core::WayBack::none, "an index that has become a part of another cannot be taken out of it")
				   : with_keys();
	case AT_AddOf:
	case AT_DropOf:
	case AT_GenericOptions:
		return unknown("it shows when it is applied");
	default: return exact();
	}
}

} // namespace

Foreseen foresee_alter_table(const AlterTableStmt *alter, const Keeping &keeping)
{
	const RangeVar *relation = alter->relation;
	const Oid table = pg_call([relation] { return RangeVarGetRelid(relation, NoLock, true); });
	Foreseen result = exact();
	for (int i = 0; i < list_length(alter->cmds); i++)
		result = worse(result, of_subcommand(alter, table, (AlterTableCmd *)list_nth(alter->cmds, i), keeping));
	return result;
}

} // namespace surefoot

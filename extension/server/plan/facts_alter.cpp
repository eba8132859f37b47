/* What the subcommands of ALTER TABLE do to the rows: rewrite them, read them all, or leave them alone. */
#include "server/plan/facts.hpp"

#include <algorithm>

#include "server/compat.hpp"
#include "server/plan/column_facts.hpp"

extern "C" {
#include "parser/parse_type.h"
#include "utils/typcache.h"
}

namespace surefoot {

namespace {

class AlterWork {
public:
	AlterWork(Oid table, const std::set<std::string> &not_null) : table_(table), not_null_(not_null) {}
	Work work;

	void command(const AlterTableCmd *command)
	{
		switch (command->subtype) {
			case AT_AddColumn:
				if (!command->missing_ok || !column(((ColumnDef *)command->def)->colname).exists)
					add_column((ColumnDef *)command->def);
				break;
			case AT_DropColumn:
				drop_column(command);
				break;
			case AT_AlterColumnType:
				alter_type(command->name, (ColumnDef *)command->def);
				break;
			case AT_SetNotNull:
				set_not_null(command->name);
				break;
			case AT_AddConstraint:
				add_constraint((Constraint *)command->def);
				break;
			case AT_ValidateConstraint:
			case AT_AttachPartition:
				work.scans = true;
				break;
			case AT_SetLogged:
			case AT_SetUnLogged:
			case AT_SetTableSpace:
				work.rewrites = true;
				break;
			default:
				if (compat::sets_expression(command) || compat::sets_access_method(command))
					work.rewrites = true;
		}
	}

private:
	Column column(const char *name) const
	{
		const Oid table = table_;
		return pg_call([=] { return find_column(table, name); });
	}

	void add_column(const ColumnDef *column)
	{
		const TypeName *name = column->typeName;
		bool filled = false;
		if (is_serial(name)) {
			work.rewrites = true;
		} else {
			const Oid type = pg_call([name] {
				int32 typmod;
				return type_oid(name, &typmod);
			});
			if (OidIsValid(type) && pg_call([type] {
					return get_typtype(type) == TYPTYPE_DOMAIN && DomainHasConstraints(type);
				}))
				work.rewrites = true;
		}
		bool not_null = false;
		for (int i = 0; i < list_length(column->constraints); i++) {
			const Constraint *constraint = (Constraint *)list_nth(column->constraints, i);
			switch (constraint->contype) {
				case CONSTR_DEFAULT:
					filled = true;
					work.rewrites = work.rewrites || default_rewrites(constraint->raw_expr);
					break;
				case CONSTR_IDENTITY:
					filled = work.rewrites = true;
					break;
				case CONSTR_GENERATED:
					filled = true;
					work.rewrites = work.rewrites || !compat::is_virtual(constraint);
					break;
				case CONSTR_NOTNULL:
					not_null = true;
					break;
				default:
					break;
			}
		}
		for (int i = 0; i < list_length(column->constraints); i++) {
			const Constraint *constraint = (Constraint *)list_nth(column->constraints, i);
			/* A foreign key need not be looked at where every new value is null. */
			if (constraint->contype != CONSTR_FOREIGN || filled)
				add_constraint(constraint);
		}
		if (not_null && !filled && !is_serial(name)) {
			work.scans = true;
			work.hazards.emplace_back("fails-on-rows");
		}
	}

	void drop_column(const AlterTableCmd *command)
	{
		const Column dropped = column(command->name);
		const Oid table = table_;
		work.hazards.emplace_back("drops-data");
		if (dropped.exists && pg_call([&] { return has_later_column(table, dropped.number); }))
			work.hazards.emplace_back("column-order");
	}

	void alter_type(const char *name, const ColumnDef *definition)
	{
		const Column from = column(name);
		if (!from.exists)
			return;
		const TypeName *to = definition->typeName;
		/* USING the column itself changes nothing; anything else computes every value. */
		const Node *with = definition->raw_default;
		const bool plain = with == nullptr ||
						   (IsA(with, ColumnRef) && list_length(((ColumnRef *)with)->fields) == 1 &&
							IsA(linitial(((ColumnRef *)with)->fields), String) &&
							strcmp(strVal(linitial(((ColumnRef *)with)->fields)), name) == 0);
		bool rewrites = !plain;
		if (plain) {
			try {
				rewrites = in_rolled_back_subtransaction([&] {
					return pg_call([&] {
						int32 typmod = -1;
						const Oid type = type_oid(to, &typmod);
						return !OidIsValid(type) || coercion_rewrites(from.type, from.typmod,
																	  from.collation, type, typmod);
					});
				});
			} catch (const Error &) {
				/* The statement itself will say what is wrong. */
				rewrites = true;
			}
		}
		work.rewrites = work.rewrites || rewrites;
		if (rewrites)
			work.hazards.emplace_back("changes-values");
		const Oid table = table_;
		if (pg_call([&] { return has_check_on(table, from.number); }))
			work.scans = true;
		if (definition->collClause != nullptr)
			work.builds_index = true;
	}

	void set_not_null(const char *name)
	{
		const Column known = column(name);
		const Oid table = table_;
		if (known.exists && (known.not_null || not_null_.contains(name) ||
							 pg_call([&] { return checks_imply_not_null(table, known); })))
			return;
		work.scans = true;
	}

	void add_constraint(const Constraint *constraint)
	{
		switch (constraint->contype) {
			case CONSTR_CHECK:
			case CONSTR_FOREIGN:
				if (!constraint->skip_validation && !compat::is_not_enforced(constraint))
					work.scans = true;
				break;
			case CONSTR_NOTNULL:
				/* As a constraint of the table (18); of a new column it is looked at there. */
				if (constraint->keys != NIL && !constraint->skip_validation)
					work.scans = true;
				break;
			case CONSTR_UNIQUE:
			case CONSTR_PRIMARY:
				if (constraint->indexname == nullptr)
					work.scans = work.builds_index = true;
				else if (constraint->contype == CONSTR_PRIMARY &&
						 has_nullable_column(constraint->indexname)) {
					work.scans = true;
					work.hazards.emplace_back("not-null-scan");
				}
				break;
			case CONSTR_EXCLUSION:
				work.scans = work.builds_index = true;
				break;
			default:
				break;
		}
	}

	/* Of an index that is there; of one that is yet to be built, the plan knows when it comes to it. */
	bool has_nullable_column(const char *index) const
	{
		const Oid table = table_;
		return pg_call([=] {
			const Oid id = get_relname_relid(index, get_rel_namespace(table));
			Relation relation = OidIsValid(id) ? RelationIdGetRelation(id) : nullptr;
			if (relation == nullptr)
				return false;
			bool nullable = false;
			if (relation->rd_index != nullptr) {
				for (int i = 0; i < relation->rd_index->indnkeyatts && !nullable; i++) {
					HeapTuple tuple =
						SearchSysCache2(ATTNUM, ObjectIdGetDatum(table),
										Int16GetDatum(relation->rd_index->indkey.values[i]));
					if (HeapTupleIsValid(tuple)) {
						nullable = !((Form_pg_attribute)GETSTRUCT(tuple))->attnotnull;
						ReleaseSysCache(tuple);
					}
				}
			}
			RelationClose(relation);
			return nullable;
		});
	}

	Oid table_;
	const std::set<std::string> &not_null_;
};

/* The columns of which expression says that they are not null. */
void add_not_null_columns(Node *expression, std::set<std::string> &columns)
{
	if (expression == nullptr)
		return;
	if (IsA(expression, BoolExpr) && ((BoolExpr *)expression)->boolop == AND_EXPR) {
		List *parts = ((BoolExpr *)expression)->args;
		for (int i = 0; i < list_length(parts); i++)
			add_not_null_columns((Node *)list_nth(parts, i), columns);
		return;
	}
	if (!IsA(expression, NullTest) || ((NullTest *)expression)->nulltesttype != IS_NOT_NULL)
		return;
	Node *column = (Node *)((NullTest *)expression)->arg;
	if (!IsA(column, ColumnRef) || list_length(((ColumnRef *)column)->fields) != 1)
		return;
	Node *name = (Node *)linitial(((ColumnRef *)column)->fields);
	if (IsA(name, String))
		columns.insert(strVal(name));
}

} // namespace

void ProvedNotNull::follow(const AlterTableStmt *statement)
{
	for (int i = 0; i < list_length(statement->cmds); i++) {
		const AlterTableCmd *command = (AlterTableCmd *)list_nth(statement->cmds, i);
		if (command->subtype == AT_AddConstraint) {
			const Constraint *check = (Constraint *)command->def;
			if (check->contype != CONSTR_CHECK)
				continue;
			std::set<std::string> columns;
			add_not_null_columns(check->raw_expr, columns);
			if (!check->skip_validation)
				columns_.insert(columns.begin(), columns.end());
			else if (check->conname != nullptr)
				unproved_[check->conname] = std::move(columns);
		} else if (command->subtype == AT_ValidateConstraint) {
			const auto check = unproved_.find(command->name);
			if (check != unproved_.end())
				columns_.insert(check->second.begin(), check->second.end());
		} else if (command->subtype == AT_DropConstraint || command->subtype == AT_DropNotNull) {
			/* Which column it was about is not worth asking. */
			columns_.clear();
		}
	}
}

Work alter_table_work(const AlterTableStmt *statement, Oid table, const std::set<std::string> &not_null)
{
	AlterWork result(table, not_null);
	for (int i = 0; i < list_length(statement->cmds); i++)
		result.command((AlterTableCmd *)list_nth(statement->cmds, i));
	return std::move(result.work);
}

} // namespace surefoot

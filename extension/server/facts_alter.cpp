/* What the subcommands of ALTER TABLE do to the rows: rewrite them, read them all, or leave them alone. */
#include "server/facts.hpp"

#include <algorithm>

#include "server/compat.hpp"

extern "C" {
#include "access/attmap.h"
#include "catalog/heap.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_type.h"
#include "utils/typcache.h"
}

namespace surefoot {

namespace {

bool is_serial(const TypeName *type)
{
	if (type->pct_type || type->setof || list_length(type->names) != 1)
		return false;
	const std::string_view name = strVal(linitial(type->names));
	return name == "serial" || name == "serial2" || name == "serial4" || name == "serial8" ||
		   name == "bigserial" || name == "smallserial";
}

/* InvalidOid when it does not exist yet. */
Oid type_oid(const TypeName *name, int32 *typmod)
{
	HeapTuple tuple = LookupTypeName(nullptr, name, typmod, true);
	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	const Oid id = ((Form_pg_type)GETSTRUCT(tuple))->oid;
	ReleaseSysCache(tuple);
	return id;
}

bool is_volatile(Node *raw)
{
	ParseState *state = make_parsestate(nullptr);
	Node *expression = transformExpr(state, (Node *)copyObjectImpl(raw), EXPR_KIND_COLUMN_DEFAULT);
	const bool result = contain_volatile_functions(expression);
	free_parsestate(state);
	return result;
}

/* A default that must be computed row by row. What cannot be understood yet may be anything. */
bool default_rewrites(Node *raw)
{
	if (IsA(raw, A_Const))
		return false;
	try {
		return in_rolled_back_subtransaction(
			[raw] { return pg_call([raw] { return is_volatile(raw); }); });
	} catch (const Error &) {
		return true;
	}
}

/*
 * Whether a value of type from becomes one of type to without being changed: the server's own coercion, after its own
 * simplification, is looked at as ALTER COLUMN TYPE does.
 */
bool coercion_rewrites(Oid from, int32 from_typmod, Oid collation, Oid to, int32 to_typmod)
{
	ParseState *state = make_parsestate(nullptr);
	Node *value = (Node *)makeVar(1, 1, from, from_typmod, collation, 0);
	value = coerce_to_target_type(state, value, from, to, to_typmod, COERCION_ASSIGNMENT,
								  COERCE_IMPLICIT_CAST, -1);
	if (value == nullptr)
		return true;
	assign_expr_collations(state, value);
	value = (Node *)expression_planner((Expr *)value);
	free_parsestate(state);
	for (;;) {
		if (IsA(value, Var))
			return false;
		if (IsA(value, RelabelType)) {
			value = (Node *)((RelabelType *)value)->arg;
		} else if (IsA(value, CoerceToDomain)) {
			const CoerceToDomain *domain = (CoerceToDomain *)value;
			if (DomainHasConstraints(domain->resulttype))
				return true;
			value = (Node *)domain->arg;
		} else if (IsA(value, FuncExpr)) {
			const FuncExpr *function = (FuncExpr *)value;
			const bool zone = function->funcid == F_TIMESTAMPTZ_TIMESTAMP ||
							  function->funcid == F_TIMESTAMP_TIMESTAMPTZ;
			if (!zone || TimestampTimestampTzRequiresRewrite())
				return true;
			value = (Node *)linitial(function->args);
		} else {
			return true;
		}
	}
}

/* A column as the catalog has it. */
struct Column {
	bool exists, not_null;
	AttrNumber number;
	Oid type, collation;
	int32 typmod;
};

Column find_column(Oid table, const char *name)
{
	Column result = {};
	HeapTuple tuple = SearchSysCacheAttName(table, name);
	if (HeapTupleIsValid(tuple)) {
		const Form_pg_attribute form = (Form_pg_attribute)GETSTRUCT(tuple);
		result = {true,			  form->attnotnull,	  form->attnum,
				  form->atttypid, form->attcollation, form->atttypmod};
		ReleaseSysCache(tuple);
	}
	return result;
}

/* The validated CHECK constraints of a table, or the lack of a lock that is free, which tells nothing. */
bool checks_imply_not_null(Oid table, const Column &column)
{
	if (!ConditionalLockRelationOid(table, AccessShareLock))
		return false;
	bool implied = false;
	Relation relation = try_relation_open(table, NoLock);
	if (relation != nullptr) {
		const TupleConstr *constraints = RelationGetDescr(relation)->constr;
		List *known = NIL;
		for (int i = 0; constraints != nullptr && i < constraints->num_check; i++) {
			if (!constraints->check[i].ccvalid)
				continue;
			Node *expression = (Node *)stringToNode(constraints->check[i].ccbin);
			expression = (Node *)canonicalize_qual(
				(Expr *)eval_const_expressions(nullptr, expression), true);
			known = list_concat(known, make_ands_implicit((Expr *)expression));
		}
		NullTest *test = makeNode(NullTest);
		test->arg =
			(Expr *)makeVar(1, column.number, column.type, column.typmod, column.collation, 0);
		test->nulltesttype = IS_NOT_NULL;
		test->location = -1;
		implied = predicate_implied_by(list_make1(test), known, true);
		relation_close(relation, NoLock);
	}
	UnlockRelationOid(table, AccessShareLock);
	return implied;
}

/* An enforced CHECK reads the column, so the table is read again when its type changes. */
bool has_check_on(Oid table, AttrNumber number)
{
	Relation relation = RelationIdGetRelation(table);
	if (relation == nullptr)
		return false;
	bool found = false;
	const TupleConstr *constraints = RelationGetDescr(relation)->constr;
	for (int i = 0; constraints != nullptr && !found && i < constraints->num_check; i++) {
		if (!constraints->check[i].ccvalid)
			continue;
		Bitmapset *columns = nullptr;
		pull_varattnos((Node *)stringToNode(constraints->check[i].ccbin), 1, &columns);
		found = bms_is_member(number - FirstLowInvalidHeapAttributeNumber, columns);
	}
	RelationClose(relation);
	return found;
}

/* It is not the last one: what comes back in its place comes at the end. */
bool has_later_column(Oid table, AttrNumber number)
{
	Relation relation = RelationIdGetRelation(table);
	if (relation == nullptr)
		return false;
	bool found = false;
	const TupleDesc columns = RelationGetDescr(relation);
	for (int i = number; i < columns->natts && !found; i++)
		found = !TupleDescAttr(columns, i)->attisdropped;
	RelationClose(relation);
	return found;
}

class AlterWork {
public:
	explicit AlterWork(Oid table) : table_(table) {}
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
		if (known.exists &&
			(known.not_null || pg_call([&] { return checks_imply_not_null(table, known); })))
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
};

} // namespace

Work alter_table_work(const AlterTableStmt *statement, Oid table)
{
	AlterWork result(table);
	for (int i = 0; i < list_length(statement->cmds); i++)
		result.command((AlterTableCmd *)list_nth(statement->cmds, i));
	return std::move(result.work);
}

} // namespace surefoot

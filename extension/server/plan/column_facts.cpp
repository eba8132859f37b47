#include "server/plan/column_facts.hpp"

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

bool is_volatile(Node *raw)
{
	ParseState *state = make_parsestate(nullptr);
	Node *expression = transformExpr(state, (Node *)copyObjectImpl(raw), EXPR_KIND_COLUMN_DEFAULT);
	const bool result = contain_volatile_functions(expression);
	free_parsestate(state);
	return result;
}

} // namespace

bool is_serial(const TypeName *type)
{
	if (type->pct_type || type->setof || list_length(type->names) != 1)
		return false;
	const std::string_view name = strVal(linitial(type->names));
	return name == "serial" || name == "serial2" || name == "serial4" || name == "serial8" ||
		   name == "bigserial" || name == "smallserial";
}

Oid type_oid(const TypeName *name, int32 *typmod)
{
	HeapTuple tuple = LookupTypeName(nullptr, name, typmod, true);
	if (!HeapTupleIsValid(tuple))
		return InvalidOid;
	const Oid id = ((Form_pg_type)GETSTRUCT(tuple))->oid;
	ReleaseSysCache(tuple);
	return id;
}

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

Column find_column(Oid table, const char *name)
{
	Column result = {};
	HeapTuple tuple = SearchSysCacheAttName(table, name);
	if (HeapTupleIsValid(tuple)) {
		const Form_pg_attribute form = (Form_pg_attribute)GETSTRUCT(tuple);
		const bool proved = !compat::is_not_null_unproved(table, form->attnum);
		result = {true,			  form->attnotnull && proved, form->attgenerated != '\0', form->attnum,
				  form->atttypid, form->attcollation,		  form->atttypmod};
		ReleaseSysCache(tuple);
	}
	return result;
}

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

} // namespace surefoot

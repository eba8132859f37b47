/* Whether a column that is dropped can come back to rows: what it gets there, against the constraints and indexes that it is in. */
#include "server/plan/foreseen_parts.hpp"

#include "server/compat.hpp"
#include "server/plan/column_facts.hpp"
#include "server/reverse/surroundings.hpp"

extern "C" {
#include "access/genam.h"
#include "catalog/pg_inherits.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "rewrite/rewriteHandler.h"
#include "utils/typcache.h"
}

namespace surefoot {

namespace {

/* A column, and what every row gets in it when it comes back: one value, or one for each. */
struct Returning {
	AttrNumber number;
	Const *value;	/* nullptr: it is not known, but no null */
	bool one_each;
};

struct Substitution {
	AttrNumber number;
	Const *value;
};

Node *substitute(Node *node, void *context)
{
	const Substitution &with = *(const Substitution *)context;
	if (node != nullptr && IsA(node, Var) && ((Var *)node)->varattno == with.number && ((Var *)node)->varlevelsup == 0)
		return (Node *)copyObjectImpl(with.value);
	return compat::mutate_expression(node, substitute, context);
}

bool mentions(Node *expression, AttrNumber number)
{
	Bitmapset *columns = nullptr;
	pull_varattnos(expression, 1, &columns);
	return bms_is_member(number - FirstLowInvalidHeapAttributeNumber, columns) ||
		   bms_is_member(0 - FirstLowInvalidHeapAttributeNumber, columns);
}

/* The expression with that value in it, as far as it can be computed from it alone. */
Node *computed(Node *expression, const Returning &column)
{
	if (column.value == nullptr)
		return expression;
	Substitution with = {column.number, column.value};
	return eval_const_expressions(nullptr, substitute(expression, &with));
}

bool is_null(Node *node)
{
	return IsA(node, Const) && ((Const *)node)->constisnull;
}

bool is_false_or_null(Node *node)
{
	return IsA(node, Const) && (((Const *)node)->constisnull || !DatumGetBool(((Const *)node)->constvalue));
}

bool breaks_check(Relation relation, const Returning &column)
{
	const TupleConstr *constraints = RelationGetDescr(relation)->constr;
	for (int i = 0; constraints != nullptr && i < constraints->num_check; i++) {
		if (!constraints->check[i].ccvalid)
			continue;
		Node *expression = (Node *)stringToNode(constraints->check[i].ccbin);
		if (!mentions(expression, column.number))
			continue;
		Node *result = computed(expression, column);
		if (!IsA(result, Const) || (!((Const *)result)->constisnull && !DatumGetBool(((Const *)result)->constvalue)))
			return true;
	}
	return false;
}

bool breaks_foreign_key(Relation relation, const Returning &column)
{
	const List *keys = RelationGetFKeyList(relation);
	for (int i = 0; i < list_length(keys); i++) {
		const ForeignKeyCacheInfo *key = (ForeignKeyCacheInfo *)list_nth(keys, i);
		bool has = false;
		for (int n = 0; n < key->nkeys; n++)
			has = has || key->conkey[n] == column.number;
		HeapTuple tuple = has ? SearchSysCache1(CONSTROID, ObjectIdGetDatum(key->conoid)) : nullptr;
		if (!HeapTupleIsValid(tuple))
			continue;
		const Form_pg_constraint form = (Form_pg_constraint)GETSTRUCT(tuple);
		const bool passes_null = column.value != nullptr && column.value->constisnull &&
								 (key->nkeys == 1 || form->confmatchtype != FKCONSTR_MATCH_FULL);
		const bool breaks = form->convalidated && !passes_null;
		ReleaseSysCache(tuple);
		if (breaks)
			return true;
	}
	return false;
}

bool has_key(Form_pg_index index, AttrNumber number)
{
	for (int n = 0; n < index->indnkeyatts; n++)
		if (index->indkey.values[n] == number)
			return true;
	return false;
}

/* Another index says that the rest of the key is unique by itself. */
bool rest_is_unique(Relation relation, Form_pg_index index, AttrNumber number)
{
	const List *all = RelationGetIndexList(relation);
	for (int i = 0; i < list_length(all); i++) {
		Relation other = index_open(list_nth_oid(all, i), AccessShareLock);
		const Form_pg_index form = other->rd_index;
		bool covers = form->indexrelid != index->indexrelid && form->indisunique && form->indisvalid &&
					  RelationGetIndexPredicate(other) == NIL && RelationGetIndexExpressions(other) == NIL;
		for (int n = 0; covers && n < form->indnkeyatts; n++)
			covers = form->indkey.values[n] != number && has_key(index, form->indkey.values[n]);
		index_close(other, AccessShareLock);
		if (covers)
			return true;
	}
	return false;
}

bool breaks_index(Relation relation, Relation index, const Returning &column)
{
	const Form_pg_index form = index->rd_index;
	if (!form->indisunique && !form->indisexclusion)
		return false;
	Node *expressions = (Node *)RelationGetIndexExpressions(index), *predicate = (Node *)RelationGetIndexPredicate(index);
	const bool in_key = has_key(form, column.number), in_expressions = mentions(expressions, column.number),
			   in_predicate = mentions(predicate, column.number);
	if (!in_key && !in_expressions && !in_predicate)
		return false;
	if (in_predicate) {
		const List *parts = (List *)predicate;
		for (int i = 0; i < list_length(parts); i++)
			if (is_false_or_null(computed((Node *)list_nth(parts, i), column)))
				return false; /* no row is in it */
	}
	if (in_key && column.one_each && !in_predicate)
		return false;
	if (!compat::nulls_not_distinct(form)) {
		if (in_key && column.value != nullptr && column.value->constisnull)
			return false;
		for (int i = 0; in_expressions && i < list_length((List *)expressions); i++) {
			Node *expression = (Node *)list_nth((List *)expressions, i);
			if (mentions(expression, column.number) && is_null(computed(expression, column)))
				return false;
		}
	}
	return !rest_is_unique(relation, form, column.number);
}

bool breaks_some_index(Relation relation, const Returning &column)
{
	bool breaks = false;
	const List *indexes = RelationGetIndexList(relation);
	for (int i = 0; !breaks && i < list_length(indexes); i++) {
		Relation index = index_open(list_nth_oid(indexes, i), AccessShareLock);
		breaks = breaks_index(relation, index, column);
		index_close(index, AccessShareLock);
	}
	return breaks;
}

enum class Return { fits, needs_value, may_break };

/* filler: there is a value for all rows, should it be NOT NULL without a default. */
Return look(Relation relation, AttrNumber number, bool filler)
{
	const Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(relation), number - 1);
	if (attribute->attgenerated != '\0')
		return Return::fits;
	Node *value = attribute->atthasdef || attribute->attidentity != '\0' || get_typtype(attribute->atttypid) == TYPTYPE_DOMAIN
					  ? build_column_default(relation, number)
					  : nullptr;
	if (value != nullptr)
		value = eval_const_expressions(nullptr, value);
	const bool nothing = value == nullptr || is_null(value);
	const bool needs_value = nothing && attribute->attnotnull;
	if (nothing && get_typtype(attribute->atttypid) == TYPTYPE_DOMAIN && DomainHasConstraints(attribute->atttypid))
		return Return::needs_value;
	Returning column = {number, nullptr, value != nullptr && contain_volatile_functions(value)};
	if (nothing && !needs_value)
		column.value = makeNullConst(attribute->atttypid, attribute->atttypmod, attribute->attcollation);
	else if (value != nullptr && IsA(value, Const))
		column.value = (Const *)value;
	if (needs_value && !filler)
		return Return::needs_value;
	if (breaks_check(relation, column) || breaks_foreign_key(relation, column) || breaks_some_index(relation, column))
		return needs_value ? Return::needs_value : Return::may_break;
	return Return::fits;
}

} // namespace

Foreseen foresee_drop_column(Oid table, const char *name, const Keeping &keeping)
{
	if (OidIsValid(table) && !pg_call([table, name] { return find_column(table, name).exists; }))
		return unknown("its values are gone, and the column is not there yet by that name");
	const Keeping::Column kept = keeping.dropped_column(table, name);
	if (kept == Keeping::Column::hidden)
		return lossy(core::WayBack::exact, "it is hidden, with its values");
	const char *written_since = "rows that are written meanwhile have lost its values";
	/* With its values it fits, unless the migration itself writes rows. */
	if (kept == Keeping::Column::place && keeping.leaves_rows())
		return lossy(core::WayBack::without_rows, written_since);
	const std::string type = pg_call([table, name] {
		const Column column = OidIsValid(table) ? find_column(table, name) : Column{};
		return column.exists && column.not_null ? format_type_with_typemod(column.type, column.typmod) : "";
	});
	const bool filler = type.empty() || !LiveSurroundings().filler_of(type).empty();
	const Return worst = pg_call([=] {
		Return result = Return::fits;
		List *all = OidIsValid(table) && find_column(table, name).exists ? find_all_inheritors(table, AccessShareLock, nullptr) : NIL;
		for (int i = 0; result == Return::fits && i < list_length(all); i++) {
			const Oid one = list_nth_oid(all, i);
			const Column column = find_column(one, name);
			const char kind = get_rel_relkind(one);
			if (!column.exists || (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE))
				continue;
			Relation relation = relation_open(one, AccessShareLock);
			result = look(relation, column.number, filler);
			relation_close(relation, AccessShareLock);
		}
		return result;
	});
	if (worst == Return::needs_value)
		return unknown("its values are gone, and whether it comes back as NOT NULL where there are rows shows when it is applied");
	if (worst == Return::may_break)
		return unknown("its values are gone, and whether its constraints and unique indexes hold without them shows when it is applied");
	if (kept == Keeping::Column::place)
		return lossy(core::WayBack::without_rows, written_since);
	const bool is_followed = !OidIsValid(table) || pg_call([table, name] {
		const Column column = find_column(table, name);
		return !column.exists || has_later_column(table, column.number);
	});
	return lossy(core::WayBack::without_rows, std::string(keeping.keeps_rows() ? "its values come back where they can be kept" : "its values are gone" + in_brackets(keeping.why_none())) +
												  (is_followed ? ", and it comes back last" : ""));
}

} // namespace surefoot

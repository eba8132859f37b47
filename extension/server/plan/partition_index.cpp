#include "server/plan/partition_index.hpp"

#include "server/compat.hpp"
#include "server/guard.hpp"
#include "server/plan/relation_size.hpp"
#include "server/settings.hpp"

extern "C" {
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "commands/defrem.h"
}

namespace surefoot {

namespace {

/* Names that a later statement of the script may still make are no match, rather than an error. */
bool names_are_known(Oid partition, const IndexStmt *wanted, Oid method)
{
	for (int i = 0; i < list_length(wanted->indexParams); i++) {
		const IndexElem *element = (IndexElem *)list_nth(wanted->indexParams, i);
		if (element->name == nullptr || get_attnum(partition, element->name) == InvalidAttrNumber)
			return false;
		if (element->opclass != NIL && !OidIsValid(get_opclass_oid(method, element->opclass, true)))
			return false;
		if (element->collation != NIL && !OidIsValid(get_collation_oid(element->collation, true)))
			return false;
	}
	return true;
}

/* Whether the server would attach index, as DefineIndex decides it. It compares neither DESC nor NULLS FIRST. */
bool is_to_attach(Oid partition, Oid index, const IndexStmt *wanted)
{
	HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	if (!HeapTupleIsValid(tuple))
		return false;
	const Form_pg_index form = (Form_pg_index)GETSTRUCT(tuple);
	const int keys = list_length(wanted->indexParams), included = list_length(wanted->indexIncludingParams);
	bool same = form->indisvalid && form->indisunique == wanted->unique && form->indnkeyatts == keys &&
				form->indnatts == keys + included && compat::nulls_not_distinct(form) == compat::nulls_not_distinct(wanted) &&
				!get_rel_relispartition(index);
	if (wanted->isconstraint)
		same = same && form->indisprimary == wanted->primary && OidIsValid(get_index_constraint(index));
	for (int i = 0; same && i < included; i++) {
		const IndexElem *element = (IndexElem *)list_nth(wanted->indexIncludingParams, i);
		same = element->name != nullptr && get_attnum(partition, element->name) == form->indkey.values[keys + i];
	}
	ReleaseSysCache(tuple);
	return same && compat::is_index_compatible(index, wanted->accessMethod, wanted->indexParams);
}

bool has_index_to_attach(Oid partition, const IndexStmt *wanted)
{
	const Oid method = get_am_oid(wanted->accessMethod, true);
	/* Expressions and conditions cannot be compared before they are analysed. */
	if (!OidIsValid(method) || wanted->whereClause != nullptr || !names_are_known(partition, wanted, method))
		return false;
	/* Nobody is waited for to find that out. */
	if (!ConditionalLockRelationOid(partition, AccessShareLock))
		return false;
	bool found = false;
	Relation relation = RelationIdGetRelation(partition);
	if (RelationIsValid(relation)) {
		List *indexes = RelationGetIndexList(relation);
		for (int i = 0; !found && i < list_length(indexes); i++)
			found = is_to_attach(partition, list_nth_oid(indexes, i), wanted);
		RelationClose(relation);
	}
	UnlockRelationOid(partition, AccessShareLock);
	return found;
}

List *elements_of(List *names)
{
	List *elements = NIL;
	for (int i = 0; i < list_length(names); i++) {
		IndexElem *element = makeNode(IndexElem);
		element->name = strVal(list_nth(names, i));
		elements = lappend(elements, element);
	}
	return elements;
}

} // namespace

std::vector<Oid> partitions_to_index(Oid table, const IndexStmt *wanted)
{
	std::vector<Oid> result;
	int64 direct_pages = 0;
	for (const Oid leaf : leaf_partitions(table)) {
		const int64 pages = table_pages(leaf);
		if (direct_pages + pages <= settings::direct_index_pages)
			direct_pages += pages;
		else if (!pg_call([=] { return has_index_to_attach(leaf, wanted); }))
			result.push_back(leaf);
	}
	return result;
}

const IndexStmt *index_of(const Constraint *constraint)
{
	return pg_call([constraint] {
		IndexStmt *index = makeNode(IndexStmt);
		index->accessMethod = pstrdup(DEFAULT_INDEX_TYPE);
		index->indexParams = elements_of(constraint->keys);
		index->indexIncludingParams = elements_of(constraint->including);
		index->unique = index->isconstraint = true;
		index->primary = constraint->contype == CONSTR_PRIMARY;
		compat::copy_nulls_not_distinct(index, constraint);
		return index;
	});
}

} // namespace surefoot

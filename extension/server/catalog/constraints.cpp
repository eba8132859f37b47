/* Constraints of tables and domains, spelled as ADD CONSTRAINT would take them. */
#include "server/catalog/reading.hpp"
#include "server/catalog/text.hpp"
#include "server/compat.hpp"

extern "C" {
#include "catalog/pg_attribute.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_index.h"
#include "utils/fmgrprotos.h"
}

namespace surefoot::catalog {

namespace {

struct Constraint {
	From from;
	HeapTuple tuple;
	Form_pg_constraint form;
};

std::string column_list(Reading &reading, const Constraint &constraint, AttrNumber attribute, Oid relation)
{
	bool is_null;
	const Datum array = reading.source.get(constraint.from, constraint.tuple, attribute, &is_null);
	return is_null ? std::string() : reading.names.columns(relation, numbers_of(array));
}

const char *action(char code)
{
	switch (code) {
	case FKCONSTR_ACTION_RESTRICT: return "RESTRICT";
	case FKCONSTR_ACTION_CASCADE: return "CASCADE";
	case FKCONSTR_ACTION_SETNULL: return "SET NULL";
	case FKCONSTR_ACTION_SETDEFAULT: return "SET DEFAULT";
	default: return nullptr;
	}
}

std::string foreign_key(Reading &reading, const Constraint &constraint)
{
	const Form_pg_constraint form = constraint.form;
	const char *const period = compat::is_period(form) ? "PERIOD " : nullptr;
	std::string own = column_list(reading, constraint, Anum_pg_constraint_conkey, form->conrelid);
	std::string other = column_list(reading, constraint, Anum_pg_constraint_confkey, form->confrelid);
	if (period) {
		own.insert(own.rfind(", ") + 2, period);
		other.insert(other.rfind(", ") + 2, period);
	}
	std::string text = "FOREIGN KEY (" + own + ") REFERENCES " + reading.names.relation(form->confrelid) + "(" + other + ")";
	if (form->confmatchtype == FKCONSTR_MATCH_FULL)
		text.append(" MATCH FULL");
	if (const char *word = action(form->confupdtype))
		text.append(" ON UPDATE ").append(word);
	if (const char *word = action(form->confdeltype))
		text.append(" ON DELETE ").append(word);
	if (const AttrNumber attribute = compat::constraint_delete_columns) {
		const std::string columns = column_list(reading, constraint, attribute, form->conrelid);
		if (!columns.empty())
			text.append(" (").append(columns).append(")");
	}
	return text;
}

std::string unique_key(Reading &reading, const Constraint &constraint, Rows indexes)
{
	const Form_pg_constraint form_ = constraint.form;
	std::string text = form_->contype == CONSTRAINT_PRIMARY ? "PRIMARY KEY " : "UNIQUE ";
	Form_pg_index index = nullptr;
	for (HeapTuple tuple : indexes)
		if (form<Form_pg_index>(tuple)->indexrelid == form_->conindid)
			index = form<Form_pg_index>(tuple);
	if (index && form_->contype == CONSTRAINT_UNIQUE && compat::nulls_not_distinct(index))
		text.append("NULLS NOT DISTINCT ");
	text.append("(").append(column_list(reading, constraint, Anum_pg_constraint_conkey, form_->conrelid));
	text.append(compat::is_period(form_) ? " WITHOUT OVERLAPS)" : ")");
	if (index && index->indnatts > index->indnkeyatts) {
		std::string included;
		for (int i = index->indnkeyatts; i < index->indnatts; i++)
			append_item(included, reading.names.column(form_->conrelid, index->indkey.values[i]));
		text.append(" INCLUDE (").append(included).append(")");
	}
	return text;
}

std::string definition(Reading &reading, const Constraint &constraint, Rows indexes)
{
	const Form_pg_constraint form = constraint.form;
	bool is_null;
	std::string text;
	switch (form->contype) {
	case CONSTRAINT_FOREIGN: text = foreign_key(reading, constraint); break;
	case CONSTRAINT_PRIMARY:
	case CONSTRAINT_UNIQUE: text = unique_key(reading, constraint, indexes); break;
	case CONSTRAINT_CHECK:
		text = "CHECK (" +
			   reading.expressions.text(
				   reading.source.get(constraint.from, constraint.tuple, Anum_pg_constraint_conbin, &is_null),
				   form->conrelid) +
			   ")";
		break;
	case compat::constraint_not_null:
		text = "NOT NULL";
		if (OidIsValid(form->conrelid))
			text.append(" ").append(column_list(reading, constraint, Anum_pg_constraint_conkey, form->conrelid));
		break;
	default: /* with its deferrability and validity */
		return canonical_text(pg_get_constraintdef, form->oid);
	}
	if (form->connoinherit && (form->contype == CONSTRAINT_CHECK || form->contype == compat::constraint_not_null))
		text.append(" NO INHERIT");
	if (form->condeferrable)
		text.append(" DEFERRABLE");
	if (form->condeferred)
		text.append(" INITIALLY DEFERRED");
	if (!compat::is_enforced(form))
		text.append(" NOT ENFORCED");
	else if (!form->convalidated)
		text.append(" NOT VALID");
	return text;
}

void inheritance(Reading &reading, Form_pg_constraint form)
{
	if (form->coninhcount == 0)
		return;
	std::string text = form->conislocal ? "also local" : "yes";
	if (form->coninhcount > 1)
		text.append(", from ").append(std::to_string(form->coninhcount)).append(" parents");
	reading.out.field("inherited", text);
}

bool has_constraints(const Table &table)
{
	if (table.form->relchecks > 0 || table.form->relhasindex || table.form->relhastriggers)
		return true;
	for (HeapTuple tuple : table.columns) /* a constraint of its own from 18 on */
		if (form<Form_pg_attribute>(tuple)->attnotnull)
			return true;
	return false;
}

/*
 * A foreign key to a partitioned table has a row for each partition of that, beside its own on the same table. Those come and go with
 * the partitions, and can neither be made nor dropped.
 */
bool is_copy_for_partition(Form_pg_constraint constraint, Rows all)
{
	if (!OidIsValid(constraint->conparentid))
		return false;
	return std::any_of(all.begin(), all.end(),
					   [constraint](HeapTuple other) { return form<Form_pg_constraint>(other)->oid == constraint->conparentid; });
}

} // namespace

void read_constraints(Reading &reading, const Table &table, Rows indexes)
{
	if (!has_constraints(table))
		return;
	const Rows all = reading.source.rows(From::constraint, table.oid);
	for (HeapTuple tuple : all) {
		const Constraint constraint = {From::constraint, tuple, form<Form_pg_constraint>(tuple)};
		if (constraint.form->contype == CONSTRAINT_TRIGGER)
			continue; /* shown as the trigger that it is */
		if (constraint.form->contype == CONSTRAINT_FOREIGN && is_copy_for_partition(constraint.form, all))
			continue;
		reading.out.begin("constraint", quoted(constraint.form->conname) + " on " + table.identity,
						  {ConstraintRelationId, constraint.form->oid, 0});
		reading.out.field("definition", definition(reading, constraint, indexes));
		inheritance(reading, constraint.form);
		if (const auto state = table.check_triggers.find(constraint.form->oid); state != table.check_triggers.end())
			reading.out.field("enforcing triggers", state->second);
		reading.comments(ConstraintRelationId, constraint.form->oid);
	}
}

void read_domain_constraints(Reading &reading, Oid domain, const std::string &identity)
{
	for (HeapTuple tuple : reading.source.rows(From::domain_constraint, domain)) {
		const Constraint constraint = {From::domain_constraint, tuple, form<Form_pg_constraint>(tuple)};
		reading.out.begin("constraint", quoted(constraint.form->conname) + " on " + identity,
						  {ConstraintRelationId, constraint.form->oid, 0});
		reading.out.field("definition", definition(reading, constraint, {}));
		reading.comments(ConstraintRelationId, constraint.form->oid);
	}
}

} // namespace surefoot::catalog

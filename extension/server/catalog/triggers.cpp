/* Triggers, rules and policies. */
#include "server/catalog/reading.hpp"
#include "server/catalog/text.hpp"

#include <algorithm>

extern "C" {
#include "catalog/pg_constraint.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_rewrite.h"
#include "catalog/pg_trigger.h"
#include "rewrite/prs2lock.h"
#include "rewrite/rewriteDefine.h"
#include "rewrite/rewriteSupport.h"
#include "utils/fmgrprotos.h"
}

namespace surefoot::catalog {

namespace {

/* Of triggers and rules; nothing for the ordinary state. */
const char *enabled_state(char code)
{
	switch (code) {
	case TRIGGER_DISABLED: return "no";
	case TRIGGER_FIRES_ALWAYS: return "always";
	case TRIGGER_FIRES_ON_REPLICA: return "for replicas";
	default: return "";
	}
}
static_assert(TRIGGER_DISABLED == RULE_DISABLED && TRIGGER_FIRES_ALWAYS == RULE_FIRES_ALWAYS &&
			  TRIGGER_FIRES_ON_REPLICA == RULE_FIRES_ON_REPLICA);

const char *command_name(char code)
{
	switch (code) {
	case ACL_SELECT_CHR: return "SELECT";
	case ACL_INSERT_CHR: return "INSERT";
	case ACL_UPDATE_CHR: return "UPDATE";
	case ACL_DELETE_CHR: return "DELETE";
	default: return "ALL";
	}
}

/* SET CONSTRAINTS knows a constraint trigger by the name of its constraint, which RENAME gives either of the two alone. */
void constraint_of(Reading &reading, const Table &table, Form_pg_trigger trigger)
{
	for (HeapTuple tuple : reading.source.rows(From::constraint, table.oid)) {
		const Form_pg_constraint constraint = form<Form_pg_constraint>(tuple);
		if (constraint->oid != trigger->tgconstraint || constraint->contype != CONSTRAINT_TRIGGER)
			continue;
		if (strcmp(NameStr(constraint->conname), NameStr(trigger->tgname)) != 0)
			reading.out.field("constraint name", quoted(constraint->conname));
		reading.companion_comments("constraint", ConstraintRelationId, constraint->oid);
	}
}

} // namespace

void read_triggers(Reading &reading, const Table &table)
{
	for (HeapTuple tuple : reading.source.rows(From::trigger, table.oid)) {
		const Form_pg_trigger trigger = form<Form_pg_trigger>(tuple);
		if (trigger->tgisinternal)
			continue;
		reading.out.begin("trigger", quoted(trigger->tgname) + " on " + table.identity, {TriggerRelationId, trigger->oid, 0});
		reading.out.field("definition", canonical_text(pg_get_triggerdef, trigger->oid));
		reading.out.maybe("enabled", enabled_state(trigger->tgenabled));
		reading.out.flag("inherited", OidIsValid(trigger->tgparentid));
		if (OidIsValid(trigger->tgconstraint))
			constraint_of(reading, table, trigger);
		reading.extension_dependencies(TriggerRelationId, trigger->oid);
		reading.comments(TriggerRelationId, trigger->oid);
	}
}

void read_rules(Reading &reading, const Table &table)
{
	for (HeapTuple tuple : reading.source.rows(From::rule, table.oid)) {
		const Form_pg_rewrite rule = form<Form_pg_rewrite>(tuple);
		if (strcmp(NameStr(rule->rulename), ViewSelectRuleName) == 0)
			continue; /* the view's own definition */
		reading.out.begin("rule", quoted(rule->rulename) + " on " + table.identity, {RewriteRelationId, rule->oid, 0});
		reading.out.field("definition", canonical_text(pg_get_ruledef, rule->oid));
		reading.out.maybe("enabled", enabled_state(rule->ev_enabled));
		reading.comments(RewriteRelationId, rule->oid);
	}
}

void read_policies(Reading &reading, const Table &table)
{
	for (HeapTuple tuple : reading.source.rows(From::policy, table.oid)) {
		const Form_pg_policy policy = form<Form_pg_policy>(tuple);
		bool is_null;
		reading.out.begin("policy", quoted(policy->polname) + " on " + table.identity, {PolicyRelationId, policy->oid, 0});
		if (!policy->polpermissive)
			reading.out.field("restrictive", "yes");
		if (policy->polcmd != '*')
			reading.out.field("command", command_name(policy->polcmd));

		std::vector<std::string> roles;
		for (Oid role : oids_of(reading.source.get(From::policy, tuple, Anum_pg_policy_polroles, &is_null)))
			roles.push_back(reading.names.role(role));
		std::sort(roles.begin(), roles.end());
		std::string list;
		for (const std::string &role : roles)
			append_item(list, role);
		if (list != "PUBLIC")
			reading.out.field("roles", list);

		Datum tree = reading.source.get(From::policy, tuple, Anum_pg_policy_polqual, &is_null);
		if (!is_null)
			reading.out.field("using", reading.expressions.text(tree, table.oid));
		tree = reading.source.get(From::policy, tuple, Anum_pg_policy_polwithcheck, &is_null);
		if (!is_null)
			reading.out.field("with check", reading.expressions.text(tree, table.oid));
		reading.comments(PolicyRelationId, policy->oid);
	}
}

} // namespace surefoot::catalog

/* Triggers, part_rules, policies and extended statistics. */
#include "core/derivation.hpp"

namespace surefoot::core {

namespace {

std::string plain_definition(const Object &object)
{
	std::string definition = value_of(object, "definition");
	while (!definition.empty() && (definition.back() == ';' || definition.back() == '\n'))
		definition.pop_back();
	return definition;
}

void create_defined(Derivation &derivation, const Object &object, Object &fresh, std::vector<std::string> &statements)
{
	keep(fresh, object, {"definition", "inherited"});
	(void)derivation;
	/* A partition's comes with its parent's, or with ATTACH. */
	if (!object.field("inherited"))
		statements.push_back(plain_definition(object));
}

const FieldRule part_rules[] = {
	{"statistics", "statistics", "ALTER STATISTICS $i SET STATISTICS $v", "ALTER STATISTICS $i SET STATISTICS -1"},
};

void change_defined(Derivation &derivation, Changing &changing)
{
	const Object &object = changing.before;
	(void)changing.take("inherited");
	if (changing.differs("definition")) {
		if (object.field("inherited"))
			(void)changing.take("definition");
		else
			changing.rebuild = true;
	}
	if (changing.take("enabled")) {
		const std::string was = changing.was("enabled");
		const char *word = was == "no" ? " DISABLE " : was == "always" ? " ENABLE ALWAYS " : was == "for replicas" ? " ENABLE REPLICA " : " ENABLE ";
		const Object *whole = derivation.before.whole(object);
		const OnTable on = split_on(object.identity);
		const bool foreign = whole && whole->kind == "foreign table";
		changing.run((foreign ? "ALTER FOREIGN TABLE " : "ALTER TABLE ") + on.table + word + kind_of(object.kind).sql + " " + on.name);
	}
	apply_rules(changing, part_rules, std::size(part_rules));
}

std::string policy_clauses(const Object &policy, bool always_roles)
{
	std::string sql;
	if (const std::string roles = value_of(policy, "roles"); !roles.empty() || always_roles)
		sql.append("\n    TO ").append(roles.empty() ? "PUBLIC" : roles);
	if (policy.field("using"))
		sql.append("\n    USING (").append(value_of(policy, "using")).append(")");
	if (policy.field("with check"))
		sql.append("\n    WITH CHECK (").append(value_of(policy, "with check")).append(")");
	return sql;
}

void create_policy(Derivation &, const Object &policy, Object &fresh, std::vector<std::string> &statements)
{
	const OnTable on = split_on(policy.identity);
	std::string sql = "CREATE POLICY " + on.name + " ON " + on.table;
	if (policy.field("restrictive"))
		sql.append(" AS RESTRICTIVE");
	if (policy.field("command"))
		sql.append(" FOR ").append(value_of(policy, "command"));
	statements.push_back(sql + policy_clauses(policy, false));
	keep(fresh, policy, {"restrictive", "command", "roles", "using", "with check"});
}

void change_policy(Derivation &, Changing &changing)
{
	if (changing.differs("restrictive") || changing.differs("command") ||
		(!changing.before.field("using") && changing.now.field("using")) ||
		(!changing.before.field("with check") && changing.now.field("with check"))) {
		changing.rebuild = true;
		return;
	}
	bool differs = false;
	for (const char *field : {"roles", "using", "with check"})
		differs = changing.take(field) || differs;
	const OnTable on = split_on(changing.before.identity);
	if (differs)
		changing.run("ALTER POLICY " + on.name + " ON " + on.table + policy_clauses(changing.before, true));
}

} // namespace

const Emitter part_emitters[] = {{"trigger", create_defined, change_defined, nullptr},
								 {"rule", create_defined, change_defined, nullptr},
								 {"statistics", create_defined, change_defined, nullptr},
								 {"policy", create_policy, change_policy, nullptr},
								 {"", nullptr, nullptr, nullptr}};

} // namespace surefoot::core

/* Constraints of tables and domains. */
#include "core/derivation.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

std::string alter_of(const Object &constraint)
{
	const std::string table = split_on(constraint.identity).table;
	return (name_in_sql(constraint).find(" ON DOMAIN ") != std::string::npos ? "ALTER DOMAIN " : "ALTER TABLE ") + table;
}

std::string without_suffix(std::string text, std::string_view suffix)
{
	if (text.ends_with(suffix))
		text.resize(text.size() - suffix.size());
	return text;
}

/* On a partitioned table they can be said with the constraint alone: its index takes none later. */
std::string with_index_options(const Derivation &derivation, const Object &constraint, const std::string &definition)
{
	const Object *whole = derivation.before.whole(constraint);
	if (!whole || !whole->field("partition by") || !has_index(constraint))
		return definition;
	for (const Object *index : derivation.before.parts(*whole, "index")) {
		const std::string sql = value_of(*index, "definition");
		const Part part = with_clause(sql);
		if (part.begin == sql.npos || last_part(index->identity) != split_on(constraint.identity).name ||
			with_clause(definition).begin != definition.npos)
			continue;
		const size_t end = std::min({definition.size(), definition.rfind(" USING INDEX TABLESPACE "), definition.rfind(" DEFERRABLE")});
		return definition.substr(0, end) + sql.substr(part.begin, part.end - part.begin) + definition.substr(end);
	}
	return definition;
}

void create_constraint(Derivation &derivation, const Object &constraint, Object &fresh, std::vector<std::string> &statements)
{
	const OnTable on = split_on(constraint.identity);
	const Object *whole = derivation.before.whole(constraint);
	keep(fresh, constraint, {"definition", "inherited"});
	/* What a partition has from its parent has a name of its own, that ATTACH finds it by; other children get theirs with the parent. */
	if (value_of(constraint, "inherited").starts_with("yes") &&
		(is_foreign_key(constraint) || !(whole && whole->field("partition of") && derivation.comes(*whole))))
		return;
	statements.push_back(alter_of(constraint) + " ADD CONSTRAINT " + on.name + " " +
						 with_index_options(derivation, constraint, value_of(constraint, "definition")));
}

void drop_constraint(Derivation &, const Object &constraint, std::vector<std::string> &statements)
{
	statements.push_back(alter_of(constraint) + " DROP CONSTRAINT " + split_on(constraint.identity).name);
}

/* "FOREIGN KEY ... DEFERRABLE INITIALLY DEFERRED" without its last words */
std::string without_timing(const std::string &definition)
{
	return without_suffix(without_suffix(definition, " INITIALLY DEFERRED"), " DEFERRABLE");
}

void change_constraint(Derivation &, Changing &changing)
{
	/* With all others of its table. */
	(void)changing.take("enforcing triggers");
	(void)changing.take("inherited");
	const std::string name = split_on(changing.before.identity).name;
	if (changing.differs("definition")) {
		const std::string was = changing.was("definition"), is = changing.is("definition");
		if (without_suffix(is, " NOT VALID") == was && changing.take("definition"))
			changing.run(alter_of(changing.before) + " VALIDATE CONSTRAINT " + name);
		else if (is_foreign_key(changing.before) && !was.ends_with("VALID") && !was.ends_with("ENFORCED") &&
				 without_timing(was) == without_timing(is) && changing.take("definition")) {
			const std::string timing = was.substr(without_timing(was).size());
			changing.run(alter_of(changing.before) + " ALTER CONSTRAINT " + name +
						 (timing.empty() ? " NOT DEFERRABLE" : timing.ends_with("DEFERRED") ? timing : timing + " INITIALLY IMMEDIATE"));
		} else
			changing.rebuild = true;
	}
}

} // namespace

const Emitter constraint_emitters[] = {{"constraint", create_constraint, change_constraint, drop_constraint},
									   {"", nullptr, nullptr, nullptr}};

} // namespace surefoot::core

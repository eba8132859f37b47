/* Indexes: their own, and those that constraints bring along. */
#include "core/derivation.hpp"

namespace surefoot::core {

namespace {

std::string without_options(const std::string &definition)
{
	const Part part = with_clause(definition);
	return part.begin == definition.npos ? definition : definition.substr(0, part.begin) + definition.substr(part.end);
}

std::string options_in(const std::string &definition)
{
	const Part part = with_clause(definition);
	return part.begin == definition.npos ? "" : definition.substr(part.begin + 7, part.end - part.begin - 8);
}

void create_index(Derivation &derivation, const Object &index, Object &fresh, std::vector<std::string> &statements)
{
	const std::string definition = value_of(index, "definition");
	const Object *whole = derivation.before.whole(index);
	if (const Object *constraint = constraint_of(derivation.before, index)) {
		const bool said = value_of(*constraint, "definition").starts_with("EXCLUDE") || (whole && whole->field("partition by"));
		fresh.fields.emplace_back("definition", said ? definition : without_options(definition));
	} else {
		statements.push_back(definition);
		keep(fresh, index, {"definition"});
	}
	/* ATTACH of the table finds its indexes, and a constraint of the parent brings those of its partitions along. */
	const Object *parent = derivation.before.find("index", value_of(index, "partition of"));
	if ((whole && derivation.comes(*whole)) || (parent && derivation.comes(*parent) && constraint_of(derivation.before, *parent)))
		keep(fresh, index, {"partition of"});
}

const FieldRule index_rules[] = {
	{"index", "tablespace", "ALTER INDEX $i SET TABLESPACE $v", "ALTER INDEX $i SET TABLESPACE pg_default"},
	{"index", "partition of", "ALTER INDEX $v ATTACH PARTITION $i", nullptr},
	/* one that is not valid is nothing that anybody wants back */
	{"index", "valid", "", nullptr},
	{"index", "ready", "", nullptr},
	{"index", "live", "", nullptr},
};

void change_index(Derivation &derivation, Changing &changing)
{
	const std::string was = changing.was("definition"), is = changing.is("definition");
	if (was != is) {
		if (without_options(was) == without_options(is)) {
			(void)changing.take("definition");
			for (const std::string &clause : option_clauses(options_in(was), options_in(is)))
				changing.run("ALTER INDEX " + changing.before.identity + " " + clause);
		} else if (!constraint_of(derivation.before, changing.before) || !constraint_of(derivation.now, changing.now))
			changing.rebuild = true; /* if there was a constraint, to make room for its index */
		else
			(void)changing.take("definition"); /* with its constraint */
	}
	/* A partition that is detached or attached takes its indexes along. */
	const Object *whole = derivation.before.whole(changing.before), *whole_now = derivation.now.whole(changing.now);
	if (whole && whole_now && value_of(*whole, "partition of") != value_of(*whole_now, "partition of"))
		(void)changing.take("partition of");
	apply_rules(changing, index_rules, std::size(index_rules));
	if (changing.take("statistics")) {
		/* "column 2: 55, column 3: 7" */
		Options wanted, there;
		for (auto [text, options] : {std::pair(changing.was("statistics"), &wanted), std::pair(changing.is("statistics"), &there)})
			for (const std::string &item : split_list(text))
				if (const size_t colon = item.find(": "); colon != item.npos)
					(*options)[item.substr(7, colon - 7)] = item.substr(colon + 2);
		for (const auto &[column, target] : wanted)
			if (there[column] != target)
				changing.run("ALTER INDEX " + changing.before.identity + " ALTER COLUMN " + column + " SET STATISTICS " + target);
		for (const auto &[column, target] : there)
			if (!wanted.contains(column))
				changing.run("ALTER INDEX " + changing.before.identity + " ALTER COLUMN " + column + " SET STATISTICS -1");
	}
	if (!whole)
		return;
	const std::string table = "ALTER " + reference(*whole), name = last_part(changing.before.identity);
	if (changing.take("clustered")) {
		if (!changing.was("clustered").empty())
			changing.run(table + " CLUSTER ON " + name);
		else {
			/* Another one that takes the mark takes it from this one. */
			bool moved = false;
			for (const Object *other : derivation.before.parts(*whole, "index"))
				moved = moved || (other != &changing.before && other->field("clustered"));
			if (!moved)
				changing.run(table + " SET WITHOUT CLUSTER");
		}
	}
	/* That it is not, the table says. */
	if (changing.take("replica identity") && !changing.was("replica identity").empty())
		changing.run(table + " REPLICA IDENTITY USING INDEX " + name);
}

} // namespace

const Object *constraint_of(const Side &side, const Object &index)
{
	for (const Object *constraint : side.parts(index, "constraint"))
		if (has_index(*constraint) && split_on(constraint->identity).name == last_part(index.identity))
			return constraint;
	return nullptr;
}

const Emitter index_emitters[] = {{"index", create_index, change_index, nullptr}, {"", nullptr, nullptr, nullptr}};

} // namespace surefoot::core

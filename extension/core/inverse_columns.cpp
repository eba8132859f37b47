/* Columns of tables and views, attributes of composite types. */
#include "core/derivation.hpp"

#include <algorithm>

namespace surefoot::core {

namespace {

struct Generated {
	std::string expression, kind;
};

/* "expression stored" */
Generated generated_of(const std::string &text)
{
	const size_t blank = text.rfind(' ');
	if (blank == text.npos)
		return {text, "STORED"};
	return {text.substr(0, blank), text.substr(blank + 1) == "virtual" ? "VIRTUAL" : "STORED"};
}

/* From 18 on NOT NULL is a constraint that has a name, and is said as one. */
const Object *not_null_constraint(const Side &side, const Object &column)
{
	const Object *whole = side.whole(column);
	if (whole)
		for (const Object *constraint : side.parts(*whole, "constraint")) {
			const std::string definition = value_of(*constraint, "definition");
			const std::string words = "NOT NULL " + last_part(column.identity);
			if (definition == words || definition.starts_with(words + " NO"))
				return constraint;
		}
	return nullptr;
}

/*
 * Whether a column with an identity is refused for the table: identities are
 * not inherited, but for those that partitions have from 17 on. The children,
 * which would get the column, are among what was changed.
 */
bool refuses_identity_at_once(Derivation &derivation, const Object &table)
{
	if (table.field("partition by"))
		return derivation.around.version < 170000;
	return std::any_of(derivation.before.all().begin(), derivation.before.all().end(), [&table](const Object &object) {
		const std::vector<std::string> parents = split_list(value_of(object, "inherits"));
		return object.kind == "table" && std::find(parents.begin(), parents.end(), table.identity) != parents.end();
	});
}

void create_column(Derivation &derivation, const Object &column, Object &fresh, std::vector<std::string> &statements)
{
	const Object *whole = derivation.before.whole(column);
	if (!whole || whole->kind.ends_with("view"))
		return;
	if (std::string place = derivation.around.place(column); !place.empty()) {
		statements.push_back(std::move(place));
		if (const std::string refill = derivation.around.refill(column); !refill.empty() && refill != statements.back())
			statements.push_back(refill);
		/* Rows that were written since have no value. */
		const std::string value = column.field("default") ? value_of(column, "default") : filler_of(derivation, column);
		if (column.field("not null") && !value.empty())
			statements.push_back("SELECT surefoot.fill_column(" + literal(column.identity) + ", " + literal(value) + ")");
		keep(fresh, column, {"type", "collation", "dimensions"});
		return;
	}
	Object added = column;
	/* The identity comes by itself, when the column is there. */
	if (column.field("identity") && refuses_identity_at_once(derivation, *whole))
		std::erase_if(added.fields, [](const auto &field) { return field.first == "identity"; });
	const std::string alter = "ALTER " + reference(*whole), filler = filler_of(derivation, added);
	statements.push_back(alter + (whole->kind == "type" ? " ADD ATTRIBUTE " : " ADD COLUMN ") + column_definition(derivation, added, fresh) +
						 (filler.empty() ? "" : " DEFAULT " + filler));
	if (!filler.empty())
		statements.push_back(alter + " ALTER COLUMN " + last_part(column.identity) + " DROP DEFAULT");
	/* What was kept of its values, before anything is said of them. */
	if (const std::string refill = derivation.around.refill(column); !refill.empty())
		statements.push_back(refill);
	/* Rows have taken numbers by now. */
	if (const Object *sequence = identity_sequence(derivation.before, column); sequence && added.field("identity"))
		if (std::string stood = derivation.around.refill(*sequence); !stood.empty())
			statements.push_back(std::move(stood));
	if (whole->field("inherits") || whole->field("partition of"))
		keep(fresh, column, {"inherited"});
}

void drop_column(Derivation &derivation, const Object &column, std::vector<std::string> &statements)
{
	const Object *whole = derivation.now.whole(column);
	const std::string name = last_part(column.identity);
	const bool attribute = whole && whole->kind == "type";
	statements.push_back("ALTER " + (whole ? reference(*whole) : "TABLE " + without_last_part(column.identity)) +
						 (attribute ? " DROP ATTRIBUTE " : " DROP COLUMN ") + name);
}

struct ColumnRule {
	std::string_view field;
	const char *set, *reset; /* what follows ALTER COLUMN name */
};
const ColumnRule column_rules[] = {
	{"statistics", "SET STATISTICS ", "SET STATISTICS -1"},
	{"compression", "SET COMPRESSION ", "SET COMPRESSION default"},
};

/* The type, with all that has to be away while it changes. */
void change_column_type(Derivation &derivation, Changing &changing, std::vector<std::string> &clauses, bool foreign,
						std::vector<std::string> &later)
{
	const bool type = changing.take("type");
	if (!changing.take("collation") && !type)
		return;
	changing.free = true;
	const std::optional<std::string> revalue = type ? derivation.around.revalue(changing.before) : std::nullopt;
	if (revalue && !revalue->empty()) {
		std::string check = *revalue;
		constexpr std::string_view restore = "restore_column";
		changing.run(check.replace(check.find(restore), restore.size(), "check_values"));
		later.push_back(*revalue);
	}
	std::string clause = "TYPE " + changing.was("type");
	if (!changing.was("collation").empty())
		clause.append(" COLLATE ").append(changing.was("collation"));
	/* Values of a generated column follow from its expression, and USING is refused. */
	if (type && !foreign && changing.is("generated").empty())
		clause.append(" USING ").append(last_part(changing.before.identity)).append("::").append(changing.was("type"));
	/* A default of the type that is now may not fit the other one. */
	const Object *whole = derivation.before.whole(changing.before);
	const std::string alter = "ALTER " + (whole ? reference(*whole) : "") + " ALTER COLUMN " + last_part(changing.before.identity);
	if (!changing.is("default").empty()) {
		changing.run(alter + " DROP DEFAULT");
		if (!changing.differs("default"))
			later.push_back(alter + " SET DEFAULT " + changing.was("default"));
	}
	clauses.push_back(clause);
	if (type && !revalue && !keeps_values(changing.was("type"), changing.is("type")))
		derivation.lose(WayBack::without_rows, changing.before,
						"values of type " + changing.is("type") + " may not be what they were as " + changing.was("type"));
	/* It starts anew with the type. */
	if (!changing.was("storage").empty() && !changing.differs("storage"))
		clauses.push_back("SET STORAGE " + changing.was("storage"));
}

/* later: what follows when the column is altered. */
void change_value(Derivation &derivation, Changing &changing, std::vector<std::string> &clauses, std::vector<std::string> &later)
{
	if (changing.take("generated")) {
		const Generated was = generated_of(changing.was("generated"));
		if (!changing.was("generated").empty() && !changing.is("generated").empty() && derivation.around.version >= 170000)
			clauses.push_back("SET EXPRESSION AS (" + was.expression + ")");
		else if (changing.was("generated").empty())
			clauses.push_back("DROP EXPRESSION");
		else
			changing.rebuild = true; /* no column becomes a generated one; its values are made anew */
	}
	if (changing.take("identity")) {
		const std::string was = changing.was("identity");
		const Object *sequence = was.empty() ? identity_sequence(derivation.now, changing.now) : identity_sequence(derivation.before, changing.before);
		const bool with_sequence = sequence && derivation.identity_gives_way(*sequence);
		if (was.empty()) {
			if (!with_sequence)
				clauses.push_back("DROP IDENTITY");
		} else if (changing.is("identity").empty()) {
			if (!with_sequence)
				clauses.push_back("ADD " + identity_clause(derivation.before, changing.before, was));
			std::string place = sequence ? derivation.around.refill(*sequence) : "";
			if (place.empty())
				derivation.lose(WayBack::without_rows, changing.before, "its sequence starts anew");
			else if (!with_sequence)
				later.push_back(std::move(place));
		} else
			clauses.push_back(std::string("SET GENERATED ") + (was == "always" ? "ALWAYS" : "BY DEFAULT"));
	}
	if (changing.take("default"))
		clauses.push_back(changing.was("default").empty() ? "DROP DEFAULT" : "SET DEFAULT " + changing.was("default"));
	if (changing.take("not null")) {
		const bool was = !changing.was("not null").empty();
		if (!not_null_constraint(was ? derivation.before : derivation.now, was ? changing.before : changing.now))
			/* ADD IDENTITY asks for a column that is not null already */
			clauses.insert(was ? clauses.begin() : clauses.end(), was ? "SET NOT NULL" : "DROP NOT NULL");
	}
}

void change_storage(Derivation &derivation, Changing &changing, std::vector<std::string> &clauses)
{
	if (changing.take("storage")) {
		std::string storage = changing.was("storage");
		if (storage.empty())
			storage = derivation.around.version >= 160000 ? "DEFAULT" : derivation.around.storage_of(changing.was("type"));
		if (storage.empty())
			derivation.lose(WayBack::none, changing.before, "how its type is stored by itself is not known");
		/* A new type has brought its own. */
		else if (!(changing.differs("type") && changing.was("storage").empty()))
			clauses.push_back("SET STORAGE " + storage);
	}
	for (const ColumnRule &rule : column_rules)
		if (changing.take(rule.field))
			clauses.push_back(changing.was(rule.field).empty() ? rule.reset : rule.set + changing.was(rule.field));
	if (changing.take("options"))
		for (const std::string &clause : option_clauses(changing.was("options"), changing.is("options")))
			clauses.push_back(clause);
	if (changing.take("foreign options"))
		clauses.push_back(foreign_options(changing.was("foreign options"), changing.is("foreign options")));
}

/* Values that are kept are looked at with what was kept of them; those of a generated column follow from others. */
std::string cast_check(Derivation &derivation, const Changing &changing, const Object *whole)
{
	if (!whole || whole->kind != "table" || !changing.differs("type") || !changing.is("generated").empty() || changing.now.field("inherited") ||
		keeps_values(changing.is("type"), changing.was("type")))
		return {};
	const std::optional<std::string> revalue = derivation.around.revalue(changing.before);
	return revalue && !revalue->empty() ? std::string() : derivation.around.cast_check(changing.before);
}

void change_column(Derivation &derivation, Changing &changing)
{
	const Object *whole = derivation.before.whole(changing.before);
	const bool view = whole && whole->kind.ends_with("view"), attribute = whole && whole->kind == "type";
	/* It comes and goes with what makes its table a child. */
	(void)changing.take("inherited");
	std::vector<std::string> clauses, later;
	if (view && changing.differs("type")) {
		/* With the view's definition. */
		(void)changing.take("type");
		(void)changing.take("collation");
		changing.rebuild = true;
	} else
		change_column_type(derivation, changing, clauses, attribute || (whole && whole->kind == "foreign table"), later);
	change_value(derivation, changing, clauses, later);
	change_storage(derivation, changing, clauses);
	if (clauses.empty())
		return;
	const std::string name = last_part(changing.before.identity);
	std::string sql = "ALTER " + (whole ? reference(*whole) : "TABLE " + without_last_part(changing.before.identity));
	for (size_t i = 0; i < clauses.size(); i++)
		sql.append(i > 0 ? "," : "").append(clauses.size() > 1 ? "\n    " : " ")
			.append(attribute ? "ALTER ATTRIBUTE " : "ALTER COLUMN ").append(name).append(" ").append(clauses[i]);
	if (std::string check = cast_check(derivation, changing, whole); !check.empty())
		changing.run(std::move(check));
	changing.run(std::move(sql));
	for (std::string &statement : later)
		changing.run(std::move(statement));
}

} // namespace

const Object *identity_sequence(const Side &side, const Object &column)
{
	const Object *whole = side.whole(column);
	if (whole)
		for (const Object *sequence : side.parts(*whole, "sequence"))
			if (value_of(*sequence, "identity of") == column.identity)
				return sequence;
	return nullptr;
}

std::string identity_clause(const Side &side, const Object &column, const std::string &kind)
{
	std::string text = std::string("GENERATED ") + (kind == "always" ? "ALWAYS" : "BY DEFAULT") + " AS IDENTITY";
	if (const Object *sequence = identity_sequence(side, column)) {
		const std::string options = sequence_options(*sequence);
		text.append(" (SEQUENCE NAME ").append(sequence->identity).append(options.empty() ? "" : " ").append(options).append(")");
	}
	return text;
}

std::string filler_of(Derivation &derivation, const Object &column)
{
	const Object *whole = derivation.before.whole(column);
	if (!whole || whole->kind != "table" || !column.field("not null"))
		return {};
	for (const char *field : {"default", "identity", "generated"})
		if (column.field(field))
			return {};
	return derivation.around.filler_of(value_of(column, "type"));
}

std::string column_definition(Derivation &derivation, const Object &column, Object &fresh)
{
	std::string sql = last_part(column.identity) + " " + value_of(column, "type");
	if (const std::string collation = value_of(column, "collation"); !collation.empty())
		sql.append(" COLLATE ").append(collation);
	if (const std::string text = value_of(column, "foreign options"); !text.empty()) {
		std::string options = foreign_options(text, "");
		for (size_t at; (at = options.find("ADD ")) != options.npos;)
			options.erase(at, 4);
		sql.append(" ").append(options);
	}
	const std::string generated = value_of(column, "generated"), identity = value_of(column, "identity");
	if (!generated.empty())
		sql.append(" GENERATED ALWAYS AS (").append(generated_of(generated).expression).append(") ").append(generated_of(generated).kind);
	if (!identity.empty())
		sql.append(" ").append(identity_clause(derivation.before, column, identity));
	if (const std::string value = value_of(column, "default"); !value.empty())
		sql.append(" DEFAULT ").append(value);
	/* An identity column brings one along, of whatever name is free. */
	const Object *constraint = not_null_constraint(derivation.before, column);
	if (constraint != nullptr && !identity.empty())
		sql.append(" CONSTRAINT ").append(constraint->identity, 0, constraint->identity.rfind(" on ")).append(" NOT NULL");
	if (column.field("not null") && constraint == nullptr)
		sql.append(" NOT NULL");
	keep(fresh, column, {"type", "collation", "foreign options", "generated", "identity", "default", "not null", "dimensions"});
	/* With its table, by ATTACH and INHERIT. */
	keep(fresh, column, {"inherited"});
	return sql;
}

bool keeps_values(std::string_view from, std::string_view to)
{
	const auto base = [](std::string_view type) { return type.substr(0, type.find('(')); };
	const auto limit = [](std::string_view type) {
		const size_t open = type.find('(');
		return open == type.npos ? 0 : atoi(std::string(type.substr(open + 1)).c_str());
	};
	const std::string_view a = base(from), b = base(to);
	/* What dates, and numbers of few digits, look like as texts is a matter of settings, which may be others on the way back. */
	static const std::string_view plain_as_text[] = {"smallint", "integer", "bigint", "numeric", "boolean", "text", "character varying", "name", "uuid", "oid",
													 "inet", "cidr", "macaddr", "macaddr8", "bit", "bit varying", "jsonb"};
	if (b == "text" && !from.ends_with("[]"))
		return std::find(std::begin(plain_as_text), std::end(plain_as_text), a) != std::end(plain_as_text);
	if (b == "character varying" && (a == b || a == "text"))
		return limit(to) == 0 || (limit(from) > 0 && limit(from) <= limit(to));
	static const std::string_view wider[] = {"smallint", "integer", "bigint", "numeric"};
	const auto rank = [](std::string_view type) { return std::find(std::begin(wider), std::end(wider), type) - std::begin(wider); };
	if (rank(a) < 4 && rank(b) < 4 && from == a && to == b)
		return rank(a) <= rank(b);
	return from == to;
}

const Emitter column_emitters[] = {{"column", create_column, change_column, drop_column}, {"", nullptr, nullptr, nullptr}};

} // namespace surefoot::core

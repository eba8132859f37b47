/* Tables, partitions and children, foreign tables. */
#include "core/derivation.hpp"

#include <algorithm>
#include <limits>

namespace surefoot::core {

namespace {

/* Constraints, defaults and the rest of the columns that CREATE TABLE did not say. */
void finish_columns(Derivation &derivation, const std::vector<std::pair<const Object *, Object>> &columns,
					std::vector<std::string> &statements)
{
	for (const auto &[column, fresh] : columns)
		for (std::string &statement : derivation.make(*column, fresh))
			statements.push_back(std::move(statement));
}

std::string table_ref(const Object &object)
{
	return "ALTER " + reference(object);
}

/* All columns that it has from parents are its own as well: it was made by itself and became a child later. */
bool is_adopted(const std::vector<const Object *> &columns)
{
	return std::all_of(columns.begin(), columns.end(), [](const Object *column) { return !value_of(*column, "inherited").starts_with("yes"); });
}

void create_table(Derivation &derivation, const Object &table, Object &fresh, std::vector<std::string> &statements)
{
	const bool foreign = table.kind == "foreign table", partition = table.field("partition of") != nullptr;
	const std::string parents = value_of(table, "inherits"), type = value_of(table, "of type");
	const std::vector<const Object *> all = derivation.before.parts(table, "column");
	const bool adopted = is_adopted(all);
	std::vector<std::pair<const Object *, Object>> columns;
	std::string list, drops;
	std::vector<Surroundings::Hole> holes;
	if (!foreign && !partition && parents.empty() && type.empty())
		holes = derivation.around.holes(table);
	auto hole = holes.begin();
	const auto fill_holes = [&](int number) {
		for (; hole != holes.end() && hole->number <= number; ++hole, ++number) {
			list.append(list.empty() ? "\n    " : ",\n    ").append(hole->name).append(" ").append(hole->type);
			if (hole->is_dropped)
				drops.append(drops.empty() ? " DROP COLUMN " : ", DROP COLUMN ").append(hole->name);
		}
		return number;
	};
	int number = 1;
	for (const std::string &name : split_list(value_of(table, "columns"))) {
		const Object *column = derivation.before.find("column", table.identity + "." + name);
		if (!column)
			continue;
		number = fill_holes(number) + 1;
		Object there{column->kind, column->identity, column->root, {}, column->address};
		if (!type.empty() || (!parents.empty() && !adopted && value_of(*column, "inherited").starts_with("yes"))) {
			keep(there, *column, {"type", "collation", "inherited"});
			/* It has what its parent's has, which is taken to be the same until somebody looks. */
			if (type.empty() && derivation.around.is_final())
				there.fields = column->fields;
		} else
			list.append(list.empty() ? "\n    " : ",\n    ").append(column_definition(derivation, *column, there));
		columns.emplace_back(column, std::move(there));
	}

	(void)fill_holes(std::numeric_limits<int16_t>::max());

	std::string sql = "CREATE ";
	sql.append(foreign ? "FOREIGN TABLE " : table.field("unlogged") ? "UNLOGGED TABLE " : "TABLE ").append(table.identity);
	if (!type.empty())
		sql.append(" OF ").append(type);
	else
		sql.append(" (").append(list).append(list.empty() ? ")" : "\n)");
	if (!parents.empty() && !adopted)
		sql.append(" INHERITS (").append(parents).append(")");
	const auto clause = [&](std::string_view field, const char *words, const char *end) {
		if (const std::string value = value_of(table, field); !value.empty())
			sql.append(words).append(value).append(end);
	};
	clause("partition by", " PARTITION BY ", "");
	clause("access method", " USING ", "");
	if (foreign) {
		clause("server", " SERVER ", "");
		if (const std::string options = foreign_options(value_of(table, "foreign options"), ""); !options.empty()) {
			std::string plain = options;
			for (size_t at; (at = plain.find("ADD ")) != plain.npos;)
				plain.erase(at, 4);
			sql.append(" ").append(plain);
		}
	}
	clause("options", " WITH (", ")");
	clause("tablespace", " TABLESPACE ", "");
	statements.push_back(std::move(sql));
	/* So that what an earlier migration has dropped can still come back to its place. */
	if (!drops.empty()) {
		statements.push_back("ALTER TABLE " + table.identity + drops);
		statements.push_back("SELECT surefoot.keep_places(" + literal(table.identity) + ")");
	}
	/* Before there is anything on it that would look at rows, or change them. */
	if (std::string rows = derivation.refill(table); !rows.empty())
		statements.push_back(std::move(rows));
	for (const Object *sequence : derivation.before.parts(table, "sequence"))
		if (std::string place = derivation.around.refill(*sequence); sequence->field("identity of") && !place.empty())
			statements.push_back(std::move(place));
	if (foreign) /* it has none, and cannot have one */
		keep(fresh, table, {"replica identity"});
	keep(fresh, table, {"columns", "dropped columns", "unlogged", "of type", "partition by", "access method", "server",
						"foreign options", "options", "tablespace"});
	if (!parents.empty() && !adopted)
		keep(fresh, table, {"inherits"});
	finish_columns(derivation, columns, statements);

	/* When it has its indexes and constraints, so that those find their parents. */
	if (partition || (!parents.empty() && adopted)) {
		keep(fresh, table, {"partition of", "inherits"});
		Action &attach = derivation.also(Action::Phase::create, 27, &table);
		if (partition)
			attach.statements = {"ALTER TABLE " + partition_of(table).parent + " ATTACH PARTITION " + table.identity + " " +
								 partition_of(table).bound};
		else
			for (const std::string &parent : split_list(parents))
				attach.statements.push_back("ALTER TABLE " + table.identity + " INHERIT " + parent);
	}
}

const FieldRule table_rules[] = {
	{"table", "row security", "ALTER TABLE $i ENABLE ROW LEVEL SECURITY", "ALTER TABLE $i DISABLE ROW LEVEL SECURITY"},
	{"table", "row security forced", "ALTER TABLE $i FORCE ROW LEVEL SECURITY", "ALTER TABLE $i NO FORCE ROW LEVEL SECURITY"},
	{"table", "unlogged", "ALTER TABLE $i SET UNLOGGED", "ALTER TABLE $i SET LOGGED"},
	{"table", "tablespace", "ALTER TABLE $i SET TABLESPACE $v", "ALTER TABLE $i SET TABLESPACE pg_default"},
	{"table", "of type", "ALTER TABLE $i OF $v", "ALTER TABLE $i NOT OF"},
};

/* What "using an index" means is said with the index. */
void change_replica_identity(Changing &changing)
{
	if (!changing.take("replica identity"))
		return;
	const std::string was = changing.was("replica identity");
	if (was != "index")
		changing.run("ALTER TABLE " + changing.before.identity + " REPLICA IDENTITY " +
					 (was == "full" ? "FULL" : was == "nothing" ? "NOTHING" : "DEFAULT"));
}

/* heap is what an ordinary table has when nothing is said; a partitioned one has none then. */
void change_access_method(Changing &changing)
{
	if (!changing.take("access method"))
		return;
	const std::string was = changing.was("access method");
	const char *none = changing.before.field("partition by") ? "DEFAULT" : "heap";
	changing.run("ALTER TABLE " + changing.before.identity + " SET ACCESS METHOD " + (was.empty() ? none : was));
}

/* Which it leaves is said before anything goes. */
void change_parents(Changing &changing)
{
	const std::string &table = changing.before.identity;
	if (changing.take("inherits")) {
		const std::vector<std::string> is = split_list(changing.is("inherits"));
		for (const std::string &parent : split_list(changing.was("inherits")))
			if (std::find(is.begin(), is.end(), parent) == is.end())
				changing.run("ALTER TABLE " + table + " INHERIT " + parent);
	}
	if (changing.take("partition of"))
		if (const Partition was = partition_of(changing.before); !was.parent.empty())
			changing.run("ALTER TABLE " + was.parent + " ATTACH PARTITION " + table + " " + was.bound);
}

void change_table(Derivation &derivation, Changing &changing)
{
	/* Its columns say what differs; only their order is its own. */
	if (changing.take("columns")) {
		const std::vector<std::string> was = split_list(changing.was("columns"));
		/* Those that come back come last, but for those that get their place again. */
		std::vector<std::pair<long, std::string>> placed;
		for (const Object *column : derivation.now.parts(changing.now, "column"))
			if (!derivation.goes(*column) && std::find(was.begin(), was.end(), last_part(column->identity)) != was.end())
				placed.emplace_back(place_of(*column), last_part(column->identity));
		for (const Object *column : derivation.before.parts(changing.before, "column"))
			if (derivation.comes(*column) && !derivation.around.place(*column).empty())
				placed.emplace_back(place_of(*column), last_part(column->identity));
		std::sort(placed.begin(), placed.end());
		std::vector<std::string> then;
		for (auto &[number, name] : placed)
			then.push_back(std::move(name));
		for (const std::string &name : was)
			if (std::find(then.begin(), then.end(), name) == then.end())
				then.push_back(name);
		if (then != was && !changing.before.field("of type"))
			derivation.lose(WayBack::column_order, changing.before, "a column that comes back comes last");
	}
	change_parents(changing);
	(void)changing.take("enforcing triggers of references");
	change_replica_identity(changing);
	change_access_method(changing);
	if (changing.take("options"))
		for (const std::string &clause : option_clauses(changing.was("options"), changing.is("options")))
			changing.run(table_ref(changing.before) + " " + clause);
	if (changing.take("foreign options"))
		changing.run(table_ref(changing.before) + " " + foreign_options(changing.was("foreign options"), changing.is("foreign options")));
	apply_rules(changing, table_rules, std::size(table_rules));
	if (changing.differs("partition by") || changing.differs("server"))
		changing.rebuild = false; /* left over, and so lost: a table is not made anew */
}

} // namespace

namespace {

/* A partition of what foreign keys refer to cannot be dropped as one. */
void drop_table(Derivation &, const Object &table, std::vector<std::string> &statements)
{
	const Partition is = partition_of(table);
	if (!is.parent.empty())
		statements.push_back("ALTER TABLE " + is.parent + " DETACH PARTITION " + table.identity);
	statements.push_back("DROP " + reference(table));
}

} // namespace

const Emitter table_emitters[] = {{"table", create_table, change_table, drop_table},
								  {"foreign table", create_table, change_table, drop_table},
								  {"", nullptr, nullptr, nullptr}};

} // namespace surefoot::core

/*
 * ALTER TABLE that adds a UNIQUE or PRIMARY KEY constraint to a table with data: its index is built concurrently, and the
 * constraint is then put on it, which takes no time.
 *
 * What else the statement does stays in front, because the index may need it; a constraint that it drops goes only when the new
 * one comes.
 */
#include "server/plan/operations.hpp"

#include <algorithm>

#include "server/compat.hpp"
#include "server/plan/index_name.hpp"
#include "server/plan/partition_index.hpp"
#include "server/plan/relation_size.hpp"
#include "server/script/alter_text.hpp"
#include "server/settings.hpp"

namespace surefoot {

namespace {

/* What is to be built for one constraint. */
struct Wanted {
	const Constraint *constraint = nullptr;
	size_t part = 0;
	bool of_column = false; /* written behind a column that the statement adds */
	bool primary = false;
	std::string name;
	bool named = false;
	std::vector<std::string> columns;
	ConstraintText text{};
	std::string index;
};

bool has_own_index(const Constraint *constraint)
{
	return (constraint->contype == CONSTR_UNIQUE || constraint->contype == CONSTR_PRIMARY) &&
		   constraint->indexname == nullptr && !compat::without_overlaps(constraint);
}

bool column_exists(Oid table, const char *column)
{
	return pg_call([=] { return get_attnum(table, column) != InvalidAttrNumber; });
}

bool has_primary_key(Oid table)
{
	return pg_call([table] {
		Relation relation = RelationIdGetRelation(table);
		if (relation == nullptr)
			return false;
		list_free(RelationGetIndexList(relation));
		const bool found = OidIsValid(relation->rd_pkindex);
		RelationClose(relation);
		return found;
	});
}

void add_names(std::vector<std::string> &names, List *list)
{
	for (int i = 0; i < list_length(list); i++)
		names.emplace_back(strVal(list_nth(list, i)));
}

/*
 * What is dropped goes only when the new constraint comes; what may need the new constraint or its index waits for it. All else
 * stays in front, because the index may need it.
 */
bool comes_later(const AlterTableCmd *command)
{
	switch (command->subtype) {
		case AT_DropConstraint:
		case AT_ClusterOn:
		case AT_ReplicaIdentity:
			return true;
		case AT_AddConstraint:
			return ((Constraint *)command->def)->contype == CONSTR_FOREIGN;
		default:
			return false;
	}
}

class Expansion {
public:
	Expansion(const Statement &statement, const TableState &table, const Created &created)
		: statement_(statement), node_((AlterTableStmt *)statement.raw->stmt), table_(table),
		  created_(created), text_(statement.text)
	{}

	/* False when there is nothing to build, or the text is not understood. */
	bool read();
	std::vector<Operation> write(const Operation &base);
	std::vector<Operation> write_partitioned(const Operation &base);

private:
	void want(size_t part, const Constraint *constraint, const ColumnDef *column);
	std::string part(size_t n) const
	{
		return text_.between(text_.parts[n].first, text_.parts[n].last);
	}
	std::string list(const std::vector<std::string> &parts) const;
	Operation build(const Operation &base, const Wanted &wanted, const std::string &index,
					const std::string &schema, const std::string &table) const;

	const Statement &statement_;
	const AlterTableStmt *node_;
	const TableState &table_;
	Created created_;
	AlterText text_;
	std::vector<Wanted> wanted_;
	std::vector<bool> later_; /* by part: it comes with the constraints */
	bool drops_ = false;	  /* one is DROP CONSTRAINT */
};

void Expansion::want(size_t part, const Constraint *constraint, const ColumnDef *column)
{
	/* The constraint begins at a token; an offset that hits none has been misread. */
	const int at = constraint->location - statement_.offset;
	const auto token = std::find_if(text_.tokens.begin(), text_.tokens.end(),
									[at](const Token &t) { return t.start == at; });
	if (token == text_.tokens.end())
		return;
	Wanted wanted;
	wanted.constraint = constraint;
	wanted.part = part;
	wanted.of_column = column != nullptr;
	wanted.primary = constraint->contype == CONSTR_PRIMARY;
	wanted.text = read_constraint(text_, static_cast<size_t>(token - text_.tokens.begin()),
								  text_.parts[part].last);
	if (column != nullptr) {
		wanted.columns.emplace_back(column->colname);
		wanted.text.columns = " (" + quote_name(column->colname) + ")";
	}
	add_names(wanted.columns, constraint->keys);
	std::vector<std::string> names = wanted.columns;
	add_names(names, constraint->including);
	wanted.named = constraint->conname != nullptr;
	if (wanted.named)
		wanted.name = constraint->conname;
	else
		wanted.name = choose_index_name(created_, table_.schema, table_.name, distinct_names(names),
										wanted.primary ? "pkey" : "key", true);
	wanted.index = wanted.name;
	created_.reserve(table_.schema, wanted.index);
	wanted_.push_back(std::move(wanted));
}

bool Expansion::read()
{
	const size_t count = static_cast<size_t>(list_length(node_->cmds));
	if (!text_.split(count))
		return false;
	later_.assign(count, false);
	for (size_t i = 0; i < count; i++) {
		const AlterTableCmd *command = (AlterTableCmd *)list_nth(node_->cmds, static_cast<int>(i));
		later_[i] = comes_later(command);
		drops_ = drops_ || command->subtype == AT_DropConstraint;
		if (command->subtype == AT_AddConstraint) {
			const Constraint *constraint = (Constraint *)command->def;
			if (has_own_index(constraint))
				want(i, constraint, nullptr);
		} else if (command->subtype == AT_AddColumn) {
			const ColumnDef *column = (ColumnDef *)command->def;
			/* With IF NOT EXISTS and the column there, its constraints are skipped with it. */
			if (command->missing_ok && column_exists(table_.id, column->colname))
				continue;
			for (int k = 0; k < list_length(column->constraints); k++) {
				const Constraint *constraint = (Constraint *)list_nth(column->constraints, k);
				if (has_own_index(constraint))
					want(i, constraint, column);
			}
		}
	}
	/* A name that is taken: by what this statement drops, or the server shall say so before anything is built. */
	for (Wanted &wanted : wanted_) {
		Created others;
		/* A second primary key is an error that the server shall raise before anything is built. */
		if (wanted.primary && !drops_ && has_primary_key(table_.id))
			return false;
		if (!wanted.named || !is_name_taken(others, table_.schema, wanted.name))
			continue;
		if (!drops_)
			return false;
		wanted.index =
			choose_index_name(created_, table_.schema, table_.name, wanted.columns, "key", true);
		created_.reserve(table_.schema, wanted.index);
	}
	return !wanted_.empty();
}

std::string Expansion::list(const std::vector<std::string> &parts) const
{
	std::string result;
	for (const std::string &one : parts)
		result += (result.empty() ? " " : ", ") + one;
	return text_.head + result;
}

Operation Expansion::build(const Operation &base, const Wanted &wanted, const std::string &index,
						   const std::string &schema, const std::string &table) const
{
	Operation operation = base;
	operation.kind = OperationKind::concurrent;
	operation.index_schema = schema;
	operation.index_name = index;
	operation.table = quote_name(schema, table);
	operation.sql = "CREATE UNIQUE INDEX CONCURRENTLY " + quote_name(index) + " ON " +
					operation.table + wanted.text.columns + wanted.text.include +
					wanted.text.nulls + wanted.text.with + wanted.text.tablespace;
	return operation;
}

/* What the constraint becomes: ADD CONSTRAINT ... USING INDEX. */
std::string on_index(const Wanted &wanted, const std::string &name, const std::string &index)
{
	return "ADD CONSTRAINT " + quote_name(name) + (wanted.primary ? " PRIMARY KEY" : " UNIQUE") +
		   " USING INDEX " + quote_name(index) + wanted.text.attributes;
}

std::vector<Operation> Expansion::write(const Operation &base)
{
	std::vector<std::string> front, back;
	std::vector<Operation> result;
	for (size_t i = 0; i < text_.parts.size(); i++) {
		std::string own;
		size_t from = text_.parts[i].first;
		bool whole = false;
		for (const Wanted &wanted : wanted_) {
			if (wanted.part != i)
				continue;
			/* A column comes without the constraint that is written behind it. */
			if (wanted.of_column)
				own += text_.between(from, wanted.text.first) + " ";
			from = wanted.text.last;
			whole = whole || !wanted.of_column;
			back.push_back(on_index(wanted, wanted.name, wanted.index));
		}
		if (whole)
			continue;
		own += text_.between(from, text_.parts[i].last);
		while (own.ends_with(' '))
			own.pop_back();
		(later_[i] ? back : front).push_back(own);
	}
	if (!front.empty()) {
		result.push_back(base);
		result.back().sql = list(front);
	}
	for (const Wanted &wanted : wanted_)
		result.push_back(build(base, wanted, wanted.index, table_.schema, table_.name));
	result.push_back(base);
	result.back().sql = list(back);
	return result;
}

/* The constraint of each partition first, on an index built concurrently; the statement itself finds and attaches them. */
std::vector<Operation> Expansion::write_partitioned(const Operation &base)
{
	std::vector<Operation> builds, constraints;
	for (const Wanted &wanted : wanted_)
		for (const Oid leaf : partitions_to_index(table_.id, index_of(wanted.constraint))) {
			const std::string schema =
				pg_call([leaf] { return get_namespace_name(get_rel_namespace(leaf)); });
			const std::string name = pg_call([leaf] { return get_rel_name(leaf); });
			const std::string index = choose_index_name(created_, schema, name, wanted.columns,
														wanted.primary ? "pkey" : "key", true);
			created_.reserve(schema, index);
			builds.push_back(build(base, wanted, index, schema, name));
			constraints.push_back(base);
			constraints.back().sql =
				"ALTER TABLE " + quote_name(schema, name) + " " + on_index(wanted, index, index);
		}
	builds.insert(builds.end(), constraints.begin(), constraints.end());
	builds.push_back(base);
	if (!constraints.empty())
		builds.back().notes.push_back("attaches-indexes");
	return builds;
}

/* A subcommand that makes an index; none of the others cares how large the table is. */
bool adds_index(const AlterTableStmt *node, bool exclusion)
{
	const auto is = [exclusion](const Constraint *constraint) {
		return exclusion ? constraint->contype == CONSTR_EXCLUSION : has_own_index(constraint);
	};
	for (int i = 0; i < list_length(node->cmds); i++) {
		const AlterTableCmd *command = (AlterTableCmd *)list_nth(node->cmds, i);
		if (command->subtype == AT_AddConstraint && is((Constraint *)command->def))
			return true;
		if (command->subtype != AT_AddColumn)
			continue;
		List *constraints = ((ColumnDef *)command->def)->constraints;
		for (int k = 0; k < list_length(constraints); k++)
			if (is((Constraint *)list_nth(constraints, k)))
				return true;
	}
	return false;
}

} // namespace

std::vector<Operation> expand_alter_table(const Script &script, size_t n, const Created &created)
{
	const Statement &statement = script.statement(n);
	const AlterTableStmt *node = (AlterTableStmt *)statement.raw->stmt;
	Operation base;
	base.statement = n;
	base.sql = statement.text;

	if (needs_own_step((Node *)node, created)) {
		base.kind = OperationKind::concurrent;
		return {base};
	}
	if (node->objtype != OBJECT_TABLE || script.directives().plain_indexes)
		return {base};
	const bool exclusion = adds_index(node, true);
	if (!exclusion && !adds_index(node, false))
		return {base};
	const TableState table = created.find(node->relation);
	if (!OidIsValid(table.id) || table.made || table.temporary)
		return {base};

	const Oid id = table.id;
	const char kind = pg_call([id] { return get_rel_relkind(id); });
	const bool partitioned = kind == RELKIND_PARTITIONED_TABLE;
	if (kind != RELKIND_RELATION && !partitioned)
		return {base};
	if (all_pages(id) <= settings::direct_index_pages)
		return {base};
	if (exclusion)
		base.notes.push_back("exclude-cannot-be-concurrent");

	Expansion expansion(statement, table, created);
	if (!expansion.read())
		return {base};
	if (!partitioned)
		return expansion.write(base);
	/* Other subcommands stay with it: on partitions they come from the parent. */
	return list_length(node->cmds) == 1 ? expansion.write_partitioned(base)
										: std::vector<Operation>{base};
}

} // namespace surefoot

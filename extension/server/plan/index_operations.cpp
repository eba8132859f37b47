/* How a CREATE INDEX is run: directly where nobody can be kept waiting, concurrently elsewhere. */
#include "server/plan/operations.hpp"

#include "server/plan/index_name.hpp"
#include "server/plan/partition_index.hpp"
#include "server/plan/relation_size.hpp"
#include "server/script/tokens.hpp"
#include "server/settings.hpp"

namespace surefoot {

namespace {

/* The places in a CREATE INDEX where something is put in or taken out. */
class IndexText {
public:
	explicit IndexText(const std::string &text) : text_(text)
	{
		const std::vector<Token> tokens = all_tokens(text);
		size_t i = 0;
		const auto is = [&](size_t at, const char *word) {
			return at < tokens.size() && tokens[at].is(word);
		};
		const auto sign = [&](size_t at, char c) { return at < tokens.size() && tokens[at].is(c); };
		while (!is(i, "index"))
			i++;
		keyword_end_ = after_concurrently_ = tokens[i++].end;
		if (is(i, "concurrently"))
			after_concurrently_ = tokens[i++].end;
		name_end_ = after_concurrently_;
		if (is(i, "if") && is(i + 1, "not"))
			i += 3;
		if (!is(i, "on"))
			name_end_ = tokens[i++].end;
		i++;
		const bool only = is(i, "only");
		i += only;
		const bool paren = sign(i, '(');
		i += paren;
		for (i++; sign(i, '.'); i += 2)
			;
		i += sign(i, '*') || paren;
		table_end_ = tokens[i - 1].end;
	}

	/* Empty name and table: as they are written. */
	std::string write(bool concurrently, const std::string &name, const std::string &table) const
	{
		std::string result = part(0, keyword_end_) + (concurrently ? " CONCURRENTLY" : "");
		result += name.empty() ? part(after_concurrently_, name_end_) : " " + quote_name(name);
		result += table.empty() ? part(name_end_, table_end_) : " ON " + table;
		return result + part(table_end_, static_cast<int>(text_.size()));
	}

private:
	std::string part(int from, int to) const
	{
		return text_.substr(static_cast<size_t>(from), static_cast<size_t>(to - from));
	}
	const std::string &text_;
	int keyword_end_ = 0, after_concurrently_ = 0, name_end_ = 0, table_end_ = 0;
};

Operation concurrently(Operation operation, std::string schema, std::string name, std::string table)
{
	operation.kind = OperationKind::concurrent;
	operation.index_schema = std::move(schema);
	operation.index_name = std::move(name);
	operation.table = std::move(table);
	return operation;
}

/*
 * Each partition gets its index concurrently; then the statement itself finds them and attaches them, which takes no time. It also
 * builds what is missing: the small partitions that are not worth a build of their own, and those that came meanwhile.
 */
std::vector<Operation> expand_partitioned(const Operation &base, const IndexStmt *statement,
										  const IndexText &text, const TableState &table,
										  const Created &created)
{
	std::vector<Operation> result;
	const std::vector<std::string> columns = index_column_names(statement);
	Created names = created;

	for (const Oid leaf : partitions_to_index(table.id, statement)) {
		const std::string schema =
			pg_call([leaf] { return get_namespace_name(get_rel_namespace(leaf)); });
		const std::string name = pg_call([leaf] { return get_rel_name(leaf); });
		const std::string index = choose_index_name(names, schema, name, columns, "idx", false);
		names.reserve(schema, index);
		Operation operation = concurrently(base, schema, index, quote_name(schema, name));
		operation.sql = text.write(true, index, operation.table);
		result.push_back(std::move(operation));
	}
	Operation last = base;
	last.sql = text.write(false, "", "");
	last.notes.push_back(result.empty() ? "direct-index" : "attaches-indexes");
	result.push_back(std::move(last));
	return result;
}

} // namespace

std::vector<Operation> expand_index(const Script &script, size_t n, const Created &created)
{
	const Statement &statement = script.statement(n);
	const IndexStmt *index = (IndexStmt *)statement.raw->stmt;
	Operation operation;
	operation.statement = n;
	operation.sql = statement.text;

	const TableState table = created.find(index->relation);
	const Oid id = table.id;
	const char kind =
		OidIsValid(id) ? pg_call([id] { return get_rel_relkind(id); }) : RELKIND_RELATION;
	const std::string name = index->idxname ? index->idxname : "";
	const IndexText text(statement.text);

	if (table.temporary || (index->concurrent && table.fresh)) {
		/* No other session can see the table, and its own transaction is the only one that can build the index. */
		operation.sql = index->concurrent ? text.write(false, "", "") : statement.text;
		operation.notes.push_back("direct-index");
		return {operation};
	}
	if (script.directives().plain_indexes || !table.known) {
		if (index->concurrent)
			operation.kind = OperationKind::concurrent;
		return {operation};
	}
	if (kind == RELKIND_PARTITIONED_TABLE) {
		if (!table.made && index->relation->inh &&
			(name.empty() || !is_name_taken(created, table.schema, name)))
			return expand_partitioned(operation, index, text, table, created);
		operation.sql = index->concurrent ? text.write(false, "", "") : statement.text;
		return {operation};
	}
	const bool small = table.made || table_pages(id) <= settings::direct_index_pages;
	if ((small && !index->concurrent) || (kind != RELKIND_RELATION && kind != RELKIND_MATVIEW)) {
		operation.notes.push_back("direct-index");
		return {operation};
	}
	const std::string chosen = !name.empty()
								   ? name
								   : choose_index_name(created, table.schema, table.name,
													   index_column_names(index), "idx", false);
	operation = concurrently(std::move(operation), table.schema, chosen,
							 quote_name(table.schema, table.name));
	operation.sql = text.write(true, name.empty() ? chosen : "", "");
	return {operation};
}

} // namespace surefoot

#include "server/trial.hpp"

#include "server/catalog/definitions.hpp"
#include "server/empty_storage.hpp"
#include "server/tokens.hpp"

namespace surefoot {

namespace {

/* CREATE TABLE ... AS without running its query: the definition is the same. */
std::string without_data(Node *node, const std::string &sql)
{
	if (!IsA(node, CreateTableAsStmt) || ((CreateTableAsStmt *)node)->into->skipData)
		return sql;
	const std::vector<Token> tokens = all_tokens(sql);
	const size_t n = tokens.size();
	const bool said = n > 2 && tokens[n - 2].is("with") && tokens[n - 1].is("data");
	const size_t end = static_cast<size_t>(said ? tokens[n - 2].start : tokens[n - 1].end);
	return sql.substr(0, end) + " WITH NO DATA";
}

void run(Node *node, const std::string &sql)
{
	EmptyStorage storage;
	storage.prepare(node);
	const bool concurrent = IsA(node, IndexStmt) && ((IndexStmt *)node)->concurrent;
	const std::string harmless = concurrent ? without_concurrently(sql) : without_data(node, sql);
	const char *text = harmless.c_str();
	pg_call([text] {
		if (SPI_connect() != SPI_OK_CONNECT || SPI_execute(text, false, 0) < 0)
			elog(ERROR, "could not try the statement");
		SPI_finish();
	});
}

} // namespace

std::string without_concurrently(const std::string &sql)
{
	for (const Token &token : all_tokens(sql))
		if (token.is("concurrently"))
			return sql.substr(0, static_cast<size_t>(token.start)) + sql.substr(static_cast<size_t>(token.end));
	return sql;
}

void be_silent()
{
	pg_call([] {
		if (client_min_messages < WARNING)
			(void)set_config_option("client_min_messages", "warning", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0,
									false);
	});
}

Trial try_without(const ObjectAddress &there, Node *node, const std::string &sql)
{
	const ObjectAddress root = catalog::root_of(there.classId, there.objectId, there.objectSubId);
	Trial trial;
	trial.there = catalog::read_definitions({root});
	const std::string root_text = catalog::root_text(root);
	in_rolled_back_subtransaction([&] {
		be_silent();
		pg_call([&there] {
			performDeletion(&there, DROP_CASCADE, PERFORM_DELETION_INTERNAL | PERFORM_DELETION_QUIETLY);
			CommandCounterIncrement();
		});
		if (const std::optional<ObjectAddress> rest = catalog::resolve_root(root_text))
			trial.without = catalog::read_definitions({*rest});
		run(node, sql);
		if (const std::optional<ObjectAddress> again = catalog::resolve_root(root_text))
			trial.made = catalog::read_definitions({*again});
	});
	return trial;
}

Trial try_in_place(const ObjectAddress &root, Node *node, const std::string &sql)
{
	Trial trial;
	trial.there = trial.without = catalog::read_definitions({root});
	in_rolled_back_subtransaction([&] {
		be_silent();
		run(node, sql);
		trial.made = catalog::read_definitions({root});
	});
	return trial;
}

} // namespace surefoot

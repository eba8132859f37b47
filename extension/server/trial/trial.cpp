#include "server/trial/trial.hpp"

#include "server/catalog/definitions.hpp"
#include "server/record/recorder.hpp"
#include "server/script/tokens.hpp"
#include "server/settings.hpp"
#include "server/trial/empty_storage.hpp"
#include "server/trial/unbuilt_index.hpp"

extern "C" {
#include "commands/schemacmds.h"
#include "utils/lsyscache.h"
}

namespace surefoot {

namespace {

void run(Node *node, const std::string &sql)
{
	if (IsA(node, IndexStmt) && OidIsValid(large_table_of((IndexStmt *)node))) {
		(void)define_unbuilt_index((IndexStmt *)node, sql);
		return;
	}
	EmptyStorage storage(settings::direct_index_pages);
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

/* An index of a large table that nothing but its name stands for: it can make room without being dropped. */
bool can_be_set_aside(const ObjectAddress &there, Node *node)
{
	if (!IsA(node, IndexStmt) || there.classId != RelationRelationId || !OidIsValid(large_table_of((IndexStmt *)node)))
		return false;
	return pg_call([&there] {
		const char kind = get_rel_relkind(there.objectId);
		return (kind == RELKIND_INDEX || kind == RELKIND_PARTITIONED_INDEX) && !OidIsValid(get_index_constraint(there.objectId));
	});
}

core::Objects all_but(const core::Objects &objects, const std::string &identity)
{
	core::Objects rest;
	for (const core::Object &object : objects)
		if (identity.empty() || object.identity != identity)
			rest.add(object);
	return rest;
}

} // namespace

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
	const bool set_aside = can_be_set_aside(there, node);
	const Recorder::Pause nothing_lasts;
	in_rolled_back_subtransaction([&] {
		be_silent();
		std::string aside;
		if (set_aside)
			aside = set_index_aside(there.objectId);
		else if (there.classId == NamespaceRelationId)
			/* Everything in it would be dropped, and locked, with it. */
			pg_call([&there] {
				(void)RenameSchema(get_namespace_name(there.objectId), psprintf("surefoot_aside_%u", there.objectId));
				CommandCounterIncrement();
			});
		else
			pg_call([&there] {
				ObjectAddress gone = there;
				/* The index of a constraint goes with that alone. */
				if (there.classId == RelationRelationId && OidIsValid(get_index_constraint(there.objectId)))
					ObjectAddressSet(gone, ConstraintRelationId, get_index_constraint(there.objectId));
				performDeletion(&gone, DROP_CASCADE, PERFORM_DELETION_INTERNAL | PERFORM_DELETION_QUIETLY);
				CommandCounterIncrement();
			});
		if (const std::optional<ObjectAddress> rest = catalog::resolve_root(root_text))
			trial.without = all_but(catalog::read_definitions({*rest}), aside);
		run(node, sql);
		if (const std::optional<ObjectAddress> again = catalog::resolve_root(root_text))
			trial.made = all_but(catalog::read_definitions({*again}), aside);
	});
	return trial;
}

Trial try_in_place(const std::vector<ObjectAddress> &roots, Node *node, const std::string &sql)
{
	Trial trial;
	trial.there = trial.without = catalog::read_definitions(roots);
	const Recorder::Pause nothing_lasts;
	in_rolled_back_subtransaction([&] {
		be_silent();
		run(node, sql);
		trial.made = catalog::read_definitions(roots);
	});
	return trial;
}

} // namespace surefoot

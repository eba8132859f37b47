#include "server/plan/created.hpp"

#include "server/script/tokens.hpp"

namespace surefoot {

namespace {

constexpr const char *temporary_schema = "pg_temp";

/* What the relcache knows of a table. */
struct Live {
	bool exists, fresh, temporary;
};

Live look_at(Oid id)
{
	Live live = {};
	Relation relation = RelationIdGetRelation(id);
	if (relation != nullptr) {
		live.exists = true;
		live.fresh = relation->rd_createSubid != InvalidSubTransactionId;
		live.temporary = relation->rd_rel->relpersistence == RELPERSISTENCE_TEMP;
		RelationClose(relation);
	}
	return live;
}

Oid look_up(const char *schema, const char *name)
{
	/* Neither of these makes a schema or asks for privileges on it. */
	const Oid space = strcmp(schema, temporary_schema) == 0 ? LookupExplicitNamespace(schema, true)
															: get_namespace_oid(schema, true);
	return OidIsValid(space) ? get_relname_relid(name, space) : InvalidOid;
}

/* The schemas that an unqualified name is looked for in, in order. */
std::vector<std::string> search_schemas()
{
	List *path = pg_call([] { return fetch_search_path(false); });
	std::vector<std::string> result{temporary_schema};
	for (int i = 0; i < list_length(path); i++) {
		const Oid id = list_nth_oid(path, i);
		if (const char *name = pg_call([id] { return get_namespace_name(id); }))
			result.emplace_back(name);
	}
	return result;
}

bool is_temporary(const RangeVar *name)
{
	return name->relpersistence == RELPERSISTENCE_TEMP ||
		   (name->schemaname != nullptr && strcmp(name->schemaname, temporary_schema) == 0);
}

std::string key(const std::string &schema, const std::string &name)
{
	return schema + "." + name;
}

/* The relation that a statement makes, or nullptr. */
const RangeVar *made_relation(Node *node)
{
	switch (nodeTag(node)) {
		case T_CreateStmt:
			return ((CreateStmt *)node)->relation;
		case T_CreateForeignTableStmt:
			return ((CreateForeignTableStmt *)node)->base.relation;
		case T_CreateTableAsStmt:
			return ((CreateTableAsStmt *)node)->into->rel;
		case T_SelectStmt: {
			const IntoClause *into = ((SelectStmt *)node)->intoClause;
			return into != nullptr ? into->rel : nullptr;
		}
		case T_ViewStmt:
			return ((ViewStmt *)node)->view;
		default:
			return nullptr;
	}
}

} // namespace

std::string quote_name(const std::string &name)
{
	const char *plain = name.c_str();
	return pg_call([plain] { return quote_identifier(plain); });
}

std::string quote_name(const std::string &schema, const std::string &name)
{
	return schema.empty() ? quote_name(name) : quote_name(schema) + "." + quote_name(name);
}

TableState Created::look(const std::string &schema, const std::string &name) const
{
	TableState state;
	state.schema = schema;
	state.name = name;
	const auto named = named_.find(key(schema, name));
	if (named != named_.end()) {
		if (named->second.gone)
			return state;
		state.known = true;
		state.id = named->second.id;
		state.made = named->second.made;
		state.fresh = named->second.fresh;
		state.temporary = named->second.temporary;
		return state;
	}
	const char *in = schema.c_str(), *what = name.c_str();
	const Oid id = pg_call([in, what] { return look_up(in, what); });
	if (!OidIsValid(id) || dropped_.contains(id))
		return state;
	const Live live = pg_call([id] { return look_at(id); });
	if (!live.exists)
		return state;
	const auto made = made_.find(id);
	state.known = true;
	state.id = id;
	state.temporary = live.temporary;
	state.made = live.fresh || made != made_.end();
	state.fresh = made != made_.end() ? made->second : live.fresh;
	return state;
}

TableState Created::find(const RangeVar *name) const
{
	if (name->schemaname != nullptr)
		return look(name->schemaname, name->relname);
	for (const std::string &schema : search_schemas()) {
		TableState state = look(schema, name->relname);
		if (state.known)
			return state;
	}
	TableState unknown;
	unknown.name = name->relname;
	return unknown;
}

void Created::make(const RangeVar *name)
{
	/* Where it is, or will be. */
	std::string schema;
	if (is_temporary(name)) {
		schema = temporary_schema;
	} else if (name->schemaname != nullptr) {
		schema = name->schemaname;
	} else {
		const std::vector<std::string> path = search_schemas();
		schema = path.size() > 1 ? path[1] : "";
	}
	const TableState state = look(schema, name->relname);
	if (OidIsValid(state.id)) {
		/* Made by the statement just run; or there before it, and then it was skipped. */
		if (state.fresh)
			made_[state.id] = true;
		return;
	}
	Named &named = named_[key(schema, name->relname)];
	named = Named();
	named.made = named.fresh = true;
	named.temporary = is_temporary(name);
}

void Created::drop(const RangeVar *name)
{
	const TableState state = find(name);
	if (!state.known)
		return;
	named_.erase(key(state.schema, state.name));
	if (OidIsValid(state.id)) {
		dropped_.insert(state.id);
		made_.erase(state.id);
	}
}

/* Under its new name it is the same table, whatever its old name comes to mean. */
void Created::move(const TableState &from, const std::string &schema, const std::string &name)
{
	/* Not found under the old name: the statement has run, and the catalog knows the new name. */
	if (!from.known)
		return;
	Named named;
	named.id = from.id;
	named.made = from.made;
	named.fresh = from.fresh;
	named.temporary = from.temporary;
	Named gone;
	gone.gone = true;
	named_[key(from.schema, from.name)] = gone;
	named_[key(schema, name)] = named;
}

void Created::add(const Statement &statement)
{
	Node *node = statement.raw->stmt;
	switch (nodeTag(node)) {
		case T_CreateSchemaStmt: {
			const CreateSchemaStmt *create = (CreateSchemaStmt *)node;
			for (int i = 0; i < list_length(create->schemaElts); i++) {
				const RangeVar *made = made_relation((Node *)list_nth(create->schemaElts, i));
				if (made == nullptr)
					continue;
				RangeVar qualified = *made;
				if (qualified.schemaname == nullptr)
					qualified.schemaname = create->schemaname;
				make(&qualified);
			}
			break;
		}
		case T_DropStmt: {
			const DropStmt *drop_statement = (DropStmt *)node;
			if (drop_statement->removeType != OBJECT_TABLE &&
				drop_statement->removeType != OBJECT_MATVIEW)
				break;
			for (int i = 0; i < list_length(drop_statement->objects); i++) {
				List *names = (List *)list_nth(drop_statement->objects, i);
				drop(pg_call([names] { return makeRangeVarFromNameList(names); }));
			}
			break;
		}
		case T_RenameStmt: {
			const RenameStmt *rename = (RenameStmt *)node;
			const ObjectType type = rename->renameType;
			if ((type == OBJECT_TABLE || type == OBJECT_MATVIEW) && rename->relation != nullptr) {
				const TableState state = find(rename->relation);
				move(state, state.schema, rename->newname);
			}
			break;
		}
		case T_AlterObjectSchemaStmt: {
			const AlterObjectSchemaStmt *alter = (AlterObjectSchemaStmt *)node;
			if (alter->relation != nullptr) {
				const TableState state = find(alter->relation);
				move(state, alter->newschema, state.name);
			}
			break;
		}
		case T_AlterEnumStmt: {
			const AlterEnumStmt *alter = (AlterEnumStmt *)node;
			if (alter->oldVal == nullptr && alter->newVal != nullptr)
				values_.insert(alter->newVal);
			break;
		}
		default:
			if (const RangeVar *made = made_relation(node))
				make(made);
	}
}

void Created::new_transaction()
{
	values_.clear();
	for (auto &[name, named] : named_)
		named.fresh = false;
	for (auto &[id, fresh] : made_)
		fresh = false;
}

bool Created::uses_new_value(const Statement &statement) const
{
	Node *node = statement.raw->stmt;
	if (values_.empty() || IsA(node, AlterEnumStmt) || IsA(node, CommentStmt))
		return false;
	Tokens tokens(statement.text);
	for (Token token; tokens.next(token);) {
		if (token.kind != Token::literal)
			continue;
		const std::string_view literal = token.value;
		for (const std::string &value : values_) {
			/* The value itself, in an array's text, or as a literal in the body of a function. */
			if (literal == value || literal.find("'" + value + "'") != literal.npos ||
				(literal.starts_with("{") && literal.find(value) != literal.npos))
				return true;
		}
	}
	return false;
}

} // namespace surefoot

#include "server/existing/properties.hpp"

#include "server/catalog/definitions.hpp"
#include "server/existing/same.hpp"
#include "server/script/targets.hpp"
#include "server/trial/trial.hpp"

extern "C" {
#include "catalog/pg_attribute.h"
#include "catalog/pg_inherits.h"
#include "commands/comment.h"
}

namespace surefoot {

namespace {

/* The objects that statement names, each once. */
std::vector<ObjectAddress> named_objects(Node *statement)
{
	std::vector<ObjectAddress> objects;
	lock_targets(
		statement, [&objects](const ObjectAddress &found) { objects.push_back(found); }, [](Oid) {});
	return objects;
}

std::string column_identity(const RangeVar *table, const char *column)
{
	return pg_call([table, column]() -> const char * {
		const Oid id = RangeVarGetRelid(table, NoLock, true);
		if (!OidIsValid(id))
			return "";
		return psprintf("%s.%s", quote_qualified_identifier(get_namespace_name(get_rel_namespace(id)), get_rel_name(id)),
						quote_identifier(column));
	});
}

std::string role_name(RoleSpec *role)
{
	return pg_call([role]() -> const char * {
		if (role->roletype == ROLESPEC_PUBLIC)
			return "public";
		const Oid id = get_rolespec_oid(role, true);
		return OidIsValid(id) ? GetUserNameFromId(id, false) : "";
	});
}

/* One entry for each privilege, column, object and role. */
Avoid grants(GrantStmt *grant)
{
	std::vector<std::string> privileges;
	for (int i = 0; i < list_length(grant->privileges); i++) {
		const AccessPriv *privilege = list_nth_node(AccessPriv, grant->privileges, i);
		const std::string name = privilege->priv_name ? privilege->priv_name : "all";
		for (int c = 0; c < list_length(privilege->cols); c++)
			privileges.push_back(name + " (" + strVal(list_nth(privilege->cols, c)) + ")");
		if (privilege->cols == NIL)
			privileges.push_back(name);
	}
	if (grant->privileges == NIL)
		privileges.emplace_back("all");
	Avoid result;
	for (const ObjectAddress &object : named_objects((Node *)grant))
		for (const std::string &privilege : privileges)
			for (int i = 0; i < list_length(grant->grantees); i++)
				result.emplace_back("grant", privilege + " on " + describe(object) + " to " +
												 role_name(list_nth_node(RoleSpec, grant->grantees, i)));
	return result;
}

/* Nobody was ever granted anything on it: a GRANT is certain to change it. */
bool has_grants(const ObjectAddress &object)
{
	/* Parameters and large objects are none whose definitions are read, and no cache has them. */
	if (!OidIsValid(catalog::whole_of(object.classId, object.objectId).classId))
		return false;
	return pg_call([&object] {
		const int cache = get_object_catcache_oid(object.classId);
		const AttrNumber acl = get_object_attnum_acl(object.classId);
		if (cache < 0 || acl == InvalidAttrNumber)
			return false;
		HeapTuple tuple = SearchSysCache1(cache, ObjectIdGetDatum(object.objectId));
		if (!HeapTupleIsValid(tuple))
			return false;
		bool none;
		(void)SysCacheGetAttr(cache, tuple, acl, &none);
		ReleaseSysCache(tuple);
		return !none;
	});
}

bool has_comment(CommentStmt *statement)
{
	const std::vector<ObjectAddress> objects = named_objects((Node *)statement);
	if (objects.size() != 1 || statement->comment == nullptr)
		return false;
	const ObjectAddress object = objects.front();
	const char *text = statement->comment;
	return pg_call([&object, text] {
		const char *comment =
			IsSharedRelation(object.classId) ? nullptr : GetComment(object.objectId, object.classId, object.objectSubId);
		return comment != nullptr && strcmp(comment, text) == 0;
	});
}

struct ColumnState {
	bool not_null, has_default;
};

/* The table of an ALTER TABLE, and whatever inherits from it, which the statement changes as well unless it says ONLY. */
std::vector<Oid> altered_tables(const RangeVar *table)
{
	List *tables = pg_call([table]() -> List * {
		const Oid id = RangeVarGetRelid(table, NoLock, true);
		if (!OidIsValid(id))
			return NIL;
		return table->inh && has_subclass(id) ? find_all_inheritors(id, NoLock, nullptr) : list_make1_oid(id);
	});
	std::vector<Oid> result;
	for (int i = 0; i < list_length(tables); i++)
		result.push_back(list_nth_oid(tables, i));
	return result;
}

ColumnState column_state(Oid table, const char *column)
{
	return pg_call([table, column] {
		ColumnState state = {false, false};
		HeapTuple tuple = SearchSysCacheAttName(table, column);
		if (HeapTupleIsValid(tuple)) {
			const Form_pg_attribute form = (Form_pg_attribute)GETSTRUCT(tuple);
			state = {form->attnotnull, form->atthasdef};
			ReleaseSysCache(tuple);
		}
		return state;
	});
}

bool changes_nothing(const std::vector<ObjectAddress> &objects, Node *statement, const std::string &sql)
{
	std::vector<ObjectAddress> roots;
	for (const ObjectAddress &object : objects) {
		/* A member of an extension changes by itself. */
		roots.push_back(catalog::whole_of(object.classId, object.objectId));
		if (!OidIsValid(roots.back().classId))
			return false;
	}
	const Trial trial = try_in_place(roots, statement, sql);
	return core::equal(trial.there, trial.made);
}

} // namespace

Avoid properties_of(Node *statement, const AlterTableCmd *command)
{
	if (IsA(statement, CommentStmt)) {
		Avoid result;
		for (const ObjectAddress &object : named_objects(statement))
			result.emplace_back("comment", describe(object));
		return result;
	}
	if (IsA(statement, GrantStmt))
		return grants((GrantStmt *)statement);
	if (command == nullptr || command->name == nullptr)
		return {};
	const std::string column = column_identity(((AlterTableStmt *)statement)->relation, command->name);
	switch (command->subtype) {
	case AT_ColumnDefault:
		return {{"default", column}};
	case AT_SetNotNull:
	case AT_DropNotNull:
		return {{"not null", column}};
	default:
		return {};
	}
}

bool has_properties(Node *statement, const AlterTableCmd *command, const std::string &sql)
{
	if (IsA(statement, CommentStmt))
		return has_comment((CommentStmt *)statement);
	if (IsA(statement, GrantStmt)) {
		const GrantStmt *grant = (GrantStmt *)statement;
		if (!grant->is_grant || grant->targtype != ACL_TARGET_OBJECT)
			return false;
		const std::vector<ObjectAddress> objects = named_objects(statement);
		bool of_columns = false;
		for (int i = 0; i < list_length(grant->privileges); i++)
			of_columns = of_columns || list_nth_node(AccessPriv, grant->privileges, i)->cols != NIL;
		return !objects.empty() && std::all_of(objects.begin(), objects.end(), [&](const ObjectAddress &object) {
			return (of_columns || has_grants(object)) && changes_nothing({object}, statement, sql);
		});
	}
	if (command == nullptr || command->name == nullptr)
		return false;
	const std::vector<Oid> tables = altered_tables(((AlterTableStmt *)statement)->relation);
	const bool sets_default = command->subtype == AT_ColumnDefault && command->def != nullptr;
	if (tables.empty() || (!sets_default && command->subtype != AT_SetNotNull))
		return false;
	std::vector<ObjectAddress> addresses;
	for (const Oid table : tables) {
		const ColumnState state = column_state(table, command->name);
		if (sets_default ? !state.has_default : !state.not_null)
			return false;
		ObjectAddress address;
		ObjectAddressSet(address, RelationRelationId, table);
		addresses.push_back(address);
	}
#if PG_VERSION_NUM < 180000
	/* From 18 on the constraint behind it may not be validated yet. */
	if (!sets_default)
		return true;
#endif
	return changes_nothing(addresses, statement, sql);
}

Avoid without_own(Avoid avoid, const std::vector<core::Change> &changes)
{
	const auto is_changed = [](const core::Change &change, const char *field) {
		const std::string *before = change.before ? change.before->field(field) : nullptr;
		const std::string *after = change.after ? change.after->field(field) : nullptr;
		return (before ? *before : "") != (after ? *after : "");
	};
	std::erase_if(avoid, [&](const auto &entry) {
		const auto &[kind, name] = entry;
		return std::any_of(changes.begin(), changes.end(), [&](const core::Change &change) {
			const core::Object &object = change.object();
			const std::string full = object.kind + " " + object.identity;
			if (kind == "grant")
				return name.find(" on " + full + " to ") != name.npos && is_changed(change, "grants");
			if (kind == "comment")
				return name == full && is_changed(change, "comment");
			if (kind == "default" || kind == "not null")
				return object.kind == "column" && name == object.identity && is_changed(change, kind.c_str());
			return !change.before && kind == object.kind && name == object.identity;
		});
	});
	return avoid;
}

} // namespace surefoot

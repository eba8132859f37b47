#include "server/reverse/way_back.hpp"

#include "server/catalog/definitions.hpp"
#include "server/existing/existing.hpp"
#include "server/existing/properties.hpp"
#include "server/existing/same.hpp"
#include "server/script/subcommands.hpp"

namespace surefoot {

namespace {

bool is_avoided(const Avoid &avoid, const std::string &kind, const std::string &identity)
{
	return std::find(avoid.begin(), avoid.end(), std::pair(kind, identity)) != avoid.end();
}

std::string quoted(const char *name)
{
	return pg_call([name] { return quote_identifier(name); });
}

/* schema.name of a relation; empty when there is none. */
std::string relation_identity(const RangeVar *name)
{
	const Oid id = pg_call([name] { return RangeVarGetRelid(name, NoLock, true); });
	if (!OidIsValid(id))
		return {};
	return pg_call([id] {
		return quote_qualified_identifier(get_namespace_name(get_rel_namespace(id)), get_rel_name(id));
	});
}

/* What one object of a DROP is called; empty when it is missing or of a kind that is not looked at. */
struct Dropped {
	bool missing = false;
	std::string kind, identity;
};

/* Every property that the statement or its subcommand changes was there before the migration. */
bool touches_only_avoided(Node *statement, const AlterTableCmd *command, const Avoid &avoid)
{
	if (avoid.empty())
		return false;
	const Avoid properties = properties_of(statement, command);
	return !properties.empty() && std::all_of(properties.begin(), properties.end(), [&avoid](const auto &property) {
		return is_avoided(avoid, property.first, property.second);
	});
}

bool replaces_avoided(Node *statement, const Avoid &avoid)
{
	const std::optional<ObjectAddress> replaced = avoid.empty() ? std::nullopt : replaced_object(statement);
	if (!replaced)
		return false;
	const ObjectAddress root = catalog::root_of(replaced->classId, replaced->objectId, replaced->objectSubId);
	if (!OidIsValid(root.classId))
		return false;
	const core::Objects objects = catalog::read_definitions({root});
	const core::Object *object = find_object(objects, *replaced);
	return object != nullptr && is_avoided(avoid, object->kind, object->identity);
}

Dropped dropped_object(const DropStmt *drop, Node *object)
{
	Dropped result;
	const ObjectType type = drop->removeType;
	const ObjectAddress address = pg_call([type, object] {
		Relation relation = nullptr;
		const ObjectAddress found = get_object_address(type, object, &relation, AccessShareLock, true);
		if (relation != nullptr)
			relation_close(relation, NoLock);
		return found;
	});
	if (!OidIsValid(address.objectId)) {
		result.missing = true;
		return result;
	}
	const core::Objects objects = catalog::read_definitions(
		{catalog::root_of(address.classId, address.objectId, address.objectSubId)});
	if (const core::Object *found = find_object(objects, address))
		return {false, found->kind, found->identity};
	return result;
}

bool column_exists(const RangeVar *table, const char *column)
{
	return pg_call([table, column] {
		const Oid id = RangeVarGetRelid(table, NoLock, true);
		return OidIsValid(id) && get_attnum(id, column) != InvalidAttrNumber;
	});
}

bool constraint_exists(const RangeVar *table, const char *name)
{
	return pg_call([table, name] {
		const Oid id = RangeVarGetRelid(table, NoLock, true);
		return OidIsValid(id) && OidIsValid(get_relation_constraint_oid(id, name, true));
	});
}

bool keeps_subcommand(const AlterTableStmt *alter, const AlterTableCmd *command, const Avoid &avoid, bool missing_is_done)
{
	if (touches_only_avoided((Node *)alter, command, avoid))
		return false;
	if (command->subtype != AT_DropColumn && command->subtype != AT_DropConstraint)
		return true;
	const bool column = command->subtype == AT_DropColumn;
	const std::string table = relation_identity(alter->relation);
	if (column ? is_avoided(avoid, "column", table + "." + quoted(command->name))
			   : is_avoided(avoid, "constraint", quoted(command->name) + " on " + table))
		return false;
	if (!missing_is_done)
		return true;
	return column ? column_exists(alter->relation, command->name) : constraint_exists(alter->relation, command->name);
}

} // namespace

std::optional<std::string> without_avoided(const Statement &statement, const Avoid &avoid, bool missing_is_done)
{
	if (avoid.empty() && !missing_is_done)
		return statement.text;
	Node *node = statement.raw->stmt;
	if (touches_only_avoided(node, nullptr, avoid) || replaces_avoided(node, avoid))
		return std::nullopt;
	std::vector<bool> keep;
	if (IsA(node, DropStmt)) {
		const DropStmt *drop = (DropStmt *)node;
		for (int i = 0; i < list_length(drop->objects); i++) {
			const Dropped object = dropped_object(drop, (Node *)list_nth(drop->objects, i));
			keep.push_back(object.missing ? !missing_is_done : !is_avoided(avoid, object.kind, object.identity));
		}
	} else if (IsA(node, AlterTableStmt)) {
		const AlterTableStmt *alter = (AlterTableStmt *)node;
		for (int i = 0; i < list_length(alter->cmds); i++)
			keep.push_back(keeps_subcommand(alter, (AlterTableCmd *)list_nth(alter->cmds, i), avoid, missing_is_done));
	}
	if (std::find(keep.begin(), keep.end(), false) == keep.end())
		return statement.text;
	if (std::find(keep.begin(), keep.end(), true) == keep.end())
		return std::nullopt;
	const std::optional<Subcommands> parts = split_subcommands(statement);
	return parts ? parts->with(keep) : statement.text;
}

} // namespace surefoot

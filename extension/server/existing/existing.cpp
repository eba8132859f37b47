#include "server/existing/existing.hpp"

#include "server/catalog/definitions.hpp"
#include "server/compat.hpp"
#include "server/existing/existing_object.hpp"
#include "server/existing/properties.hpp"
#include "server/existing/same.hpp"
#include "server/script/subcommands.hpp"
#include "server/trial/trial.hpp"

extern "C" {
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "utils/lsyscache.h"
}

namespace surefoot {

namespace {

bool says_owner(Node *node)
{
	return IsA(node, CreateSchemaStmt) && ((CreateSchemaStmt *)node)->authrole != nullptr;
}

/* A materialized view that shall be filled; the trial fills none. */
bool wants_data(Node *node)
{
	return IsA(node, CreateTableAsStmt) && !((CreateTableAsStmt *)node)->into->skipData;
}

/* OR REPLACE: something of that name may be there, and what it is now does not stand in the way. */
bool replaces(Node *node)
{
	switch (nodeTag(node)) {
	case T_ViewStmt:
		return ((ViewStmt *)node)->replace;
	case T_CreateTrigStmt:
		return ((CreateTrigStmt *)node)->replace;
	case T_CreateFunctionStmt:
		return ((CreateFunctionStmt *)node)->replace;
	default:
		return false;
	}
}

bool if_not_exists(Node *node)
{
	switch (nodeTag(node)) {
	case T_CreateStmt:
		return ((CreateStmt *)node)->if_not_exists;
	case T_CreateTableAsStmt:
		return ((CreateTableAsStmt *)node)->if_not_exists;
	case T_CreateSeqStmt:
		return ((CreateSeqStmt *)node)->if_not_exists;
	case T_CreateSchemaStmt:
		return ((CreateSchemaStmt *)node)->if_not_exists;
	default:
		return false;
	}
}

std::string quote_names(List *names)
{
	return pg_call([names] { return NameListToQuotedString(names); });
}

/* The version of an extension, or its schema. */
const char *extension_property(Oid id, bool schema)
{
	ScanKeyData key;
	ScanKeyInit(&key, Anum_pg_extension_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(id));
	Relation relation = table_open(ExtensionRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(relation, ExtensionOidIndexId, true, nullptr, 1, &key);
	const char *result = nullptr;
	if (HeapTuple tuple = systable_getnext(scan); HeapTupleIsValid(tuple)) {
		bool is_null;
		const Datum version = heap_getattr(tuple, Anum_pg_extension_extversion, RelationGetDescr(relation), &is_null);
		result = schema ? get_namespace_name(((Form_pg_extension)GETSTRUCT(tuple))->extnamespace) : TextDatumGetCString(version);
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return result;
}

/* What the statement says of an extension that is not so; nullptr when nothing is, or it is not there. */
const char *extension_difference(CreateExtensionStmt *create)
{
	const Oid id = get_extension_oid(create->extname, true);
	if (!OidIsValid(id))
		return nullptr;
	for (int i = 0; i < list_length(create->options); i++) {
		DefElem *option = (DefElem *)list_nth(create->options, i);
		const bool is_schema = strcmp(option->defname, "schema") == 0;
		if (!is_schema && strcmp(option->defname, "new_version") != 0)
			continue;
		const char *wanted = defGetString(option);
		const char *there = extension_property(id, is_schema);
		if (there != nullptr && strcmp(wanted, there) != 0)
			return psprintf("Its %s is \"%s\", the script wants \"%s\".", is_schema ? "schema" : "version", there, wanted);
	}
	return nullptr;
}

class Search {
public:
	Search(const Speaker &speaker, const Statement &statement) : speaker_(speaker), statement_(statement) {}

	/* The whole statement makes one object. */
	bool skips_statement()
	{
		Node *node = statement_.raw->stmt;
		const ObjectAddress there = existing_object(node);
		if (OidIsValid(there.objectId)) {
			/* An index that a dead build has left is no index: whoever builds it removes it first. */
			if (IsA(node, IndexStmt) && pg_call([&there] {
					return get_rel_relkind(there.objectId) == RELKIND_INDEX && !get_index_isvalid(there.objectId);
				})) {
				invalid_index = pg_call([&there] { return getObjectIdentity(&there, true); });
				return false;
			}
			return replaces(node) ? is_replaced_by_the_same(there) : is_the_same(there, node, statement_.text);
		}
		if (IsA(node, CreateExtensionStmt))
			check_extension((CreateExtensionStmt *)node);
		if (IsA(node, AlterEnumStmt))
			return has_value((AlterEnumStmt *)node);
		if (IsA(node, IndexStmt) && ((IndexStmt *)node)->idxname == nullptr)
			return has_twin(((IndexStmt *)node)->relation, node, statement_.text, "index");
		return skips_properties(nullptr, statement_.text);
	}

	/* One subcommand of an ALTER TABLE, whose text alone is sql. By itself it may be wrong: another changes the type of its column, say. */
	bool skips_subcommand(const AlterTableCmd *command, const std::string &sql)
	{
		const size_t mark = skipped.size();
		try {
			return skips_alone(command, sql);
		} catch (Error &error) {
			const std::string family = error.sqlstate.substr(0, 2);
			if (list_length(((AlterTableStmt *)statement_.raw->stmt)->cmds) < 2 || (family != "22" && family != "42"))
				throw;
			skipped.resize(mark);
			return false;
		}
	}

	/* Whether that subcommand has to be looked at at all. */
	bool may_skip(const AlterTableCmd *command) const
	{
		switch (command->subtype) {
		case AT_AddColumn:
		case AT_AddConstraint:
		case AT_ColumnDefault:
		case AT_SetNotNull:
			return true;
		default:
			return false;
		}
	}

	Avoid skipped;
	std::string invalid_index;

private:
	bool skips_alone(const AlterTableCmd *command, const std::string &sql)
	{
		const AlterTableStmt *alter = (AlterTableStmt *)statement_.raw->stmt;
		const ObjectAddress there = existing_part(alter, command);
		if (OidIsValid(there.objectId))
			return is_the_same(there, statement_.raw->stmt, sql);
		if (command->subtype == AT_AddConstraint && castNode(Constraint, command->def)->conname == nullptr)
			return has_twin(alter->relation, statement_.raw->stmt, sql, "constraint");
		return skips_properties(command, sql);
	}

	/* Raises SF007 when it is not. */
	bool is_the_same(const ObjectAddress &there, Node *node, const std::string &sql)
	{
		const ObjectAddress root = catalog::root_of(there.classId, there.objectId, there.objectSubId);
		if (!OidIsValid(root.classId))
			return false;
		if (!pg_call([&root] { return compat::owns_object(root); }))
			return is_foreign(there, root, node);
		const Trial trial = try_instead(there, root, node, sql);
		const std::string what = describe(there);
		std::vector<core::Change> differences = differences_of(trial, says_owner(node));
		/* An index serves, whether it is a constraint's or not. */
		if (IsA(node, IndexStmt))
			std::erase_if(differences, [](const core::Change &change) { return !change.after && change.before->kind == "constraint"; });
		/* By that name the statement makes something that hangs on another object: an index on another table. */
		const core::Object *target = find_object(trial.there, there);
		if (differences.empty() && target != nullptr && trial.made.find(target->kind, target->identity) == nullptr) {
			core::Object wanted = *target;
			wanted.fields = {{"definition", statement_.text}};
			differences.push_back({*target, wanted});
		}
		if (differences.empty() && target != nullptr && wants_data(node) && target->field("populated") != nullptr) {
			core::Object wanted = *target;
			std::erase_if(wanted.fields, [](const auto &field) { return field.first == "populated"; });
			wanted.fields.emplace_back("populated", "yes");
			differences.push_back({*target, wanted});
		}
		if (!differences.empty())
			refuse(there, differences);
		for (const core::Object &object : trial.made)
			if (trial.without.find(object.kind, object.identity) == nullptr)
				skipped.emplace_back(object.kind, object.identity);
		tell(what + " is there already, with the same definition, skipping");
		return true;
	}

	/* What the statement needs may be gone with what is there: the statement makes something on it, and no twin of it. */
	Trial try_instead(const ObjectAddress &there, const ObjectAddress &root, Node *node, const std::string &sql)
	{
		try {
			return try_without(there, node, sql);
		} catch (Error &error) {
			const core::Objects objects = catalog::read_definitions({root});
			const core::Object *target = find_object(objects, there);
			if (target == nullptr || !error.is("42P01"))
				throw;
			core::Object wanted = *target;
			wanted.fields = {{"definition", sql}};
			refuse(there, {{*target, wanted}});
		}
	}

	/* Who does not own what is there cannot try without it. The server says what it has to say, but for IF NOT EXISTS, where it is brief. */
	bool is_foreign(const ObjectAddress &there, const ObjectAddress &root, Node *node)
	{
		if (!if_not_exists(node))
			return false;
		const core::Objects objects = catalog::read_definitions({root});
		if (const core::Object *object = find_object(objects, there))
			skipped.emplace_back(object->kind, object->identity);
		tell(describe(there) + " is there already and belongs to another role, skipping without a comparison");
		return true;
	}

	[[noreturn]] void refuse(const ObjectAddress &there, const std::vector<core::Change> &differences)
	{
		throw Error(sqlstate::object_differs, describe(there) + " exists with another definition", show_both(differences),
					"Nothing was changed. Make the script say what is there, or change it by another name.");
	}

	bool is_replaced_by_the_same(const ObjectAddress &there)
	{
		const ObjectAddress root = catalog::whole_of(there.classId, there.objectId);
		if (!OidIsValid(root.classId))
			return false;
		const Trial trial = try_in_place({root}, statement_.raw->stmt, statement_.text);
		if (!core::equal(trial.there, trial.made))
			return false;
		if (const core::Object *object = find_object(trial.there, there))
			skipped.emplace_back(object->kind, object->identity);
		tell(describe(there) + " is there already, with the same definition, skipping");
		return true;
	}

	/* The version and the schema, where the statement names them; the server says that it is there. */
	void check_extension(CreateExtensionStmt *create)
	{
		if (!create->if_not_exists)
			return;
		const char *wrong = pg_call([create] { return extension_difference(create); });
		if (wrong != nullptr)
			throw Error(sqlstate::object_differs, "extension " + std::string(create->extname) + " exists otherwise", wrong,
						"Nothing was changed. ALTER EXTENSION brings it to another version or schema.");
	}

	/* ADD VALUE IF NOT EXISTS: where it is among the others is a part of what the statement says. */
	bool has_value(const AlterEnumStmt *alter)
	{
		if (!alter->skipIfNewValExists)
			return false;
		const EnumPlace place = find_enum_value(alter);
		if (!place.exists)
			return false;
		const std::string what = "value \"" + std::string(alter->newVal) + "\" of type " + quote_names(alter->typeName);
		if (!place.as_said)
			throw Error(sqlstate::object_differs, what + " exists at another place",
						std::string("The script wants it ") + (alter->newValIsAfter ? "after" : "before") + " \"" +
							alter->newValNeighbor + "\".",
						"Nothing was changed. The values of an enum cannot be put in another order; make the script say what is there.");
		tell(what + " is there already, skipping");
		return true;
	}

	/* Something without a name of its own: the server would make it a second time, by another name. */
	bool has_twin(const RangeVar *table, Node *node, const std::string &sql, const char *kind)
	{
		const Oid id = pg_call([table] { return RangeVarGetRelid(table, NoLock, true); });
		if (!OidIsValid(id))
			return false;
		const ObjectAddress root = catalog::root_of(RelationRelationId, id);
		if (!OidIsValid(root.classId) || !has_candidates(catalog::read_definitions({root}), kind))
			return false;
		Trial trial;
		try {
			trial = try_in_place({root}, node, sql);
		} catch (Error &error) {
			/* On a column that the statement itself adds. */
			if (error.is("42703"))
				return false;
			/* A second primary key cannot even be tried; take the first one away. */
			if (!error.is("42P16"))
				throw;
			const Oid key = pg_call([id] {
				Oid constraint = InvalidOid;
				(void)get_primary_key_attnos(id, true, &constraint);
				return constraint;
			});
			if (!OidIsValid(key))
				throw;
			ObjectAddress primary;
			ObjectAddressSet(primary, ConstraintRelationId, key);
			trial = try_without(primary, node, sql);
			if (find_twin(trial, kind) == nullptr)
				refuse(primary, differences_of(trial));
		}
		const core::Object *twin = find_twin(trial, kind);
		if (twin == nullptr)
			return false;
		skipped.emplace_back(twin->kind, twin->identity);
		tell(twin->kind + " " + twin->identity + " is there already, with the same definition, skipping");
		return true;
	}

	bool skips_properties(const AlterTableCmd *command, const std::string &sql)
	{
		if (!has_properties(statement_.raw->stmt, command, sql))
			return false;
		for (auto &property : properties_of(statement_.raw->stmt, command)) {
			const std::string what = property.first == "grant"		? "the grant of "
									 : property.first == "not null" ? "not null of "
																	: "the same " + property.first + " of ";
			tell(what + property.second + " is there already, skipping");
			skipped.push_back(std::move(property));
		}
		return true;
	}

	void tell(const std::string &what) { say(speaker_, "line " + std::to_string(statement_.line) + ": " + what); }

	const Speaker &speaker_;
	const Statement &statement_;
};

} // namespace

std::optional<ObjectAddress> replaced_object(Node *statement)
{
	if (!replaces(statement))
		return std::nullopt;
	const ObjectAddress there = existing_object(statement);
	return OidIsValid(there.objectId) ? std::optional(there) : std::nullopt;
}

/* Whether the statement itself drops what command adds by the same name, or may: the server drops first, so that it is not there then. */
static bool is_replaced(const AlterTableStmt *alter, const AlterTableCmd *command)
{
	const char *name = nullptr;
	AlterTableType drop = AT_DropColumn;
	if (command->subtype == AT_AddColumn)
		name = castNode(ColumnDef, command->def)->colname;
	else if (command->subtype == AT_AddConstraint) {
		name = castNode(Constraint, command->def)->conname;
		drop = AT_DropConstraint;
	} else
		return false;
	for (int i = 0; i < list_length(alter->cmds); i++) {
		const AlterTableCmd *other = (AlterTableCmd *)list_nth(alter->cmds, i);
		if (other->subtype == drop && (name == nullptr || strcmp(other->name, name) == 0))
			return true;
	}
	return false;
}

Remainder without_existing(const Speaker &speaker, const Statement &statement)
{
	Remainder result;
	result.sql = statement.text;
	Search search(speaker, statement);
	Node *node = statement.raw->stmt;
	if (!IsA(node, AlterTableStmt)) {
		if (search.skips_statement())
			result.sql.reset();
		result.skipped = std::move(search.skipped);
		result.invalid_index = std::move(search.invalid_index);
		return result;
	}
	const AlterTableStmt *alter = (AlterTableStmt *)node;
	const auto command = [alter](size_t i) { return (AlterTableCmd *)list_nth(alter->cmds, static_cast<int>(i)); };
	std::vector<bool> keep(static_cast<size_t>(list_length(alter->cmds)), true);
	std::optional<Subcommands> parts;
	for (size_t i = 0; i < keep.size(); i++) {
		if (!search.may_skip(command(i)) || is_replaced(alter, command(i)))
			continue;
		if (!parts && !(parts = split_subcommands(statement)))
			return result;
		keep[i] = !search.skips_subcommand(command(i), parts->head + " " + parts->parts[i]);
	}
	result.skipped = std::move(search.skipped);
	if (std::find(keep.begin(), keep.end(), false) != keep.end()) {
		const std::string rest = parts->with(keep);
		result.sql = rest.empty() ? std::nullopt : std::optional(rest);
	}
	return result;
}

} // namespace surefoot

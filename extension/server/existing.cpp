#include "server/existing.hpp"

#include "server/catalog/definitions.hpp"
#include "server/empty_storage.hpp"
#include "server/subcommands.hpp"

extern "C" {
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "parser/parse_func.h"
#include "parser/parse_type.h"
}

namespace surefoot {

namespace {

constexpr ObjectAddress nothing = {InvalidOid, InvalidOid, 0};

ObjectAddress address(Oid class_id, Oid id, int32 sub_id = 0)
{
	ObjectAddress result;
	ObjectAddressSubSet(result, class_id, id, sub_id);
	return OidIsValid(id) ? result : nothing;
}

/* A relation of that name where the statement would create one; nothing when the schema cannot be found. */
ObjectAddress new_relation(const RangeVar *name)
{
	return pg_call([name] {
		RangeVar *copy = (RangeVar *)copyObjectImpl(name);
		if (copy->schemaname != nullptr && !OidIsValid(get_namespace_oid(copy->schemaname, true)))
			return nothing;
		if (copy->relpersistence == RELPERSISTENCE_TEMP)
			return nothing;
		const Oid schema = RangeVarGetCreationNamespace(copy);
		return address(RelationRelationId, get_relname_relid(copy->relname, schema));
	});
}

ObjectAddress new_index(const IndexStmt *index)
{
	const RangeVar *table = index->relation;
	const char *name = index->idxname;
	if (name == nullptr)
		return nothing;
	return pg_call([table, name] {
		const Oid id = RangeVarGetRelid(table, NoLock, true);
		return OidIsValid(id) ? address(RelationRelationId, get_relname_relid(name, get_rel_namespace(id))) : nothing;
	});
}

ObjectAddress new_type(List *names)
{
	return pg_call([names] {
		char *name;
		const Oid schema = QualifiedNameGetCreationNamespace(names, &name);
		return address(TypeRelationId,
					   GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name), ObjectIdGetDatum(schema)));
	});
}

ObjectAddress new_trigger(const CreateTrigStmt *trigger)
{
	return pg_call([trigger] {
		const Oid id = RangeVarGetRelid(trigger->relation, NoLock, true);
		return OidIsValid(id) ? address(TriggerRelationId, get_trigger_oid(id, trigger->trigname, true)) : nothing;
	});
}

ObjectAddress new_function(CreateFunctionStmt *function)
{
	return pg_call([function] {
		ObjectWithArgs *object = makeNode(ObjectWithArgs);
		object->objname = function->funcname;
		for (int i = 0; i < list_length(function->parameters); i++) {
			FunctionParameter *parameter = list_nth_node(FunctionParameter, function->parameters, i);
			if (parameter->mode == FUNC_PARAM_IN || parameter->mode == FUNC_PARAM_INOUT ||
				parameter->mode == FUNC_PARAM_DEFAULT || parameter->mode == FUNC_PARAM_VARIADIC)
				object->objargs = lappend(object->objargs, parameter->argType);
		}
		object->objfuncargs = function->parameters;
		return address(ProcedureRelationId,
					   LookupFuncWithArgs(function->is_procedure ? OBJECT_PROCEDURE : OBJECT_FUNCTION, object, true));
	});
}

/* The object that statement would create, if something of that name is there. */
ObjectAddress existing_object(Node *node)
{
	switch (nodeTag(node)) {
	case T_CreateStmt:
		return new_relation(((CreateStmt *)node)->relation);
	case T_CreateTableAsStmt:
		return new_relation(((CreateTableAsStmt *)node)->into->rel);
	case T_ViewStmt:
		return ((ViewStmt *)node)->replace ? nothing : new_relation(((ViewStmt *)node)->view);
	case T_CreateSeqStmt:
		return new_relation(((CreateSeqStmt *)node)->sequence);
	case T_CompositeTypeStmt:
		return new_relation(((CompositeTypeStmt *)node)->typevar);
	case T_IndexStmt:
		return new_index((IndexStmt *)node);
	case T_CreateEnumStmt:
		return new_type(((CreateEnumStmt *)node)->typeName);
	case T_CreateDomainStmt:
		return new_type(((CreateDomainStmt *)node)->domainname);
	case T_CreateRangeStmt:
		return new_type(((CreateRangeStmt *)node)->typeName);
	case T_CreateTrigStmt:
		return ((CreateTrigStmt *)node)->replace ? nothing : new_trigger((CreateTrigStmt *)node);
	case T_CreateFunctionStmt:
		return ((CreateFunctionStmt *)node)->replace ? nothing : new_function((CreateFunctionStmt *)node);
	case T_CreateSchemaStmt: {
		const char *name = ((CreateSchemaStmt *)node)->schemaname;
		if (name == nullptr || ((CreateSchemaStmt *)node)->schemaElts != NIL)
			return nothing;
		return pg_call([name] { return address(NamespaceRelationId, get_namespace_oid(name, true)); });
	}
	default:
		return nothing;
	}
}

/* The same for one subcommand of an ALTER TABLE. */
ObjectAddress existing_part(const AlterTableStmt *alter, const AlterTableCmd *command)
{
	return pg_call([alter, command] {
		const Oid table = RangeVarGetRelid(alter->relation, NoLock, true);
		if (!OidIsValid(table))
			return nothing;
		if (command->subtype == AT_AddColumn) {
			const AttrNumber number = get_attnum(table, castNode(ColumnDef, command->def)->colname);
			return number > 0 ? address(RelationRelationId, table, number) : nothing;
		}
		if (command->subtype == AT_AddConstraint) {
			const char *name = castNode(Constraint, command->def)->conname;
			return name ? address(ConstraintRelationId, get_relation_constraint_oid(table, name, true)) : nothing;
		}
		return nothing;
	});
}

/* What CREATE gives no say in, or what others add to an object later: no part of its definition as a statement makes it. */
bool is_by_the_way(const std::string &field)
{
	return field == "comment" || field == "grants" || field == "owner" || field == "security label" || field == "position" ||
		   field == "replica identity" || field == "clustered" || field == "valid" || field == "row level security";
}

bool hangs_on_by_itself(const std::string &kind)
{
	return kind == "trigger" || kind == "rule" || kind == "policy" || kind == "statistics" || kind == "index";
}

core::Object essence(const core::Object &object)
{
	core::Object result = object;
	std::erase_if(result.fields, [](const auto &field) { return is_by_the_way(field.first); });
	return result;
}

/*
 * The objects of a definition that a statement is answerable for: what it made, and what the existing object has of the same sort.
 * Whoever adds an index, a trigger or a policy to a table later does not make it another table.
 */
std::vector<core::Change> compare(const core::Objects &there, const core::Objects &made, const core::Objects &without)
{
	std::vector<core::Change> differences;
	for (const core::Object &object : made) {
		if (without.find(object.kind, object.identity) != nullptr)
			continue;
		const core::Object *other = there.find(object.kind, object.identity);
		if (other == nullptr || !core::equal(essence(*other), essence(object)))
			differences.push_back({other ? std::optional(*other) : std::nullopt, object});
	}
	for (const core::Object &object : there)
		if (!hangs_on_by_itself(object.kind) && without.find(object.kind, object.identity) == nullptr &&
			made.find(object.kind, object.identity) == nullptr)
			differences.push_back({object, std::nullopt});
	return differences;
}

std::string both(const std::vector<core::Change> &differences)
{
	std::string text;
	for (const core::Change &change : differences) {
		text += (text.empty() ? "" : "\n") + std::string("There is: ") +
				(change.before ? core::render(*change.before) : "nothing") + "\nThe script wants: " +
				(change.after ? core::render(*change.after) : "nothing");
	}
	return text;
}

/* Tries sql without the object at there; raises SF007 when it makes something else, or says what it would have made. */
Avoid try_without(const ObjectAddress &there, Node *node, const std::string &sql)
{
	const ObjectAddress root = catalog::root_of(there.classId, there.objectId, there.objectSubId);
	if (!OidIsValid(root.classId))
		return {};
	const core::Objects existing = catalog::read_definitions({root});
	const std::string root_text = catalog::root_text(root);
	core::Objects without, made;
	in_rolled_back_subtransaction([&] {
		EmptyStorage storage;
		storage.prepare(node);
		pg_call([&there] {
			performDeletion(&there, DROP_CASCADE, PERFORM_DELETION_INTERNAL | PERFORM_DELETION_QUIETLY);
			CommandCounterIncrement();
		});
		if (const std::optional<ObjectAddress> rest = catalog::resolve_root(root_text))
			without = catalog::read_definitions({*rest});
		const char *text = sql.c_str();
		pg_call([text] {
			if (SPI_connect() != SPI_OK_CONNECT || SPI_execute(text, false, 0) < 0)
				elog(ERROR, "could not try the statement");
			SPI_finish();
		});
		if (const std::optional<ObjectAddress> again = catalog::resolve_root(root_text))
			made = catalog::read_definitions({*again});
	});
	const std::vector<core::Change> differences = compare(existing, made, without);
	const std::string what = pg_call([&there] {
		return psprintf("%s %s", getObjectTypeDescription(&there, true), getObjectIdentity(&there, true));
	});
	if (!differences.empty())
		throw Error(sqlstate::object_differs, what + " exists with another definition", both(differences),
					"Nothing was changed. Make the script say what is there, or change it by another name.");
	Avoid skipped;
	for (const core::Object &object : made)
		if (without.find(object.kind, object.identity) == nullptr)
			skipped.emplace_back(object.kind, object.identity);
	const std::string note = what + " is there already, with the same definition, skipping";
	const char *line = note.c_str();
	pg_call([line] { ereport(NOTICE, (errmsg_internal("%s", line))); });
	return skipped;
}

} // namespace

Remainder without_existing(const Statement &statement)
{
	Remainder result;
	result.sql = statement.text;
	Node *node = statement.raw->stmt;
	if (!IsA(node, AlterTableStmt)) {
		const ObjectAddress there = existing_object(node);
		if (OidIsValid(there.objectId)) {
			/* An index that a dead build has left is no index: whoever builds it removes it first. */
			const bool invalid = IsA(node, IndexStmt) && pg_call([&there] { return !get_index_isvalid(there.objectId); });
			if (!invalid) {
				result.skipped = try_without(there, node, statement.text);
				result.sql.reset();
			}
		}
		return result;
	}
	const AlterTableStmt *alter = (AlterTableStmt *)node;
	std::vector<bool> keep(static_cast<size_t>(list_length(alter->cmds)), true);
	std::optional<Subcommands> parts;
	for (size_t i = 0; i < keep.size(); i++) {
		const ObjectAddress there = existing_part(alter, (AlterTableCmd *)list_nth(alter->cmds, static_cast<int>(i)));
		if (!OidIsValid(there.objectId))
			continue;
		if (!parts && !(parts = split_subcommands(statement)))
			return result;
		for (auto &object : try_without(there, node, parts->head + " " + parts->parts[i]))
			result.skipped.push_back(std::move(object));
		keep[i] = false;
	}
	if (parts) {
		const std::string rest = parts->with(keep);
		result.sql = rest.empty() ? std::nullopt : std::optional(rest);
	}
	return result;
}

} // namespace surefoot

#include "server/plan/facts.hpp"

#include <algorithm>

#include "server/compat.hpp"
#include "server/plan/natural_inverse.hpp"
#include "server/script/script_path.hpp"
#include "server/settings.hpp"

namespace surefoot {

bool has_note(const Operation &operation, const char *note)
{
	return std::find(operation.notes.begin(), operation.notes.end(), note) != operation.notes.end();
}

namespace {

/* The parse tree of what is executed, which may differ from what was written. */
Node *parse(const Script &script, const Operation &operation)
{
	const Statement &statement = script.statement(operation.statement);
	if (operation.sql == statement.text)
		return statement.raw->stmt;
	const char *sql = operation.sql.c_str();
	return pg_call(
		[sql] { return ((RawStmt *)linitial(raw_parser(sql, RAW_PARSE_DEFAULT)))->stmt; });
}

void add(std::vector<std::string> &codes, const char *code)
{
	if (std::find(codes.begin(), codes.end(), code) == codes.end())
		codes.emplace_back(code);
}

/* What a statement other than ALTER TABLE does to rows. */
Work work_of(Node *node, const Operation &operation)
{
	Work work;
	switch (nodeTag(node)) {
		case T_IndexStmt: {
			const IndexStmt *index = (IndexStmt *)node;
			const bool shell = has_note(operation, "attaches-indexes") || !index->relation->inh;
			work.scans = !shell;
			work.builds_index = !shell && !index->concurrent;
			break;
		}
		case T_ClusterStmt:
		case T_RefreshMatViewStmt:
			work.rewrites = true;
			break;
		case T_ReindexStmt:
			work.scans = work.builds_index = true;
			break;
		case T_VacuumStmt: {
			List *options = ((VacuumStmt *)node)->options;
			for (int i = 0; i < list_length(options); i++)
				if (strcmp(((DefElem *)list_nth(options, i))->defname, "full") == 0)
					work.rewrites = true;
			break;
		}
		case T_AlterEnumStmt:
			if (((AlterEnumStmt *)node)->oldVal == nullptr)
				add(work.hazards, "enum-value");
			break;
		case T_DropStmt: {
			const DropStmt *drop = (DropStmt *)node;
			const ObjectType type = drop->removeType;
			/* The columns of a type go with it. */
			const bool with_columns = (type == OBJECT_TYPE || type == OBJECT_DOMAIN) && drop->behavior == DROP_CASCADE;
			if (type == OBJECT_TABLE || type == OBJECT_SCHEMA || type == OBJECT_SEQUENCE || type == OBJECT_EXTENSION || with_columns)
				add(work.hazards, "drops-data");
			if (drop->behavior == DROP_CASCADE)
				add(work.hazards, "cascade");
			break;
		}
		case T_DropOwnedStmt:
		case T_DropdbStmt:
			add(work.hazards, "drops-data");
			break;
		case T_TruncateStmt:
			add(work.hazards, "drops-data");
			if (((TruncateStmt *)node)->behavior == DROP_CASCADE)
				add(work.hazards, "cascade");
			break;
		case T_InsertStmt:
		case T_UpdateStmt:
		case T_DeleteStmt:
			add(work.hazards, "changes-data");
			break;
		case T_CopyStmt:
			if (((CopyStmt *)node)->is_from)
				add(work.hazards, "changes-data");
			break;
		case T_DoStmt:
		case T_CallStmt:
			add(work.hazards, "opaque");
			break;
		default:
			if (compat::merge_target(node) != nullptr)
				add(work.hazards, "changes-data");
	}
	return work;
}

/* More than the few rows that a statement spells out. */
bool changes_many_rows(Node *node)
{
	if (IsA(node, InsertStmt)) {
		const SelectStmt *source = (SelectStmt *)((InsertStmt *)node)->selectStmt;
		return source != nullptr && source->valuesLists == NIL;
	}
	return IsA(node, UpdateStmt) || IsA(node, DeleteStmt) || compat::merge_target(node) != nullptr ||
		   (IsA(node, CopyStmt) && ((CopyStmt *)node)->is_from);
}

/* "users", or the type, function ... that a statement without a table is about. */
std::string subject_of(Node *node)
{
	const RangeVar *name = nullptr;
	List *names = NIL;
	switch (nodeTag(node)) {
		case T_CreateStmt:
			name = ((CreateStmt *)node)->relation;
			break;
		case T_CreateTableAsStmt:
			name = ((CreateTableAsStmt *)node)->into->rel;
			break;
		case T_ViewStmt:
			name = ((ViewStmt *)node)->view;
			break;
		case T_CreateSeqStmt:
			name = ((CreateSeqStmt *)node)->sequence;
			break;
		case T_CreateEnumStmt:
			names = ((CreateEnumStmt *)node)->typeName;
			break;
		case T_AlterEnumStmt:
			names = ((AlterEnumStmt *)node)->typeName;
			break;
		case T_CreateDomainStmt:
			names = ((CreateDomainStmt *)node)->domainname;
			break;
		case T_AlterDomainStmt:
			names = ((AlterDomainStmt *)node)->typeName;
			break;
		case T_CreateFunctionStmt:
			names = ((CreateFunctionStmt *)node)->funcname;
			break;
		case T_CompositeTypeStmt:
			name = ((CompositeTypeStmt *)node)->typevar;
			break;
		case T_CreateSchemaStmt: {
			const char *schema = ((CreateSchemaStmt *)node)->schemaname;
			return schema ? quote_name(schema) : "";
		}
		case T_CreateExtensionStmt:
			return quote_name(((CreateExtensionStmt *)node)->extname);
		default:
			return "";
	}
	if (name != nullptr)
		return quote_name(name->schemaname ? name->schemaname : "", name->relname);
	return pg_call([names] { return NameListToQuotedString(names); });
}

/* Whether others use the table, so that a lock on it means something. */
bool is_shared(const LockedTable &locked)
{
	return !locked.table.made && !locked.table.temporary;
}

void describe_locks(Facts &facts, const std::vector<LockedTable> &tables)
{
	LOCKMODE strongest = NoLock;
	for (const LockedTable &locked : tables)
		if (is_shared(locked))
			strongest = std::max(strongest, locked.mode);
	facts.lock = core::lock_name(static_cast<core::Lock>(strongest));
	for (const LockedTable &locked : tables) {
		const std::string name = quote_name(locked.table.schema, locked.table.name);
		facts.object += (facts.object.empty() ? "" : ", ") + name;
		if (is_shared(locked) && locked.mode < strongest)
			facts.object +=
				std::string(" (") + core::lock_name(static_cast<core::Lock>(locked.mode)) + ")";
	}
}

/* Follows a plan, operation by operation. */
class Description {
public:
	explicit Description(const Script &script) : script_(script) {}

	Facts operation(const Operation &operation, bool begins_step)
	{
		if (begins_step && last_ != SIZE_MAX)
			created_.new_transaction();
		if (begins_step)
			held_ = core::Lock::none;
		if (last_ != operation.statement)
			pass_statements(operation.statement);

		Node *node = parse(script_, operation);
		Facts facts;
		facts.tables = locked_tables(node, created_);
		describe_locks(facts, facts.tables);
		if (facts.object.empty())
			facts.object = subject_of(node);

		core::Cost cost;
		Work work = work_of(node, operation);
		measure(facts, cost);
		/* What is written into a table of this migration's own goes with it. */
		if (facts.lock.empty())
			std::erase(work.hazards, "changes-data");
		if (!has_note(operation, "attaches-indexes") && IsA(node, AlterTableStmt) &&
			((AlterTableStmt *)node)->objtype == OBJECT_TABLE)
			alter_table((AlterTableStmt *)node, work);
		if (IsA(node, IndexStmt))
			remember_index((IndexStmt *)node, operation);
		const bool there = facts.rows.has_value();
		facts.rewrites = cost.rewrites = work.rewrites && there;
		facts.scans = cost.scans = work.scans && there;
		cost.builds_index = work.builds_index && there;
		cost.changes_rows = there && changes_many_rows(node);
		cost.held = held_;
		held_ = std::max(held_, cost.lock);

		if (begins_step && last_ != SIZE_MAX)
			facts.hazards.emplace_back("all-or-nothing-ends-here");
		for (const std::string &code : core::hazards_of(cost))
			facts.hazards.push_back(code);
		for (const auto *more : {&std::as_const(work.hazards), &operation.notes})
			for (const std::string &code : *more)
				if (code != "attaches-indexes")
					add(facts.hazards, code.c_str());
		facts.way_back = natural_inverse(node, operation);
		last_ = operation.statement;
		return facts;
	}

private:
	/* A statement counts as done when the first operation of a later one comes. */
	void pass_statements(size_t next)
	{
		for (; done_ < next; done_++) {
			const Statement &statement = script_.statement(done_);
			created_.add(statement);
			path_.follow(statement.raw->stmt);
		}
	}

	RelationSize size_of(Oid id)
	{
		const auto known = sizes_.find(id);
		return known != sizes_.end() ? known->second : sizes_[id] = relation_size(id);
	}

	void measure(Facts &facts, core::Cost &cost)
	{
		RelationSize total;
		int64 pages = 0;
		bool any = false;
		for (const LockedTable &locked : facts.tables) {
			if (!is_shared(locked))
				continue;
			cost.lock = std::max(cost.lock, static_cast<core::Lock>(locked.mode));
			if (!OidIsValid(locked.table.id))
				continue;
			const RelationSize size = size_of(locked.table.id);
			pages = std::max(pages, size.pages);
			/* The first is the one with the strongest lock: the one that the statement is about. */
			if (!any)
				total = size;
			any = true;
		}
		cost.large = pages > settings::direct_index_pages;
		if (!any)
			return;
		facts.bytes = total.bytes;
		facts.rows = std::max<int64>(total.rows, 0);
	}

	void alter_table(const AlterTableStmt *statement, Work &work)
	{
		const TableState table = created_.find(statement->relation);
		if (!OidIsValid(table.id) || table.made)
			return;
		work = alter_table_work(statement, table.id, proved_[table.id].columns());
		proved_[table.id].follow(statement);
		for (int i = 0; i < list_length(statement->cmds); i++) {
			const AlterTableCmd *command = (AlterTableCmd *)list_nth(statement->cmds, i);
			if (command->subtype != AT_AddConstraint)
				continue;
			const Constraint *constraint = (Constraint *)command->def;
			if (constraint->contype == CONSTR_PRIMARY && constraint->indexname != nullptr &&
				nullable_.contains(constraint->indexname)) {
				work.scans = true;
				add(work.hazards, "not-null-scan");
			}
		}
	}

	/* A primary key on an index that the plan builds: a column that may be null is read once more. */
	void remember_index(const IndexStmt *index, const Operation &operation)
	{
		const TableState table = created_.find(index->relation);
		if (operation.index_name.empty() || !OidIsValid(table.id))
			return;
		for (int i = 0; i < list_length(index->indexParams); i++) {
			const char *column = ((IndexElem *)list_nth(index->indexParams, i))->name;
			if (column == nullptr)
				continue;
			const Oid id = table.id;
			const bool not_null = pg_call([=] {
				HeapTuple tuple = SearchSysCacheAttName(id, column);
				if (!HeapTupleIsValid(tuple))
					return false;
				const bool result = ((Form_pg_attribute)GETSTRUCT(tuple))->attnotnull;
				ReleaseSysCache(tuple);
				return result;
			});
			if (!not_null)
				nullable_.insert(operation.index_name);
		}
	}

	const Script &script_;
	Created created_;
	ScriptPath path_;
	std::set<std::string> nullable_;
	std::map<Oid, RelationSize> sizes_;
	std::map<Oid, ProvedNotNull> proved_;
	core::Lock held_ = core::Lock::none; /* the strongest of the step so far, on what others use */
	size_t last_ = SIZE_MAX, done_ = 0;
};

} // namespace

std::vector<Facts> describe(const Script &script, const std::vector<PlannedStep> &steps)
{
	Description description(script);
	std::vector<Facts> result;
	for (const PlannedStep &step : steps)
		for (size_t i = 0; i < step.operations.size(); i++)
			result.push_back(description.operation(step.operations[i], i == 0));
	return result;
}

} // namespace surefoot

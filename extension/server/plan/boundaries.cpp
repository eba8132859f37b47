/* What a session knows and the next step, in another session, does not. */
#include "server/plan/operations.hpp"

#include <optional>

#include "server/script/tokens.hpp"

namespace surefoot {

namespace {

/* Something that lives as long as the session (or the transaction). */
struct SessionObject {
	enum Kind { table, cursor, prepared, lock } kind;
	std::string name;
	size_t statement, step;
};

const char *describe(SessionObject::Kind kind)
{
	switch (kind) {
		case SessionObject::table:
			return "temporary table";
		case SessionObject::cursor:
			return "cursor";
		case SessionObject::prepared:
			return "prepared statement";
		default:
			return "session lock";
	}
}

bool is_temporary(const RangeVar *name)
{
	return name->relpersistence == RELPERSISTENCE_TEMP ||
		   (name->schemaname != nullptr && strcmp(name->schemaname, "pg_temp") == 0);
}

bool is_lock_function(std::string_view name)
{
	return name == "pg_advisory_lock" || name == "pg_advisory_lock_shared" ||
		   name == "pg_try_advisory_lock" || name == "pg_try_advisory_lock_shared";
}

bool is_unlock_function(std::string_view name)
{
	return name.starts_with("pg_advisory_unlock");
}

std::optional<std::string> temporary_table(Node *node)
{
	const RangeVar *name = nullptr;
	switch (nodeTag(node)) {
		case T_CreateStmt:
			name = ((CreateStmt *)node)->relation;
			break;
		case T_CreateTableAsStmt:
			name = ((CreateTableAsStmt *)node)->into->rel;
			break;
		case T_SelectStmt:
			name =
				((SelectStmt *)node)->intoClause ? ((SelectStmt *)node)->intoClause->rel : nullptr;
			break;
		case T_ViewStmt:
			name = ((ViewStmt *)node)->view;
			break;
		case T_CreateSeqStmt:
			name = ((CreateSeqStmt *)node)->sequence;
			break;
		default:
			break;
	}
	if (name == nullptr || !is_temporary(name))
		return std::nullopt;
	return name->relname;
}

/* Follows a script through its steps. */
class Watch {
public:
	explicit Watch(const Script &script) : script_(script) {}

	void statement(size_t n, size_t step)
	{
		Node *node = script_.statement(n).raw->stmt;
		use(n, step);
		if (const auto name = temporary_table(node))
			objects_.push_back({SessionObject::table, *name, n, step});
		if (IsA(node, DeclareCursorStmt))
			objects_.push_back(
				{SessionObject::cursor, ((DeclareCursorStmt *)node)->portalname, n, step});
		if (IsA(node, PrepareStmt))
			objects_.push_back({SessionObject::prepared, ((PrepareStmt *)node)->name, n, step});
		if (IsA(node, SelectStmt) || IsA(node, CallStmt))
			locks(n, step);
	}

private:
	void use(size_t n, size_t step) const
	{
		if (objects_.empty())
			return;
		const Statement &statement = script_.statement(n);
		for (const SessionObject &object : objects_) {
			if (object.step == step)
				continue;
			/* A lock that is still held when the next step begins is lost there. */
			if (object.kind == SessionObject::lock || names(statement, object))
				refuse(object, n);
		}
	}

	bool names(const Statement &statement, const SessionObject &object) const
	{
		Node *node = statement.raw->stmt;
		const char *name = nullptr;
		if (object.kind == SessionObject::prepared) {
			if (IsA(node, ExecuteStmt))
				name = ((ExecuteStmt *)node)->name;
			else if (IsA(node, DeallocateStmt))
				name = ((DeallocateStmt *)node)->name;
			return name != nullptr && object.name == name;
		}
		if (object.kind == SessionObject::cursor) {
			if (IsA(node, FetchStmt))
				name = ((FetchStmt *)node)->portalname;
			else if (IsA(node, ClosePortalStmt))
				name = ((ClosePortalStmt *)node)->portalname;
			return name != nullptr && object.name == name;
		}
		if (statement.text.size() < object.name.size())
			return false;
		Tokens tokens(statement.text);
		for (Token token; tokens.next(token);)
			if ((token.kind == Token::identifier || token.kind == Token::keyword) &&
				object.name == token.value)
				return true;
		return false;
	}

	void locks(size_t n, size_t step)
	{
		const std::string &text = script_.statement(n).text;
		if (text.find("advisory") == text.npos && text.find("ADVISORY") == text.npos)
			return;
		Tokens tokens(text);
		for (Token token; tokens.next(token);) {
			if (token.kind != Token::identifier)
				continue;
			if (is_lock_function(token.value))
				objects_.push_back({SessionObject::lock, token.value, n, step});
			if (is_unlock_function(token.value))
				std::erase_if(objects_,
							  [](const SessionObject &o) { return o.kind == SessionObject::lock; });
		}
	}

	[[noreturn]] void refuse(const SessionObject &object, size_t n) const
	{
		const Statement &made = script_.statement(object.statement),
						&used = script_.statement(n);
		const std::string what = std::string(describe(object.kind)) + " \"" + object.name + "\"";
		const char *does = object.kind == SessionObject::lock ? " would be lost before line "
															  : " is used in line ";
		throw script_.refusal(
			used.offset,
			"the " + what + " of line " + std::to_string(made.line) + does +
				std::to_string(used.line) + ", in another step",
			"A step ends between them, and the next one runs in a session of its own.",
			"Use it before the step ends, or make it a table of its own that a later statement "
			"drops.");
	}

	const Script &script_;
	std::vector<SessionObject> objects_;
};

} // namespace

void check_boundaries(const Script &script, const std::vector<PlannedStep> &steps)
{
	if (steps.size() < 2)
		return;
	Watch watch(script);
	for (size_t step = 0; step < steps.size(); step++) {
		size_t last = SIZE_MAX;
		for (const Operation &operation : steps[step].operations)
			if (std::exchange(last, operation.statement) != operation.statement)
				watch.statement(operation.statement, step);
	}
}

} // namespace surefoot

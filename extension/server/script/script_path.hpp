/* Around planning: what the script would do to search_path decides what its later names mean. All of it is taken back. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

class ScriptPath {
public:
	ScriptPath() : level_(NewGUCNestLevel()), exceptions_(std::uncaught_exceptions()) {}
	~ScriptPath()
	{
		if (std::uncaught_exceptions() == exceptions_)
			AtEOXact_GUC(false, level_);
	}
	ScriptPath(const ScriptPath &) = delete;
	ScriptPath &operator=(const ScriptPath &) = delete;

	/* Does what statement does to search_path, and nothing else. */
	void follow(Node *statement)
	{
		if (!IsA(statement, VariableSetStmt))
			return;
		VariableSetStmt *set = (VariableSetStmt *)statement;
		if (set->name != nullptr && strcmp(set->name, "search_path") == 0)
			pg_call([set] { ExecSetVariableStmt((VariableSetStmt *)copyObjectImpl(set), false); });
	}

private:
	int level_;
	int exceptions_;
};

} // namespace surefoot

/* A derived way back as a script. */
#include "server/reverse/derive.hpp"

#include <algorithm>

namespace surefoot {

namespace {

/* One that means the same whatever the search_path is. */
bool is_plain(const std::string &statement)
{
	for (const char *words : {"DROP ", "COMMENT ON ", "GRANT ", "REVOKE ", "SET ROLE ", "RESET ", "SECURITY LABEL "})
		if (statement.starts_with(words))
			return true;
	if (!statement.starts_with("ALTER "))
		return false;
	for (const char *words : {" RENAME ", " DROP COLUMN ", " DROP CONSTRAINT ", " SET (", " RESET (", " FOREIGN KEY ("})
		if (statement.find(words) != statement.npos)
			return true;
	return statement.find('(') == statement.npos && statement.find(" DEFAULT ") == statement.npos &&
		   statement.find(" TYPE ") == statement.npos && statement.find(" ADD ") == statement.npos;
}

bool has_body(const std::string &statement)
{
	return statement.starts_with("CREATE OR REPLACE FUNCTION") || statement.starts_with("CREATE OR REPLACE PROCEDURE");
}

} // namespace

/* Names are qualified, but for those of pg_catalog; a function's body may speak of what comes after it. */
std::string script_of(const std::vector<std::string> &statements, const std::set<std::string> &built_concurrently)
{
	std::string script;
	if (!std::all_of(statements.begin(), statements.end(), is_plain))
		script.append(pinned_path).append(";\n");
	if (std::any_of(statements.begin(), statements.end(), has_body))
		script.append(unchecked_bodies).append(";\n");
	constexpr std::string_view drop = "DROP INDEX ";
	for (const std::string &statement : statements)
		if (statement.starts_with(drop) && built_concurrently.contains(statement.substr(drop.size())))
			script.append("DROP INDEX CONCURRENTLY ").append(statement, drop.size()).append(";\n");
		else
			script.append(statement).append(";\n");
	return script.empty() ? nothing_to_undo : script;
}

std::string sentence(const core::Loss &loss)
{
	return loss.kind.empty() ? loss.reason : loss.kind + " " + loss.identity + ": " + loss.reason;
}

} // namespace surefoot

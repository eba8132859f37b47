// The one exception of the client: what went wrong, where in which script, and what to do next.
#pragma once

#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "exit_codes.hpp"

namespace surefoot::client {

// A place in a script, as the server reports it in the first line of CONTEXT.
struct ScriptPosition {
	std::string version;
	std::string direction;
	int step = 0;
	int statement = 0;
	int line = 0;
	int column = 0;
};

struct Failure : std::exception {
	int exit_code = exit_failed;
	std::string code = "FAILED"; // stable name for JSON
	std::string message;
	std::string detail;
	std::string hint;
	std::string sqlstate;
	std::string context;
	std::string version; // the migration that was at work, if any
	std::optional<ScriptPosition> position;
	std::string excerpt; // script lines with a caret
	bool of_files = false;	 // it was refused as it stands in the files, and is not what the server has
	bool of_derived = false; // it is the way back that was derived, not a script of somebody's
	std::string undone;	 // what is left of the attempt
	std::string next_command;

	const char *what() const noexcept override { return message.c_str(); }
};

Failure make_failure(int exit_code, std::string code, std::string message, std::string hint = "");
Failure usage_failure(std::string message, std::string hint = "");
Failure file_failure(std::string message, std::string hint = "");

// "migration 0019 up, step 1, statement 2, line 3, column 14"; trailing parts may lack.
std::optional<ScriptPosition> parse_position(std::string_view context);

// Of what is wrong with a verify script: "verify script, line 3: ...".
std::optional<ScriptPosition> place_in_verify(const std::string &version, std::string_view message);

// The stable name and the exit code that belong to an SQLSTATE.
std::string code_of_sqlstate(std::string_view sqlstate);
int exit_of_sqlstate(std::string_view sqlstate);

} // namespace surefoot::client

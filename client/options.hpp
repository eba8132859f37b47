// What the command line asked for.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "settings.hpp"

namespace surefoot::client {

struct Options {
	std::string command;
	std::string target; // VERSION, or NAME for new
	std::string to;		// --to V
	bool all = false;

	ConnectionFlags connection;
	std::string dir;		// resolved: flag, SUREFOOT_DIR, "migrations"
	bool dir_given = false; // by the flag
	std::string log_dir;
	bool no_log_file = false;

	bool json = false;
	bool quiet = false;
	int verbose = 0;
	bool echo = false;
	std::string color = "auto";

	bool dry_run = false;
	bool no_wait = false;
	bool out_of_order = false;
	std::vector<std::string> overrides; // --override CODE
	std::vector<std::string> accepts;	// --accept WHAT
	std::string check_command;
	double wait_timeout = 600; // seconds

	bool exit_code = false;
	bool follow = false;
	bool purge = false;
	bool restore = false;
	bool down = false;
	bool timestamp = false;
	std::string sql; // drift --sql recorded, live
	int limit = 50;

	bool sandbox = false;
	std::string pg_bin;
};

// Throws a Failure for wrong arguments; the command is known then, if there was one. False when only help or
// --version was asked for, which is printed.
bool parse_arguments(int argc, char **argv, const Environment &env, Options &options);

// apply for up, status for info, ...; the word itself when it is no alias.
std::string canonical_command(const std::string &word);

// "surefoot revert 0019 --dir db": what a person pastes to go on with the same settings.
std::string command_line(const Options &options, const std::string &command,
						 const std::string &target);

} // namespace surefoot::client

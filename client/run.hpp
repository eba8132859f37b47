// One run of the program: what was asked, where output goes, the connection, and the JSON that grows.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

#include "history_files.hpp"
#include "options.hpp"
#include "run_log.hpp"
#include "sandbox.hpp"
#include "server.hpp"
#include "terminal.hpp"

namespace surefoot::client {

using Json = nlohmann::ordered_json;

struct Run {
	Options options;
	Environment env;
	Terminal terminal;
	RunLog log;
	Json report;			 // printed at the end with --json
	bool json_lines = false; // one object a line
	std::optional<HistoryFiles> files;
	std::unique_ptr<Sandbox> sandbox;
	std::optional<Connection> connection;
	std::optional<Server> server;
	std::set<std::string> noticed; // lines that the call under way has streamed
	std::function<void(const std::string &)> on_line; // sees each of them, when set
	std::set<std::string> checked_rows; // of the checklists so far
	bool polling = false; // what is asked again and again is shown by --echo once

	// Reads the folder of migrations; throws when it is not there.
	const HistoryFiles &history();
	// The same, but an empty history when nobody named a folder and the usual one is not there.
	const HistoryFiles &history_if_any();

	// Opens the connection (or starts the sandbox) and finds the extension.
	Server &connect();
	// After the connection was lost; false when the server does not answer within the time.
	bool reconnect(double seconds);
	ConnectionSettings settings() const;

	// Only for commands that change something: opens the log file of the run.
	void open_log(const std::string &target);

	// Where it is, as the last word of a command.
	void tell_log();

	// For people on standard output; nothing with --json.
	void say(std::string_view line);
	std::string paint_out(Color color, std::string_view text) const
	{
		return paint(terminal.color_out, color, text);
	}
	std::string next(const std::string &command, const std::string &target) const
	{
		return command_line(options, command, target);
	}

private:
	void warn_of_misnamed(const HistoryFiles &read);
	void receive(const Notice &notice);
	std::chrono::steady_clock::time_point last_live_{};
	std::set<std::string> polled_;
	void open_connection(const ConnectionSettings &settings);
};

// While something is waited for.
class Polling {
public:
	explicit Polling(Run &run) : run_(run), before_(run.polling) { run_.polling = true; }
	~Polling() { run_.polling = before_; }
	Polling(const Polling &) = delete;
	Polling &operator=(const Polling &) = delete;

private:
	Run &run_;
	bool before_;
};

Script load_script(const MigrationFiles &files);

} // namespace surefoot::client

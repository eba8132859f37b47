// Surefoot's SQL surface, one member function a call. Nothing else in the client writes SQL. Names and operators are qualified and
// arguments complete and of the very type, so that nobody who may create objects in a schema of the search_path is called instead.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "connection.hpp"
#include "rows.hpp"

namespace surefoot::client {

struct ServerInfo {
	std::string schema; // quoted, where the functions live
	std::string extension_version;
	std::string default_version; // of the control file, empty when not installed on the server
	std::string database, user, server_version;
	bool standby = false;
};

struct Script {
	std::string version, name, up;
	std::optional<std::string> down, verify;
};

// Of a range of migrations that were applied.
struct Edges {
	std::string before;		  // the last applied one before it
	std::string dead;		  // the last one in it that cannot be walked back
	std::int64_t applied = 0; // from its first one on, also beyond its end and by others
};

class Server {
public:
	// Finds the extension; throws with the line to paste when it is not there or does not fit.
	explicit Server(Connection &connection);

	const ServerInfo &info() const { return info_; }
	Connection &connection() { return connection_; }
	// Whether surefoot.allow() has said at least that of this role.
	bool may_look();
	// Of the library that the server has loaded.
	std::string library_version();

	std::vector<StatusRow> status(const std::string &version = "");
	// The same; differing becomes what differing(scripts) gives.
	std::vector<StatusRow> status(const std::string &version, const std::vector<Script> &scripts,
								  std::vector<std::string> &differing);
	// What is applied or half done, the latest first: in which order it was done, not that of the versions.
	std::vector<std::string> latest_first();
	// All or none of them; the answers in order (registered, unchanged, updated).
	std::vector<std::string> register_scripts(const std::vector<Script> &scripts);
	// Versions of those whose up script, as it is registered, is another text.
	std::vector<std::string> differing(const std::vector<Script> &scripts);
	Edges edges_of(const std::string &first, const std::string &last);
	// Those of the same range of whose derived way back there is something to say, the highest first.
	std::vector<Verdict> inexact_of(const std::string &first, const std::string &last);
	// Migrations that follow one another at once wait for the disk together, and wait_for_flush for all of them.
	void share_flush();
	void wait_for_flush();
	Answer apply(const std::string &version);
	// Several, each in a transaction of its own, up to the first that has steps left: which one came last, and its answer.
	std::pair<std::string, Answer> apply_in_turn(const std::vector<std::string> &versions);
	Answer revert(const std::string &version, const std::vector<std::string> &accept);
	// The text that runs in a direction (up, down, verify) as the server has it, whatever the file says by now; nothing where there is
	// none. derived becomes whether that is a way back that was derived.
	std::optional<std::string> script_of(const std::string &version, const std::string &direction, bool &derived);
	// The way back that was derived, as SQL with comments at its head.
	std::string inverse(const std::string &version);
	Answer resume(const std::string &version);
	std::string cancel(const std::string &version);

	std::vector<PlanRow> plan(const std::string &version, const std::string &direction);
	std::vector<PlanRow> plan_script(const std::string &script);
	std::vector<Finding> checklist(const std::string &version, const std::string &direction);
	std::vector<Finding> validate(const std::string &version);
	// everything: also what no migration knows of.
	std::vector<DriftRow> drift(bool everything);
	// towards: recorded or live.
	std::string drift_script(const std::string &towards, bool everything);
	std::vector<Finding> rehearse(const std::string &version);
	// Of the latest rehearsal of that migration.
	std::vector<RehearsedRow> rehearsed(const std::string &version);
	// For a server of our own: nobody waits for its locks.
	void rehearse_without_limits();
	// What a script has made in pg_temp stays in the session, and the next run would be another session's.
	void forget_temporary();
	// The schema as it is now, kept under a name; and what is not as it was then.
	void remember_schema(const std::string &name);
	std::vector<DifferenceRow> compare_schema(const std::string &name);
	std::vector<JobRow> jobs(const std::string &version = "");
	// What is kept of what migrations have dropped or changed; how many entries of it went.
	std::vector<ArchiveRow> archive(const std::string &version);
	std::int64_t purge(const std::string &version);
	std::int64_t restore(const std::string &version);
	std::vector<HistoryRow> history(const std::string &version, int limit);
	// The newest event of a migration; what comes later has a higher id.
	std::int64_t last_event(const std::string &version);
	std::vector<EventRow> events(std::int64_t run, std::int64_t after);

	void allow_out_of_order();
	void allow_no_way_back(bool allow);
	void begin();
	void rollback();

private:
	void find_extension();
	std::string call(const std::string &function) const { return info_.schema + "." + function; }
	Answer answer(const Result &result, int column = 0) const;
	std::vector<std::string> call_register(const std::vector<Script> &scripts);

	Connection &connection_;
	ServerInfo info_;
	bool apply_prepared_ = false;
};

// '{"a","b",NULL}' for a parameter of type text[].
std::string text_array(const std::vector<std::optional<std::string_view>> &values);

} // namespace surefoot::client

// The rows of Surefoot's functions, as the client holds them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace surefoot::client {

struct StatusRow {
	std::string version, name, state, steps, way_back, applied_at, applied_by;
	std::optional<double> seconds;
	std::string next;
	bool file_gone = false; // registered only: nobody can apply it from the folder
};

// A worker is at its steps, or should be.
inline bool under_way(std::string_view state)
{
	return state == "queued" || state == "running" || state == "reverting";
}

struct PlanRow {
	int step = 0;
	std::string kind;
	int line = 0;
	std::string statement, lock, object;
	std::optional<std::int64_t> rows, bytes;
	bool rewrites = false;
	bool scans = false;
	std::vector<std::string> hazards;
	std::string way_back;
};

struct Finding {
	std::string level, code, object, message, detail, hint;

	bool fails() const { return level == "fail"; }
	bool operator==(const Finding &) const = default;
};

struct DriftRow {
	std::string kind, identity, state, version, difference, to_recorded, to_live;
	std::string changed_by, changed_at, command; // when the server watches
};

// What a rehearsal has seen of one statement.
struct RehearsedRow {
	std::string direction;
	int step = 0;
	int line = 0;
	std::string statement, tried;
	std::vector<std::string> locks, rewritten, scanned, written;
	std::int64_t wal_bytes = 0;
	double seconds = 0;
};

// An object that is not as it was when the schema was remembered.
struct DifferenceRow {
	std::string kind, identity;
	bool only_column_order = false;
	std::string difference;
};

struct JobRow {
	std::string version, direction;
	int step = 0;
	std::string kind, state, statement;
	bool alive = false;
	int pid = 0;
	std::string started_at, phase;
	std::optional<std::int64_t> done, total;
	std::optional<double> percent;
	std::string waiting_for, next;
};

// Rows that a migration has dropped (table; of a column: column) or changed (rows), and that are kept.
struct ArchiveRow {
	std::string version, direction, kind, name;
	std::int64_t rows = 0, bytes = 0;
	std::string kept_since, purge_after;
};

// What the derived way back of an applied migration is worth, and what does not come back.
struct Verdict {
	std::string version, way_back, reason;
};

struct HistoryRow {
	std::int64_t run = 0;
	std::string version, direction, state, started_at, ended_at;
	std::optional<double> seconds;
	std::string session_role, role, client_addr, application, wal_lsn;
	int failed_step = 0;
	std::string sqlstate, message, detail, hint;
	int line = 0;
	int column = 0;
	std::string next;
};

struct EventRow {
	std::int64_t id = 0;
	std::int64_t run = 0;
	std::string version, direction, at, level;
	int step = 0;
	int line = 0;
	std::string message, statement;
	std::optional<double> seconds;
};

// "0019 up, step 2, line 3: CREATE INDEX ...", as the notices of a call say it.
std::string event_line(const EventRow &event);

// What a call of apply, revert or resume answered.
enum class Outcome {
	done,		   // applied, reverted
	nothing_to_do, // already applied, not applied
	queued
};

struct Answer {
	Outcome outcome = Outcome::done;
	std::string text;
};

} // namespace surefoot::client

#include "server/history/history.hpp"

#include "server/history/script_owner.hpp"
#include "server/table_access.hpp"

namespace surefoot::history {

namespace {

Value this_database()
{
	return Value::datum(ObjectIdGetDatum(MyDatabaseId));
}

Migration from_row(const Rows &rows, size_t row)
{
	Migration m;
	m.version = rows.text(row, 0);
	m.number = rows.text(row, 1);
	m.name = rows.text(row, 2);
	m.up = rows.text(row, 3);
	m.down = rows.maybe(row, 4);
	m.verify = rows.maybe(row, 5);
	m.run = rows.number(row, 7);
	m.state = state_here(rows.text(row, 6), m.run);
	m.owner = rows.text(row, 8);
	return m;
}

constexpr auto migration_columns = {"version", "ordinal", "name", "up", "down", "verify", "state", "run", "owner"};

} // namespace

std::string state_here(const std::string &state, int64 run)
{
	static Query elsewhere("SELECT FROM surefoot.run WHERE id = $1 AND (system_identifier <> $2::numeric OR database_oid <> $3)",
						   {INT8OID, TEXTOID, OIDOID});
	if (state != "running" && state != "queued" && state != "reverting")
		return state;
	return elsewhere.run({run, std::to_string(GetSystemIdentifier()), this_database()}).empty() ? state : "orphaned";
}

/* More than any date, time and count together; messages and locks have to bear it. */
constexpr size_t most_digits = 100;

bool same_text(std::string_view a, std::string_view b)
{
	const auto end = [](std::string_view text) { return text.find_last_not_of("\r\n") + 1; };
	return a.substr(0, end(a)) == b.substr(0, end(b));
}

std::string number_of(const std::string &version)
{
	std::string number = core::version_number(version);
	if (number.empty())
		throw Error(unpack_sql_state(ERRCODE_INVALID_PARAMETER_VALUE),
					"invalid migration version \"" + version + "\"", "A version is digits only, such as 0019.");
	if (version.size() > most_digits)
		throw Error(unpack_sql_state(ERRCODE_INVALID_PARAMETER_VALUE), "migration version is too long",
					"It has " + std::to_string(version.size()) + " digits; " + std::to_string(most_digits) + " are enough.");
	return number;
}

/* By the partial indexes: the length of the history does not matter. */
Situation situation(const std::string &number)
{
	Situation result;
	result.migration = find(number);
	const Rows unfinished = first_rows({.table = "migration", .index = "migration_unfinished", .limit = 2},
									   {"ordinal", "version", "state", "run"});
	for (size_t i = 0; i < unfinished.size() && !result.unfinished; i++)
		if (unfinished.text(i, 0) != number)
			result.unfinished = Place{unfinished.text(i, 1), state_here(unfinished.text(i, 2), unfinished.number(i, 3))};
	const Rows highest =
		first_rows({.table = "migration", .index = "migration_applied", .descending = true}, {"version", "state"});
	if (!highest.empty())
		result.highest = Place{highest.text(0, 0), highest.text(0, 1)};
	return result;
}

std::optional<Migration> find(const std::string &number)
{
	const Rows rows = first_rows({.table = "migration", .index = "migration_pkey", .key = &number}, migration_columns);
	return rows.empty() ? std::nullopt : std::optional<Migration>(from_row(rows, 0));
}

std::string version_of(const std::string &version)
{
	const std::string number = number_of(version);
	const Rows rows = first_rows({.table = "migration", .index = "migration_pkey", .key = &number}, {"version"});
	return rows.empty() ? version : rows.text(0, 0);
}

Migration get(const std::string &number)
{
	std::optional<Migration> found = find(number);
	if (!found)
		throw Error(sqlstate::not_registered, "migration " + number + " is not registered", "",
					"SELECT " + function_prefix() + "migrate_register('" + number + "', 'name', 'up script');");
	return *found;
}

bool insert(const Migration &m)
{
	static Query query("INSERT INTO surefoot.migration (version, ordinal, name, up, down, verify, owner) "
					   "VALUES ($1, $2::numeric, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING true",
					   {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID});
	return !query.run({m.version, m.number, m.name, m.up, m.down, m.verify, m.owner}).empty();
}

void insert_in_turn(const Migration &m)
{
	try {
		NewRows("migration", {"version", "ordinal", "name", "up", "down", "verify", "state", "registered_at", "registered_by", "owner"})
			.add({m.version, numeric(m.number), m.name, m.up, m.down, m.verify, "registered",
				  Value::datum(TimestampTzGetDatum(GetCurrentTimestamp())), session_role(), m.owner})
			.insert();
	} catch (const Error &error) {
		if (!error.is("23505"))
			throw;
		throw Error(sqlstate::busy, "another session has registered migration " + m.version + " meanwhile", "", "Try again.");
	}
}

void update_scripts(const Migration &m)
{
	static Query query("UPDATE surefoot.migration SET name = $2, up = $3, down = $4, verify = $5, owner = $6, "
					   "updated_at = clock_timestamp(), updated_by = SESSION_USER WHERE ordinal = $1::numeric",
					   {TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID});
	query.run({m.number, m.name, m.up, m.down, m.verify, m.owner});
}

void set_owner(const Migration &m, const std::string &owner)
{
	static Query query("UPDATE surefoot.migration SET owner = $2, updated_at = clock_timestamp(), updated_by = SESSION_USER "
					   "WHERE ordinal = $1::numeric",
					   {TEXTOID, TEXTOID});
	query.run({m.number, owner});
}

void set_state(const std::string &version, const char *from, const char *to, int64 run)
{
	if (!update_row("migration", "migration_pkey", number_of(version), "state", from, {{"state", to}, {"run", run}}))
		throw Error(sqlstate::busy, "the state of migration " + version + " was changed by somebody else",
					std::string("Expected was: ") + from + ".", "SELECT * FROM " + function_prefix() + "migrate_status();");
}

int64 next_run()
{
	return next_value("run_id");
}

namespace {

/* Where the caller's client is; none when that is a socket. */
Value client_address()
{
	const NullableDatum address = pg_call([] {
		LOCAL_FCINFO(call, 0);
		InitFunctionCallInfoData(*call, nullptr, 0, InvalidOid, nullptr, nullptr);
		const Datum value = inet_client_addr(call);
		return NullableDatum{value, call->isnull};
	});
	return address.isnull ? Value(std::nullopt) : Value::datum(address.value);
}

Value moment(TimestampTz at)
{
	return Value::datum(TimestampTzGetDatum(at));
}

} // namespace

void insert_run(const Run &run, TimestampTz started, XLogRecPtr wal, bool finished)
{
	NewRows("run", {"id", "version", "direction", "state", "started_at", "ended_at", "session_role", "role", "client_addr",
					"application", "wal_lsn", "system_identifier", "database_oid", "settings", "carried", "accept", "launches"})
		.add({run.id, run.version, run.direction, run.state, moment(started),
			  finished ? moment(GetCurrentTimestamp()) : Value(std::nullopt), run.session_role, run.role, client_address(),
			  application_name, Value::datum(LSNGetDatum(wal)),
			  numeric(std::to_string(GetSystemIdentifier())), this_database(), Value::array(run.settings), Value::array(run.carried),
			  Value::array(run.accept), run.launches})
		.insert();
}

std::optional<Run> get_run(int64 id)
{
	static Query query("SELECT version, direction, state, session_role, role, "
					   "system_identifier = $2::numeric AND database_oid = $3, launches FROM surefoot.run WHERE id = $1",
					   {INT8OID, TEXTOID, OIDOID});
	static Query read_settings("SELECT unnest(settings) FROM surefoot.run WHERE id = $1", {INT8OID});
	static Query read_carried("SELECT unnest(carried) FROM surefoot.run WHERE id = $1", {INT8OID});
	static Query read_accept("SELECT unnest(accept) FROM surefoot.run WHERE id = $1", {INT8OID});

	const Rows rows = query.run({id, std::to_string(GetSystemIdentifier()), this_database()});
	if (rows.empty())
		return std::nullopt;
	Run run;
	run.id = id;
	run.version = rows.text(0, 0);
	run.direction = rows.text(0, 1);
	run.state = rows.text(0, 2);
	run.session_role = rows.text(0, 3);
	run.role = rows.text(0, 4);
	run.here = rows.flag(0, 5);
	run.launches = static_cast<int>(rows.number(0, 6));
	const Rows settings = read_settings.run({id});
	for (size_t i = 0; i < settings.size(); i++)
		run.settings.push_back(settings.text(i, 0));
	const Rows carried = read_carried.run({id});
	for (size_t i = 0; i < carried.size(); i++)
		run.carried.push_back(carried.text(i, 0));
	const Rows accept = read_accept.run({id});
	for (size_t i = 0; i < accept.size(); i++)
		run.accept.push_back(accept.text(i, 0));
	return run;
}

std::optional<int64> last_run(const std::string &version, const char *direction)
{
	static Query query("SELECT id FROM surefoot.run WHERE version = $1 AND direction = $2 AND state <> 'rolled back' "
					   "ORDER BY id DESC LIMIT 1",
					   {TEXTOID, TEXTOID});
	const Rows rows = query.run({version, direction});
	return rows.empty() ? std::nullopt : std::optional<int64>(rows.number(0, 0));
}

void set_run_state(int64 id, const char *state, bool ended)
{
	static Query query("UPDATE surefoot.run SET state = $2, ended_at = CASE WHEN $3 THEN coalesce(ended_at, clock_timestamp()) END "
					   "WHERE id = $1",
					   {INT8OID, TEXTOID, BOOLOID});
	query.run({id, state, ended});
}

void set_origin(int64 id, const std::string &client_addr, const std::string &application)
{
	static Query query("UPDATE surefoot.run SET client_addr = $2::inet, application = $3 WHERE id = $1",
					   {INT8OID, TEXTOID, TEXTOID});
	query.run({id, Value::or_null(client_addr), application});
}

void forget_carried(const std::string &version)
{
	static Query query("UPDATE surefoot.run SET carried = '{}' WHERE version = $1 AND carried <> '{}'", {TEXTOID});
	query.run({version});
}

void set_run_carried(int64 id, const std::vector<std::string> &carried)
{
	static Query query("UPDATE surefoot.run SET carried = $2 WHERE id = $1", {INT8OID, TEXTARRAYOID});
	query.run({id, Value::array(carried)});
}

int requeue_run(int64 id, const std::string &session_role)
{
	static Query query("UPDATE surefoot.run SET state = 'queued', launches = launches + 1, ended_at = NULL, session_role = $4, "
					   "system_identifier = $2::numeric, database_oid = $3, failed_step = NULL, sqlstate = NULL, "
					   "message = NULL, detail = NULL, hint = NULL, context = NULL, statement = NULL, line = NULL, col = NULL "
					   "WHERE id = $1 RETURNING launches",
					   {INT8OID, TEXTOID, OIDOID, TEXTOID});
	return static_cast<int>(query.run({id, std::to_string(GetSystemIdentifier()), this_database(), session_role}).number(0, 0));
}

std::vector<std::string> later_on_same_objects(const Migration &migration, const std::vector<std::string> &roots,
											   const std::vector<std::string> &parts)
{
	/*
	 * Later is what ran later, which after an apply out of order may have the lower number. Rows that it has kept come back as they were
	 * only while the columns are there, and the other rows, that were there when it ran.
	 */
	static Query query("SELECT m.version FROM surefoot.migration m WHERE m.state = 'applied' AND m.run > $1 "
					   "AND (EXISTS (SELECT FROM surefoot.effect theirs WHERE theirs.run = m.run AND (theirs.root = ANY ($2) OR theirs.identity = ANY ($3) "
					   "OR EXISTS (SELECT FROM surefoot.effect mine WHERE mine.run = $1 AND mine.root = theirs.root))) "
					   "OR EXISTS (SELECT FROM surefoot.archive theirs WHERE theirs.version = m.version AND theirs.run = m.run "
					   " AND theirs.kind = ANY ('{rows,truncated}') AND theirs.purged_at IS NULL "
					   " AND (EXISTS (SELECT FROM surefoot.effect mine WHERE mine.run = $1 AND mine.kind = 'column' AND starts_with(mine.identity, theirs.name || '.')) "
					   "  OR EXISTS (SELECT FROM surefoot.archive mine WHERE mine.version = $4 AND mine.run = $1 AND mine.kind = 'rows' "
					   "   AND mine.name = theirs.name AND mine.purged_at IS NULL "
					   "   AND (mine.columns <> theirs.columns "
					   "    OR EXISTS (SELECT FROM surefoot.archive_row x JOIN surefoot.archive_row y ON y.data = x.after WHERE x.archive = mine.id AND y.archive = theirs.id) "
					   "    OR EXISTS (SELECT FROM surefoot.archive_row x JOIN surefoot.archive_row y ON y.after = x.data WHERE x.archive = mine.id AND y.archive = theirs.id)))))) "
					   "ORDER BY m.run DESC",
					   {INT8OID, TEXTARRAYOID, TEXTARRAYOID, TEXTOID});
	const Rows rows = query.run({migration.run, Value::array(roots), Value::array(parts), migration.version});
	std::vector<std::string> versions;
	for (size_t i = 0; i < rows.size(); i++)
		versions.push_back(rows.text(i, 0));
	return versions;
}

void record_failure(int64 id, int step, const Error &error, const std::string &statement, int line, int column,
					const char *state)
{
	static Query query("UPDATE surefoot.run SET state = $2, ended_at = clock_timestamp(), failed_step = $3, sqlstate = $4, "
					   "message = $5, detail = $6, hint = $7, context = $8, statement = $9, line = $10, col = $11 "
					   "WHERE id = $1",
					   {INT8OID, TEXTOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT4OID, INT4OID});
	query.run({id, state, step, error.sqlstate, error.message, Value::or_null(error.detail), Value::or_null(error.hint),
			   Value::or_null(error.context), Value::or_null(statement), line > 0 ? Value(line) : Value(std::nullopt),
			   column > 0 ? Value(column) : Value(std::nullopt)});
}

namespace {

NewRows new_events()
{
	return NewRows("event_log", {"id", "run", "at", "level", "step", "line", "message", "statement"});
}

} // namespace

void log(int64 run, const char *level, std::optional<int> step, std::optional<int> line, const std::string &message,
		 const std::string &statement)
{
	new_events()
		.add({next_value("event_log_id_seq"), run, moment(GetCurrentTimestamp()), level, step, line, message,
			  Value::or_null(statement)})
		.insert();
}

void log(const std::vector<Event> &events)
{
	NewRows rows = new_events();
	for (const Event &event : events)
		rows.add({next_value("event_log_id_seq"), event.run, moment(event.at), "info", event.step, event.line, event.message,
				  Value::or_null(event.statement)});
	rows.insert();
}

} // namespace surefoot::history

#include "server/run/conclude.hpp"

#include "core/kinds.hpp"
#include <array>

#include "core/merge.hpp"
#include "core/object_json.hpp"
#include "server/catalog/definitions.hpp"
#include "server/existing/same.hpp"
#include "server/history/masked_log.hpp"
#include "server/history/script_owner.hpp"
#include "server/keep/give_back.hpp"
#include "server/keep/kept_mark.hpp"
#include "server/reverse/strangers.hpp"
#include "server/run/environment.hpp"
#include "server/run/role_fence.hpp"
#include "server/run/time_limit.hpp"
#include "server/settings.hpp"

namespace surefoot {

namespace {

/* The definitions now of all objects that changes are about, found again by name. */
core::Objects definitions_now(const std::vector<core::Change> &changes)
{
	std::vector<ObjectAddress> roots;
	std::string last;
	for (const core::Change &change : changes)
		for (const std::optional<core::Object> *side : {&change.before, &change.after}) {
			if (!*side || (*side)->root == last)
				continue;
			last = (*side)->root;
			const std::optional<ObjectAddress> root = catalog::resolve_root(last);
			if (!root)
				continue;
			const bool known = std::any_of(roots.begin(), roots.end(), [&](const ObjectAddress &r) {
				return r.classId == root->classId && r.objectId == root->objectId;
			});
			if (!known)
				roots.push_back(*root);
		}
	return catalog::read_definitions(roots);
}

Finding missing(const core::Object &object)
{
	return {"fail", "missing", object.identity, object.kind + " " + object.identity + " is gone", "",
			"Something has removed it since the migration; see who, then revert or restore it."};
}

/* Found is not what was wanted. Whatever others did that leaves alone what the migration did is worth a warning, no more. */
Finding difference(const core::Change &change, const core::Object &wanted, const core::Object &found)
{
	const std::string name = wanted.kind + " " + wanted.identity, both = core::render(core::Change{wanted, found});
	if (same_essence(wanted, found) || core::is_in_force({change.before, wanted}, found))
		return {"warn", "changed-since", wanted.identity, name + " was changed by others, beside what the migration did", both,
				""};
	return {"fail", "differs", wanted.identity, name + " is not as the migration made it", both,
			"Somebody has changed it since; migrate it back or register what was done."};
}

/* Of a partitioned table; no definition says it, as it comes with the last index that is attached. */
bool is_valid(const core::Object &index)
{
	const Oid id = catalog::address_of(index.address).objectId;
	return !OidIsValid(id) || pg_call([id] {
		HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(id));
		if (!HeapTupleIsValid(tuple))
			return true;
		const bool valid = ((Form_pg_index)GETSTRUCT(tuple))->indisvalid;
		ReleaseSysCache(tuple);
		return valid;
	});
}

/* What a definition says of itself that makes it unfit. */
void check_state(const core::Object &object, std::vector<Finding> &findings)
{
	const std::string *validated = object.field("validated");
	if (core::is_invalid_index(object))
		findings.push_back({"fail", "invalid-index", object.identity, "index " + object.identity + " is not valid", "",
							"DROP INDEX CONCURRENTLY " + object.identity + "; then build it again."});
	if (object.kind == "index" && core::value_of(object, "definition").find(" ON ONLY ") != std::string::npos && !is_valid(object))
		findings.push_back({"warn", "incomplete-index", object.identity, "index " + object.identity + " is not valid yet: not every partition has one that is attached to it",
							"No query uses it until then.", "Build the index on each partition that lacks it, then for each: ALTER INDEX " + object.identity + " ATTACH PARTITION ..."});
	if (object.kind == "constraint" && validated != nullptr && *validated == "no")
		findings.push_back({"warn", "not-validated", object.identity, "constraint " + object.identity + " is not validated",
							"", "VALIDATE CONSTRAINT checks the rows that are there without blocking writers."});
}

/*
 * The definition that object should have: as the newest run has left it, whatever became of that: one that has stopped half way has done what it
 * recorded, and so has one that walked back. is_gone: it is not where that is; it may have gone to another root with its table's name.
 */
std::optional<core::Object> expected(const core::Object &object, bool is_gone)
{
	static Query newest("SELECT e.after::text, e.run FROM surefoot.effect e WHERE e.root = $3 AND e.kind = $1 AND e.identity = $2 ORDER BY e.run DESC LIMIT 1",
						{TEXTOID, TEXTOID, TEXTOID});
	static Query later("SELECT e.after::text FROM surefoot.effect e WHERE e.run > $3 AND e.kind = $1 AND e.identity = $2 ORDER BY e.run DESC, e.after IS NULL LIMIT 1",
					   {TEXTOID, TEXTOID, INT8OID});
	const auto read = [](const Rows &rows) { return *core::objects_from_json("[" + rows.text(0, 0) + "]").begin(); };
	Internal internal;
	const Rows rows = newest.run({object.kind, object.identity, object.root});
	if (rows.empty())
		return object;
	if (rows.is_null(0, 0))
		return std::nullopt;
	if (is_gone)
		if (const Rows moved = later.run({object.kind, object.identity, rows.number(0, 1)}); !moved.empty())
			return moved.is_null(0, 0) ? std::nullopt : std::optional(read(moved));
	return read(rows);
}

struct VerifyResult {
	std::string message;
	int line = 0, column = 0;
	std::string detail;
	bool lacks_right = false; /* not found wrong, but not to be asked by who was asked to run it */
};

/* This session's advisory locks, as what pg_advisory_unlock takes. */
std::vector<std::array<int64, 4>> advisory_locks()
{
	static Query query("SELECT classid::bigint, objid::bigint, objsubid, mode = 'ShareLock' FROM pg_locks WHERE locktype = 'advisory' "
					   "AND pid = pg_backend_pid() AND database = $1",
					   {OIDOID});
	Internal internal;
	const Rows rows = query.run({Value::datum(ObjectIdGetDatum(MyDatabaseId))});
	std::vector<std::array<int64, 4>> locks;
	for (size_t i = 0; i < rows.size(); i++)
		locks.push_back({rows.number(i, 0), rows.number(i, 1), rows.number(i, 2), rows.flag(i, 3) ? 1 : 0});
	return locks;
}

/* Gives back the advisory locks of the session that were not held before: no rollback does. */
void release_advisory_locks(const std::vector<std::array<int64, 4>> &before)
{
	for (bool released = true; released;) {
		released = false;
		for (const std::array<int64, 4> &lock : advisory_locks()) {
			if (std::find(before.begin(), before.end(), lock) != before.end())
				continue;
			released = true;
			LOCKTAG tag;
			SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, static_cast<uint32>(lock[0]), static_cast<uint32>(lock[1]),
								 static_cast<uint16>(lock[2]));
			const LOCKMODE mode = lock[3] ? ShareLock : ExclusiveLock;
			/* One of the transaction ends with it. */
			if (!pg_call([&tag, mode] { return LockRelease(&tag, mode, true); }))
				return;
		}
	}
}

/*
 * Runs the verify script read-only and undoes it; says what was wrong. It runs as the role of the migration for whoever has its
 * rights: what others have written is not run with the rights of a superuser who wants to know how things are. Who has not runs it
 * as himself. holds_locks: those of the migration are held meanwhile, so it may take no longer than surefoot.verify_timeout.
 */
std::optional<VerifyResult> run_verify(const std::string &text, const std::string &role, bool holds_locks)
{
	std::optional<VerifyResult> wrong;
	int line = 0, column = 0;
	bool as_another = false;
	const auto locks = advisory_locks();
	try {
		const TimeLimit limit(holds_locks ? settings::verify_timeout : 0);
		const MaskedLog masked;
		in_rolled_back_subtransaction([&] {
			pg_call([] {
				(void)set_config_option("transaction_read_only", "on", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0,
										false);
			});
			const Script script(text);
			const Oid wanted = role_named(role);
			const AsRole as(wanted);
			as_another = as.role() != wanted;
			for (const Statement &statement : script.statements()) {
				std::tie(line, column) = script.line_column(statement.offset);
				refuse_role_change(script, statement, as.role());
				const char *sql = statement.text.c_str();
				const auto run = [sql] {
					char found = '\0';
					if (SPI_connect() != SPI_OK_CONNECT)
						elog(ERROR, "SPI_connect failed");
					if (SPI_execute(sql, false, 0) < 0)
						elog(ERROR, "cannot run this statement in a verify script");
					for (uint64 row = 0; SPI_tuptable != nullptr && row < SPI_tuptable->numvals && !found; row++) {
						bool isnull;
						const Datum value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1, &isnull);
						if (SPI_gettypeid(SPI_tuptable->tupdesc, 1) == BOOLOID)
							found = isnull ? 'n' : DatumGetBool(value) ? '\0' : 'f';
					}
					SPI_finish();
					return found;
				};
				char answer;
				try {
					answer = pg_call(run);
				} catch (Error &error) {
					std::tie(line, column) = error_place(script, statement, error);
					throw;
				}
				if (answer != '\0') {
					wrong = VerifyResult{(answer == 'n' ? "is null: " : "is false: ") + mask_secrets(statement), line, column, "", false};
					return;
				}
			}
		});
	} catch (Error &error) {
		if (error.is("57014") && TimeLimit::reached())
			throw Error(sqlstate::validation_failed,
						"the verify script takes longer than surefoot.verify_timeout allows, in line " + std::to_string(line),
						"It runs before the commit, and whoever needs the tables of the migration waits for its end.",
						"Make it quicker; or leave it out and ask afterwards; or allow more: SET surefoot.verify_timeout = '" +
							std::to_string(std::max(1, 2 * settings::verify_timeout / 1000)) + "s';");
		if (error.is("57014"))
			throw;
		mask_error(error);
		/* That the script failed is our error; what failed in it has a code, too. */
		wrong = VerifyResult{error.message, line, column, "SQLSTATE " + error.sqlstate + (error.detail.empty() ? "" : ": " + error.detail),
							 as_another && error.is("42501")};
	}
	release_advisory_locks(locks);
	return wrong;
}

} // namespace

void check_verify(const history::Migration &migration, const std::string &role, bool holds_locks,
				  std::vector<Finding> &findings)
{
	if (!migration.verify)
		return;
	const std::optional<VerifyResult> wrong = run_verify(*migration.verify, role, holds_locks);
	if (wrong && wrong->lacks_right)
		findings.push_back({"warn", "verify", migration.version,
							"the verify script cannot be run by role \"" + current_role() + "\": " + wrong->message,
							"It was applied as role \"" + role + "\", whose rights you do not have. Line " + std::to_string(wrong->line) +
								", column " + std::to_string(wrong->column) + ", " + wrong->detail,
							"Validate as that role or as a member of it."});
	else if (wrong)
		findings.push_back({"fail", "verify", migration.version,
							"verify script, line " + std::to_string(wrong->line) + ", column " + std::to_string(wrong->column) + ": " +
								wrong->message,
							wrong->detail,
							"Mend the data or the script, then validate again."});
	else
		findings.push_back({"pass", "verify", migration.version, "the verify script passes", "", ""});
}

namespace {

/* Definitions that have just been read need no second look but for what they say of themselves. */
std::vector<Finding> check_fresh(const history::Migration &migration, const std::string &role, const std::vector<core::Change> &changes)
{
	std::vector<Finding> findings;
	for (const core::Change &change : changes)
		if (change.after)
			check_state(*change.after, findings);
	check_verify(migration, role, true, findings);
	return findings;
}

} // namespace

/* Somebody who walks back may expect what was there before to go. */
void check_skipped(const std::string &version, int64 run, std::vector<Finding> &findings)
{
	std::vector<std::pair<std::string, std::string>> skipped;
	{
		Internal internal;
		skipped = history::skipped(run);
	}
	std::string list;
	for (const auto &[kind, identity] : skipped)
		list.append(list.empty() ? "" : ", ").append(kind).append(" ").append(identity);
	if (!list.empty())
		findings.push_back({"warn", "skipped", version, "all that the migration makes was there before it", list, "Its way back leaves it as it is."});
}

std::vector<Finding> validate(const history::Migration &migration, int64 run)
{
	std::vector<core::Change> effect;
	std::string role;
	{
		Internal internal;
		effect = history::effect(run);
		if (const std::optional<history::Run> there = history::get_run(run))
			role = there->role;
	}
	core::Objects now = definitions_now(effect);
	std::vector<Finding> findings;
	for (const core::Change &change : effect) {
		if (!change.after)
			continue;
		const core::Object &object = *change.after;
		const core::Object *found = now.find(object.kind, object.identity);
		const bool as_recorded = found != nullptr && core::equal(*found, object);
		const std::optional<core::Object> wanted = as_recorded ? object : expected(object, found == nullptr);
		if (wanted && found == nullptr && wanted->root != object.root)
			if (const std::optional<ObjectAddress> root = catalog::resolve_root(wanted->root)) {
				now.add(catalog::read_definitions({*root}));
				found = now.find(object.kind, object.identity);
			}
		if (!wanted)
			continue;
		if (found == nullptr) {
			findings.push_back(missing(object));
			continue;
		}
		if (!as_recorded && !core::equal(*found, *wanted) && !core::is_invalid_index(*found))
			findings.push_back(difference(change, *wanted, *found));
		check_state(*found, findings);
	}
	if (effect.empty())
		check_skipped(migration.version, run, findings);
	check_verify(migration, role, false, findings);
	const bool failed = std::any_of(findings.begin(), findings.end(), [](const Finding &f) { return f.level == "fail"; });
	if (!failed)
		findings.insert(findings.begin(), {"pass", "effect", migration.version,
										   effect.size() == 1 ? "1 object is as the migration made it"
															  : std::to_string(effect.size()) +
																	" objects are as the migration made them",
										   "", ""});
	return findings;
}

void raise_failures(const std::string &version, const std::vector<Finding> &findings)
{
	for (const Finding &finding : findings)
		/* A verify script that nobody could run has proved nothing. */
		if (finding.level == "fail" || (finding.code == "verify" && finding.level != "pass"))
			throw Error(sqlstate::validation_failed, "validation of migration " + version + " failed: " + finding.message,
						finding.detail, finding.hint);
}

std::vector<core::Change> left_behind(const Speaker &speaker, const std::vector<core::Change> &effect,
									  const std::vector<core::Change> &way_back)
{
	std::vector<core::Change> differences;
	const core::Objects now = definitions_now(effect);
	for (const core::Change &change : effect) {
		const core::Object &object = change.object();
		const core::Object *found = now.find(object.kind, object.identity);
		const auto undone = std::find_if(way_back.begin(), way_back.end(), [&object](const core::Change &other) {
			return other.object().kind == object.kind && other.object().identity == object.identity;
		});
		const core::Object *start = undone == way_back.end() ? found : undone->before ? &*undone->before : nullptr;
		const bool by_others = core::changed_by_others(change, start);
		core::Change difference{change.before, found ? std::optional(*found) : std::nullopt};
		if (by_others && core::is_back(change, start, found))
			warn(speaker, object.kind + " " + object.identity + " was changed by others since migration " + speaker.version +
							  " was applied; " +
							  (found ? "what they did stays" : "what they did is gone with it"));
		else if (core::differs_only_in_column_order(std::vector<core::Change>{difference}))
			say(speaker, object.kind + " " + object.identity + " is back, but its columns have another order");
		else if (change.before ? found == nullptr || !core::equal(*change.before, *found) : found != nullptr)
			differences.push_back(std::move(difference));
	}
	return differences;
}

namespace {

/* What has columns, indexes and so on of its own, and came or went with them. */
bool is_whole(const core::Change &change)
{
	const std::string &kind = change.object().kind;
	return (!change.before || !change.after) &&
		   (kind == "table" || kind.ends_with("view") || kind == "foreign table" || kind == "type" || kind == "domain");
}

/* Which differences may be: those that are named, and the parts of what is named and came or went as a whole. */
class Accepted {
public:
	Accepted(const std::vector<core::Change> &differences, const std::vector<std::string> &accept)
	{
		for (const std::string &name : accept) {
			all_ = all_ || name == "all" || name == "inexact-down";
			names_.push_back(without_blanks(name));
		}
		for (const core::Change &difference : differences)
			if (is_whole(difference) && is_named(difference.object()))
				roots_.push_back(difference.object().root);
	}
	bool operator()(const core::Object &object) const
	{
		return all_ || is_named(object) || std::find(roots_.begin(), roots_.end(), object.root) != roots_.end();
	}

private:
	static std::string without_blanks(std::string text)
	{
		std::erase(text, ' ');
		return text;
	}
	bool is_named(const core::Object &object) const
	{
		return std::find(names_.begin(), names_.end(), without_blanks(object.identity)) != names_.end();
	}
	bool all_ = false;
	std::vector<std::string> names_, roots_;
};

std::string what_became_of(const core::Change &difference)
{
	const core::Object &object = difference.object();
	return object.kind + " " + object.identity + (!difference.before ? " is left" : !difference.after ? " is gone" : " is not what it was");
}

/* What a script that somebody has written has done beside taking the migration back is theirs to know, whatever they accept. */
void tell_beside(const Speaker &speaker, const std::vector<core::Change> &effect, const std::vector<core::Change> &way_back)
{
	for (const core::Change &change : core::done_beside(effect, way_back))
		warn(speaker, what_became_of(change) + ", which the migration has not touched");
}

} // namespace

void refuse_inexact(const Speaker &speaker, const std::vector<core::Change> &differences,
					const std::vector<std::string> &accept, bool derived)
{
	const Accepted accepted(differences, accept);
	std::vector<core::Change> refused;
	for (const core::Change &difference : differences) {
		const core::Object &object = difference.object();
		if (accepted(object) && speaker.direction == "up")
			say(speaker, "after the way back " + what_became_of(difference) + ", as accepted");
		else if (accepted(object))
			warn(speaker, what_became_of(difference) + ", as accepted");
		else
			refused.push_back(difference);
	}
	if (refused.empty())
		return;
	/* A table, rather than its columns. */
	const auto whole = std::find_if(refused.begin(), refused.end(), is_whole);
	const core::Object &first = (whole == refused.end() ? refused.front() : *whole).object();
	if (derived)
		throw Error(sqlstate::no_way_back,
					"the way back of migration " + speaker.version + ", which was derived, does not restore " + first.kind + " " +
						first.identity,
					core::render(refused), "Write a down script, or accept what is left by name: accept => '{" + first.identity + "}'");
	throw Error(sqlstate::no_way_back,
				"the down script of migration " + speaker.version + " does not restore " + first.kind + " " + first.identity,
				core::render(refused),
				"Mend the down script, or accept what it leaves behind by name: -- surefoot: accept=" + first.identity);
}

std::vector<std::string> accepted_by(const history::Migration &migration, const history::Run &run)
{
	std::vector<std::string> accept = run.accept;
	for (const std::optional<std::string> &text : {std::optional(migration.up), migration.down})
		if (text) {
			const std::vector<std::string> more = Script(*text).directives().accept;
			accept.insert(accept.end(), more.begin(), more.end());
		}
	return accept;
}

namespace {

/* Of another database, where the same numbers are other objects'. */
void forget_addresses(std::vector<core::Change> &changes)
{
	for (core::Change &change : changes)
		for (std::optional<core::Object> *side : {&change.before, &change.after})
			if (*side)
				(*side)->address.clear();
}

std::vector<core::Object> dropped_by(const std::vector<core::Change> &changes)
{
	std::vector<core::Object> dropped;
	for (const core::Change &change : changes)
		if (change.before && !change.after)
			dropped.push_back(*change.before);
	return dropped;
}

/* What others have lost by a derived way back counts as left behind by it, but for what had no meaning without a column that goes. */
void add_taken_along(const Speaker &speaker, const std::vector<core::Change> &effect, const std::vector<core::Change> &way_back,
					 std::vector<core::Change> &differences)
{
	for (core::Change &taken : core::taken_along(effect, way_back)) {
		const core::Object &object = *taken.before;
		if (core::hung_on_gone_alone(object, way_back))
			warn(speaker, object.kind + " " + object.identity + ", which others have made on what the migration had added, is gone with it");
		else
			differences.push_back(std::move(taken));
	}
}

} // namespace

void refuse_strangers_now(const Speaker &speaker, const history::Migration &migration, const std::vector<std::string> &accept)
{
	std::vector<core::Object> made;
	std::vector<core::Change> changes;
	{
		Internal internal;
		if (const std::optional<int64> up = history::last_run(migration.version, "up"))
			made = history::made_by(*up, PG_INT64_MAX);
	}
	for (const core::Object &object : made)
		changes.push_back({object, std::nullopt});
	const core::Objects now = definitions_now(changes);
	history::Run run;
	run.accept = accept;
	refuse_strangers(speaker, made, {now.begin(), now.end()}, accepted_by(migration, run));
}

void conclude(const Speaker &speaker, const history::Migration &migration, const history::Run &run,
			  const std::vector<core::Change> *fresh)
{
	const char *from = "registered,reverted,applied,queued,running,reverting,failed,orphaned";
	if (run.direction == "up") {
		raise_failures(migration.version, fresh ? check_fresh(migration, run.role, *fresh) : validate(migration, run.id));
		Internal internal;
		history::set_state(migration.version, from, "applied", run.id);
		if (!fresh)
			history::set_run_state(run.id, "done", true);
	} else {
		std::optional<int64> up;
		std::vector<core::Change> effect;
		std::vector<core::Object> made;
		{
			Internal internal;
			up = history::last_run(migration.version, "up");
			if (up && migration.derived)
				made = history::made_by(*up, run.id);
			if (up)
				effect = history::effect(*up);
			if (up && !history::get_run(*up)->here)
				forget_addresses(effect);
		}
		std::vector<core::Change> way_back;
		if (!fresh) {
			Internal internal;
			way_back = history::effect(run.id);
		}
		const std::vector<core::Change> &done = fresh ? *fresh : way_back;
		refuse_strangers(speaker, made, dropped_by(done), accepted_by(migration, run));
		std::vector<core::Change> differences = left_behind(speaker, effect, done);
		if (migration.derived)
			add_taken_along(speaker, effect, done, differences);
		refuse_inexact(speaker, differences, accepted_by(migration, run), migration.derived);
		if (!migration.derived)
			tell_beside(speaker, effect, done);
		Internal internal;
		if (up)
			history::set_run_state(*up, "undone", true);
		history::set_state(migration.version, from, "reverted", run.id);
		if (!fresh)
			history::set_run_state(run.id, "done", true);
		unmark_kept();
	}
	if (!fresh || run.direction == "down") {
		Internal internal;
		history::forget_carried(migration.version);
	}
	say_with_next(speaker, run.direction == "up" ? "applied" : "reverted");
	if (run.direction == "up" && (migration.state == "reverted" || !fresh))
		if (const std::string words = offer(migration.version); !words.empty())
			say(speaker, words);
}

} // namespace surefoot

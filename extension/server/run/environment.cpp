#include "server/run/environment.hpp"

#include "server/compat.hpp"
#include "server/settings.hpp"
#include "server/spi.hpp"

namespace surefoot {

namespace {

/* What decides how names are looked up, how literals are read and where and how new objects are made. */
constexpr const char *essential[] = {
	"search_path",			"TimeZone",			   "DateStyle",			  "IntervalStyle",
	"default_tablespace",	"temp_tablespaces",	   "default_table_access_method", "default_toast_compression",
	"check_function_bodies", "quote_all_identifiers", "xmloption",		   "standard_conforming_strings",
	"array_nulls",			"bytea_output",		   "row_security",		  "createrole_self_grant",
};

/* Set by us around steps, or without meaning in another process. */
constexpr const char *excluded = "lock_timeout,deadlock_timeout,application_name,client_encoding,client_min_messages,session_authorization,"
								 "role,is_superuser,seed,transaction_isolation,transaction_read_only,"
								 "transaction_deferrable,default_transaction_isolation,default_transaction_read_only,default_transaction_deferrable,in_hot_standby,transaction_timeout,"
								 "idle_in_transaction_session_timeout,log_min_messages";

/*
 * Settings of extensions and of the user's own invention: what was SET since the GUC level began, all for 0. A session may hold
 * secrets in them, which are not for the history.
 */
void add_custom_settings(std::vector<std::string> &settings, int level)
{
	int count = 0;
	config_generic **all = pg_call([&count] { return compat::all_settings(&count); });
	for (int i = 0; i < count; i++) {
		const config_generic *setting = all[i];
		if (strchr(setting->name, '.') == nullptr || strncmp(setting->name, "surefoot.", 9) == 0 ||
			(setting->source != PGC_S_SESSION && setting->source != PGC_S_CLIENT))
			continue;
		if (level > 0 && (setting->stack == nullptr || setting->stack->nest_level < level))
			continue;
		if (const char *value = pg_call([setting] { return GetConfigOption(setting->name, true, false); })) {
			settings.emplace_back(setting->name);
			settings.emplace_back(value);
		}
	}
}

} // namespace

std::vector<std::string> essential_settings()
{
	std::vector<std::string> settings;
	for (const char *name : essential) {
		const char *value = pg_call([name] { return GetConfigOption(name, true, false); });
		if (value != nullptr) {
			settings.emplace_back(name);
			settings.emplace_back(value);
		}
	}
	return settings;
}

std::vector<std::string> session_settings(int level)
{
	static Query query("SELECT name, current_setting(name) FROM pg_settings WHERE source IN ('session', 'client') "
					   "AND (strpos(name, '.') = 0 OR starts_with(name, 'surefoot.')) AND name <> ALL (string_to_array($1, ',')) ORDER BY name",
					   {TEXTOID});
	/* Read before Internal pins search_path and switches the user, which would be taken for the script's. */
	std::vector<std::string> settings = essential_settings();
	const Oid role_id = GetUserId();
	const std::string role = pg_call([role_id] { return GetUserNameFromId(role_id, false); });
	const int lock_timeout = LockTimeout;
	{
		Internal internal;
		const Rows rows = query.run({excluded});
		for (size_t i = 0; i < rows.size(); i++)
			if (rows.text(i, 0) != "search_path") {
				settings.push_back(rows.text(i, 0));
				settings.push_back(rows.text(i, 1));
			}
	}
	add_custom_settings(settings, level);
	/* Other than ours, it is the script's own. */
	if (lock_timeout != settings::lock_timeout) {
		settings.push_back("lock_timeout");
		settings.push_back(std::to_string(lock_timeout));
	}
	/* Last, because the new role may not be allowed to set what comes before. */
	settings.push_back("role");
	settings.push_back(role);
	return settings;
}

void apply_settings(const std::vector<std::string> &settings, Scope scope)
{
	const GucAction action = scope == Scope::session ? GUC_ACTION_SET : GUC_ACTION_SAVE;
	/* The role of the step before may not be allowed to set what the session is. */
	if (scope == Scope::session)
		pg_call([] { (void)set_config_option("role", "none", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SET, true, 0, false); });
	for (size_t i = 0; i + 1 < settings.size(); i += 2) {
		const char *name = settings[i].c_str(), *value = settings[i + 1].c_str();
		pg_call([name, value, action] {
			/* A setting that this server does not have any more cannot matter to it; one of the user's own exists once it is set. */
			if (GetConfigOption(name, true, false) != nullptr || strchr(name, '.') != nullptr)
				(void)set_config_option(name, value, superuser() ? PGC_SUSET : PGC_USERSET, PGC_S_SESSION, action, true, 0,
										false);
		});
	}
}

namespace {

/* statement_timeout when the script began: a value other than this one is the script's own. */
int baseline_statement_timeout = 0;

/* Whether statement_timeout was SET in this session, and not taken from a role's, a database's or the server's defaults. */
bool session_set_statement_timeout()
{
	static Query query("SELECT source = 'session' FROM pg_settings WHERE name = 'statement_timeout'", {});
	Internal internal;
	return query.run().flag(0, 0);
}

void set_for_script(const char *name, const char *value, GucContext as = PGC_USERSET)
{
	pg_call([name, value, as] {
		(void)set_config_option(name, value, as, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	});
}

} // namespace

ScriptEnvironment::ScriptEnvironment()
	: guc_level_(NewGUCNestLevel()), exceptions_(std::uncaught_exceptions()), outer_baseline_(baseline_statement_timeout)
{
	if (StatementTimeout > 0 && !session_set_statement_timeout()) {
		/* The timer of the client's statement, in which this runs, was armed with the default. */
		disable_timeout(STATEMENT_TIMEOUT, false);
		set_for_script("statement_timeout", "0");
	}
	baseline_statement_timeout = StatementTimeout;
	set_for_script("lock_timeout", std::to_string(settings::lock_timeout).c_str());
	/* An autovacuum gives way to whoever has waited for deadlock_timeout, which nobody does who gives up before. */
	if (DeadlockTimeout >= settings::lock_timeout)
		set_for_script("deadlock_timeout", std::to_string(std::max(1, settings::lock_timeout / 2)).c_str(), PGC_SUSET);
}

ScriptEnvironment::~ScriptEnvironment()
{
	baseline_statement_timeout = outer_baseline_;
	/* After an error the rollback of the (sub)transaction restores what was SET. */
	if (std::uncaught_exceptions() > exceptions_)
		return;
	AtEOXact_GUC(false, guc_level_);
}

StatementClock::StatementClock() : armed_(StatementTimeout > 0 && StatementTimeout != baseline_statement_timeout)
{
	if (armed_)
		enable_timeout_after(STATEMENT_TIMEOUT, StatementTimeout);
}

StatementClock::~StatementClock()
{
	if (armed_)
		disable_timeout(STATEMENT_TIMEOUT, false);
}

} // namespace surefoot

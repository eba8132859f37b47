#include "server/reverse/chosen.hpp"

#include "server/plan/foreseen.hpp"
#include "server/reverse/derive.hpp"
#include "server/run/environment.hpp"
#include "server/run/role_fence.hpp"

namespace surefoot {

namespace {

std::string quote(const std::string &literal)
{
	const char *text = literal.c_str();
	return pg_call([text] { return quote_literal_cstr(text); });
}

} // namespace

void find_way_back(history::Migration &migration)
{
	if (migration.down)
		return;
	const std::optional<int64> up = history::last_run(migration.version, "up");
	std::optional<history::Derived> derived = up ? history::derived(*up) : std::nullopt;
	if (!derived && up)
		derived = draft(history::effect(*up), unrecorded(Script(migration.up)));
	if (!derived)
		throw Error(sqlstate::no_way_back, "migration " + migration.version + " has no down script",
					"Its way back is derived from what it changes, when it is applied.");
	migration.down = derived->script;
	migration.derived = true;
}

std::optional<history::Derived> choose_way_back(history::Migration &migration, bool applied, const std::vector<std::string> &settings,
												const std::string &role, const std::vector<std::string> &accept)
{
	if (migration.down)
		return std::nullopt;
	std::optional<history::Derived> derived;
	std::vector<core::Change> effect;
	std::optional<int64> stopped;
	{
		Internal internal;
		const std::optional<int64> up = history::last_run(migration.version, "up");
		if (up && applied)
			derived = history::derived(*up);
		if (!applied)
			stopped = up;
		if (up && !derived)
			effect = history::effect(*up);
	}
	/* As it was when it was applied: nothing that a trial could tell. */
	if (!derived && applied && is_one_new_object(effect))
		derived = draft(effect, unrecorded(Script(migration.up)));
	if (!derived) {
		ScriptEnvironment environment;
		apply_settings(settings, Scope::level);
		RoleFence fence(role_named(role));
		derived = derive_now({migration.version, "down", 0, false}, effect, unrecorded(Script(migration.up)), stopped);
	}
	if (derived->way_back == core::name_of(core::WayBack::none) && accept.empty())
		throw Error(sqlstate::no_way_back, "migration " + migration.version + " has no way back", derived->reason,
					"Write a down script and register it: SELECT " + function_prefix() + "migrate_register('" + migration.version +
						"', " + quote(migration.name) + ", 'up script', 'down script');");
	migration.down = derived->script;
	migration.derived = true;
	return derived;
}

void use_derived(history::Migration &migration, const history::Run &run)
{
	if (migration.down || run.direction == "up")
		return;
	Internal internal;
	if (const std::optional<history::Derived> derived = history::derived(run.id)) {
		migration.down = derived->script;
		migration.derived = true;
	}
}

std::string inverse_text(const std::string &version)
{
	history::Migration migration;
	std::optional<int64> up;
	std::optional<history::Derived> derived;
	std::vector<core::Change> effect;
	{
		Internal internal;
		migration = history::get(history::number_of(version));
		up = history::last_run(migration.version, "up");
		if (up)
			derived = history::derived(*up);
		if (up && !derived)
			effect = history::effect(*up);
	}
	if (!up)
		throw Error(sqlstate::no_way_back, "migration " + migration.version + " was not applied",
					"Its way back is derived from what it changes, when it is applied.");
	const bool known = derived.has_value() || is_one_new_object(effect);
	if (!derived)
		derived = draft(effect, unrecorded(Script(migration.up)));
	std::string text = "-- " + migration.version + ", the way back as it was derived from what was changed" +
					   (known ? ": " + derived->way_back : "; not tried") + "\n";
	for (size_t at = 0; at < derived->reason.size();) {
		const size_t end = std::min(derived->reason.find('\n', at), derived->reason.size());
		text.append("-- ").append(derived->reason, at, end - at).append("\n");
		at = end + 1;
	}
	return text + derived->script;
}

} // namespace surefoot

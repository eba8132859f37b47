#include "server/drift/watch.hpp"

#include "server/record/recorder.hpp"
#include "server/spi.hpp"

extern "C" {
#include "commands/event_trigger.h"
#include "tcop/cmdtag.h"
}

namespace surefoot {

bool is_own_doing()
{
	return Recorder::is_at_work() || (MyBgworkerEntry != nullptr && strcmp(MyBgworkerEntry->bgw_library_name, "surefoot") == 0);
}

namespace {

/* Of what belongs to a table, the table is what its definition is found by. */
void note_commands(const std::string &command)
{
	static Query query("INSERT INTO surefoot.foreign_ddl (session_role, role, client_addr, application, command, kind, identity, root) "
					   "SELECT SESSION_USER, $1, inet_client_addr(), $2, $3, c.object_type, c.object_identity, "
					   "surefoot.root(c.classid::regclass, c.objid) FROM pg_event_trigger_ddl_commands() c "
					   "WHERE NOT c.in_extension AND c.schema_name IS DISTINCT FROM 'pg_temp'",
					   {TEXTOID, TEXTOID, TEXTOID});
	const std::string role = pg_call([] { return GetUserNameFromId(GetUserId(), false); });
	Internal internal;
	query.run({role, application_name, command});
}

void note_drops(const std::string &command)
{
	static Query query("INSERT INTO surefoot.foreign_ddl (session_role, role, client_addr, application, command, kind, identity) "
					   "SELECT SESSION_USER, $1, inet_client_addr(), $2, $3, d.object_type, d.object_identity "
					   "FROM pg_event_trigger_dropped_objects() d WHERE (d.original OR d.normal) AND NOT d.is_temporary "
					   "AND d.object_type <> ALL (ARRAY['default value', 'type', 'toast table'])",
					   {TEXTOID, TEXTOID, TEXTOID});
	const std::string role = pg_call([] { return GetUserNameFromId(GetUserId(), false); });
	Internal internal;
	query.run({role, application_name, command});
}

} // namespace

} // namespace surefoot

using namespace surefoot;

/* surefoot.note_ddl(): the event triggers' function */
SUREFOOT_FUNCTION(surefoot_note_ddl)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		throw Error("39P03", "surefoot.note_ddl() can only be called by an event trigger");
	const EventTriggerData *event = reinterpret_cast<EventTriggerData *>(fcinfo->context);
	if (is_own_doing())
		return static_cast<Datum>(0);
	const std::string command = GetCommandTagName(event->tag);
	const bool drops = strcmp(event->event, "sql_drop") == 0;
	try {
		in_subtransaction([&] { drops ? note_drops(command) : note_commands(command); });
	} catch (const Error &error) {
		/* Whoever wants to stop the statement shall; nothing else of ours may. */
		if (error.sqlstate.starts_with("57"))
			throw;
		const char *message = error.message.c_str();
		pg_call([message] { ereport(LOG, (errmsg("surefoot could not note a change: %s", message))); });
	}
	return static_cast<Datum>(0);
}

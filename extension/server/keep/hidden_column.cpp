#include "server/keep/hidden_column.hpp"

#include "core/sql_text.hpp"
#include "server/catalog/definitions.hpp"
#include "server/keep/kept_mark.hpp"
#include "server/keep/kept_owner.hpp"
#include "server/record/recorder.hpp"
#include "server/settings.hpp"
#include "server/spi.hpp"
#include "server/text_query.hpp"

extern "C" {
#include "utils/lsyscache.h"
}

namespace surefoot {

std::string hide_column(const Speaker &speaker, const ObjectAddress &address, const std::string &column, const Dropped &dropped)
{
	static Query insert("INSERT INTO surefoot.archive (run, version, direction, kind, name, owner, rows, bytes, purge_after, owner_oid, system_identifier) "
						"SELECT $1, $2, $3, 'hidden', $4, pg_get_userbyid(c.relowner), greatest(c.reltuples, 0)::bigint, 0, "
						"clock_timestamp() + make_interval(secs => $6), c.relowner, $7::numeric FROM pg_class c WHERE c.oid = $5",
						{INT8OID, TEXTOID, TEXTOID, TEXTOID, OIDOID, INT4OID, TEXTOID});
	const std::string hidden =
		std::string(catalog::hidden_prefix) + std::to_string(speaker.run) + "_" + std::to_string(static_cast<int>(address.objectSubId));
	const char *name = hidden.c_str();
	/* It is the table's own business, and no effect of the migration's: definitions are what they are without it. */
	const Recorder::Pause unrecorded;
	pg_call([&] { revive(address.objectId, static_cast<AttrNumber>(address.objectSubId), name, dropped.type, dropped.missing); });
	(void)insert.run({speaker.run, speaker.version, speaker.direction, column, Value::datum(ObjectIdGetDatum(address.objectId)), settings::keep_for, system_identifier()});
	mark_kept();
	return hidden;
}

bool show_column(int64 run, const Named &named, const std::string &column, const std::string &hidden, Oid type)
{
	static Query forget("DELETE FROM surefoot.archive WHERE run = $1 AND kind = 'hidden' AND name = $2", {INT8OID, TEXTOID});
	const char *name = hidden.c_str();
	if (!pg_call([&] {
			const AttrNumber number = get_attnum(named.table, name);
			return number != InvalidAttrNumber && get_atttype(named.table, number) == type;
		}))
		return false;
	(void)run_with_texts("ALTER TABLE " + core::without_last_part(column) + " RENAME COLUMN " + hidden + " TO " + core::last_part(column), {});
	const Internal internal;
	(void)forget.run({run, column});
	return true;
}

void drop_hidden_column(int64 run, const std::string &column)
{
	/* By the table's number, or, in a database that was restored from a dump, by its name. */
	static Query find("SELECT format('%I.%I', n.nspname, c.relname), a.attname, c.oid, a.attnum FROM surefoot.dropped_column d "
					  "JOIN pg_attribute a ON a.attname = d.hidden AND NOT a.attisdropped AND a.attrelid IN (d.relation, to_regclass($3)) "
					  "JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE d.run = $1 AND d.name = $2",
					  {INT8OID, TEXTOID, TEXTOID});
	/* What is in the rows may still come back, as that of any dropped column, until they are written. */
	static Query note("UPDATE surefoot.dropped_column d SET hidden = NULL WHERE d.run = $1 AND d.name = $2",
					  {INT8OID, TEXTOID});
	const Recorder::Pause unrecorded;
	const Internal internal;
	const Rows found = find.run({run, column, core::without_last_part(column)});
	if (found.empty())
		return;
	(void)run_with_texts("ALTER TABLE " + found.text(0, 0) + " DROP COLUMN " + found.text(0, 1), {});
	(void)note.run({run, column});
}

} // namespace surefoot

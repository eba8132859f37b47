#include "server/compat.hpp"
#include "server/internal.hpp"
#include "server/keep/dropped_column.hpp"
#include "server/keep/restore.hpp"
#include "server/run/gate.hpp"
#include "server/text_query.hpp"

extern "C" {
#include "access/transam.h"
#include "parser/parse_coerce.h"
#include "parser/parse_type.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"
}

namespace surefoot {

namespace {

/* The server's own types are compared by their own "="; of others nobody knows where it is, and some have none. */
bool has_equality(Oid type)
{
	const Oid base = getBaseType(type);
	return base < FirstNormalObjectId && OidIsValid(lookup_type_cache(base, TYPECACHE_EQ_OPR)->eq_opr);
}

/* FROM and WHERE of the values; nullptr when no cast leads there: what becomes of them then has been told when the way back was derived. */
const char *changed_values(const Named &named, const char *type_text)
{
	Oid type;
	int32 modifier;
	compat::parse_type(type_text, &type, &modifier);
	Oid is;
	int32 is_modifier;
	Oid collation;
	const AttrNumber number = get_attnum(named.table, named.column);
	if (number <= 0)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("column %s of table %s is not there", named.column, get_rel_name(named.table))));
	get_atttypetypmodcoll(named.table, number, &is, &is_modifier, &collation);
	if (!can_coerce_type(1, &is, &type, COERCION_EXPLICIT))
		return nullptr;
	const auto name_of = [](Oid id, int32 typmod) { return format_type_extended(id, typmod, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY); };
	const char *value = quote_identifier(named.column), *cast = psprintf("%s::%s", value, name_of(type, modifier));
	if (can_coerce_type(1, &type, &is, COERCION_EXPLICIT))
		cast = psprintf("%s::%s", cast, name_of(is, is_modifier));
	else
		is = InvalidOid;
	const char *as_text = OidIsValid(is) && has_equality(is) ? "" : "::pg_catalog.text";
	return psprintf("FROM %s WHERE (%s)%s IS DISTINCT FROM %s%s",
					quote_qualified_identifier(get_namespace_name(get_rel_namespace(named.table)), get_rel_name(named.table)), cast, as_text, value, as_text);
}

} // namespace

int64 check_cast(const std::string &version, const std::string &column, const std::string &type, bool accept)
{
	check_isolation();
	const PinnedPath path;
	/* Where that hides rows it fails. */
	pg_call([] { (void)set_config_option("row_security", "off", PGC_SUSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false); });
	const Named named = lock_table_of(column);
	const char *text = type.c_str();
	const char *values = pg_call([&named, text] { return changed_values(named, text); });
	const int64 changed = values ? std::stoll(*run_with_texts(std::string("SELECT pg_catalog.count(*) ") + values, {})[0][0]) : 0;
	if (changed > 0 && !accept)
		throw Error(sqlstate::rows_changed,
					std::to_string(changed) + (changed == 1 ? " value of column " : " values of column ") + column + " would not stay what " +
						(changed == 1 ? "it is as " : "they are as ") + type,
					"That was its type before migration " + version + ". What does not fit it is cut off, rounded or changed otherwise. To see what: SELECT * " + values,
					"Nothing was changed. To have that done: SELECT " + function_prefix() + "migrate_revert('" + version + "', accept => '{conflicts}');");
	return changed;
}

} // namespace surefoot

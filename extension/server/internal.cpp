#include "server/internal.hpp"

#include "server/compat.hpp"

namespace surefoot {

namespace {

struct Found {
	Oid oid, owner, schema;
	char version[64];
	bool found;
};

Found look_up()
{
	Found result = {};
	Relation relation = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ, CStringGetDatum("surefoot"));
	SysScanDesc scan = systable_beginscan(relation, ExtensionNameIndexId, true, nullptr, 1, &key);
	HeapTuple tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple)) {
		Form_pg_extension form = (Form_pg_extension)GETSTRUCT(tuple);
		bool isnull;
		Datum version = heap_getattr(tuple, Anum_pg_extension_extversion, RelationGetDescr(relation), &isnull);
		result.oid = form->oid;
		result.owner = form->extowner;
		result.schema = form->extnamespace;
		strlcpy(result.version, isnull ? "" : TextDatumGetCString(version), sizeof(result.version));
		result.found = true;
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return result;
}

void pin_path()
{
	(void)set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0,
							false);
}

} // namespace

const Extension &extension()
{
	/* Looked up once a transaction: nobody drops or moves it while we hold a lock on it, or soon finds out. */
	static Extension known;
	static VirtualTransactionId known_in = {};
	const VirtualTransactionId here = compat::own_virtual_transaction();
	if (VirtualTransactionIdIsValid(here) && VirtualTransactionIdEquals(here, known_in))
		return known;
	known_in = {};
	const Found found = pg_call([] { return look_up(); });
	if (!found.found)
		throw Error(unpack_sql_state(ERRCODE_UNDEFINED_OBJECT), "extension \"surefoot\" is not installed in this database",
					"", "CREATE EXTENSION surefoot;");
	known = {found.oid, found.owner, found.schema, found.version};
	known_in = here;
	return known;
}

std::string function_prefix()
{
	const Oid schema = extension().schema;
	const char *prefix = pg_call([schema]() -> const char * {
		List *path = fetch_search_path(false);
		const bool visible = list_member_oid(path, schema);
		list_free(path);
		return visible ? "" : psprintf("%s.", quote_identifier(get_namespace_name(schema)));
	});
	return prefix;
}

Internal::Internal() : exceptions_(std::uncaught_exceptions())
{
	const Oid owner = extension().owner;
	GetUserIdAndSecContext(&user_, &security_);
	guc_level_ = NewGUCNestLevel();
	SetUserIdAndSecContext(owner, security_ | SECURITY_LOCAL_USERID_CHANGE);
	pg_call([] { pin_path(); });
}

Internal::~Internal()
{
	if (std::uncaught_exceptions() > exceptions_)
		return;
	AtEOXact_GUC(false, guc_level_);
	SetUserIdAndSecContext(user_, security_);
}

PinnedPath::PinnedPath() : guc_level_(NewGUCNestLevel()), exceptions_(std::uncaught_exceptions())
{
	pg_call([] { pin_path(); });
}

PinnedPath::~PinnedPath()
{
	if (std::uncaught_exceptions() > exceptions_)
		return;
	AtEOXact_GUC(false, guc_level_);
}

} // namespace surefoot

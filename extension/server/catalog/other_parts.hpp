/* What hangs on the rarer kinds of objects, and the scan that finds it. */
#pragma once

#include "server/catalog/reading.hpp"

namespace surefoot::catalog {

/* The rows of a catalog, all of them or those of one key; catalogs of rare kinds are small. */
class CatalogScan {
public:
	explicit CatalogScan(Oid catalog);
	CatalogScan(Oid catalog, Oid index, AttrNumber key, Oid value);
	~CatalogScan();
	CatalogScan(const CatalogScan &) = delete;
	CatalogScan &operator=(const CatalogScan &) = delete;

	const Rows &rows() const { return rows_; }
	TupleDesc descriptor() const { return RelationGetDescr(relation_); }

private:
	Relation relation_;
	Rows rows_;
	int exceptions_;
};

void read_family_members(Reading &reading, Oid family);
void read_token_mappings(Reading &reading, Oid configuration);
void read_publication_members(Reading &reading, Oid publication);
/* Whether the rows of a member are dumped although it is the extension's (pg_extension_config_dump). */
bool dumps_rows(Oid extension, Oid relation);
/* Members of an extension have no definition of their own, but what was granted on them since is not the extension's. */
void read_member_grants(Reading &reading, Oid extension);

} // namespace surefoot::catalog

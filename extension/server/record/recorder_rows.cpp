/* What the recorder knows of rows: which tables were written, and which of those had rows before. */
#include "server/record/recorder.hpp"

#include "server/compat.hpp"
#include "server/plan/relation_size.hpp"

extern "C" {
#include "catalog/namespace.h"
}

namespace surefoot {

void Recorder::will_write(Oid table)
{
	if (OidIsValid(table) && !is_reading() && !sizes_.contains(table))
		sizes_.emplace(table, table_pages(table) * BLCKSZ);
}

std::optional<int64> Recorder::size_before(Oid table) const
{
	const auto found = sizes_.find(table);
	return found == sizes_.end() ? std::nullopt : std::optional(found->second);
}

void Recorder::wrote_as_rows(Oid table)
{
	Recorder *recorder = active();
	if (recorder == nullptr)
		return;
	recorder->will_write(table);
	recorder->wrote(table);
}

void Recorder::wrote(Oid table)
{
	if (OidIsValid(table) && !is_reading() && pg_call([table] { return get_rel_namespace(table) == PG_CATALOG_NAMESPACE; }))
		wrote_beyond_ = true;
	if (counts(table))
		written_.insert(table);
}

/* Whether rows of it can be lost: it is not new, and nobody's but users'. */
bool Recorder::counts(Oid table) const
{
	ObjectAddress address;
	ObjectAddressSet(address, RelationRelationId, table);
	return OidIsValid(table) && !is_reading() && !created_.contains(address) && !pg_call([table] {
		const Oid schema = get_rel_namespace(table);
		return isAnyTempNamespace(schema) || schema == get_namespace_oid("surefoot", true) || schema == get_namespace_oid("surefoot_archive", true) || schema == PG_CATALOG_NAMESPACE;
	});
}

std::vector<std::string> Recorder::refills() const
{
	std::vector<std::string> statements;
	for (const Truncation &truncation : truncations)
		statements.insert(statements.end(), truncation.refills.begin(), truncation.refills.end());
	return statements;
}

std::vector<core::Loss> Recorder::written_rows(const std::string &why) const
{
	std::vector<core::Loss> losses;
	for (const Oid table : written_) {
		const char *name = pg_call([table]() -> const char * {
			const char *relation = get_rel_name(table);
			return relation ? quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)), relation) : nullptr;
		});
		if (!name)
			continue;
		std::string reason = emptied_.contains(table) ? "" : why;
		if (const std::string own = std::string("table ") + name + ": "; reason.starts_with(own))
			reason.erase(0, own.size());
		losses.push_back({core::WayBack::without_rows, "table", name, "rows of it are changed" + (reason.empty() ? "" : " (" + reason + ")")});
	}
	return losses;
}

} // namespace surefoot

#include "server/record/observation.hpp"

#include "server/compat.hpp"
#include "server/spi.hpp"

extern "C" {
#include "executor/instrument.h"
#include "storage/lock.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
}

namespace surefoot {

namespace {

int64 counter(PGFunction function, Oid relation)
{
	return DatumGetInt64(DirectFunctionCall1(function, ObjectIdGetDatum(relation)));
}

/* A relation that others see and that holds rows, or shows some. */
bool is_worth_telling(Oid relation)
{
	switch (get_rel_relkind(relation)) {
	case RELKIND_RELATION:
	case RELKIND_PARTITIONED_TABLE:
	case RELKIND_MATVIEW:
	case RELKIND_VIEW:
	case RELKIND_FOREIGN_TABLE:
		break;
	default:
		return false;
	}
	const char *schema = get_namespace_name(get_rel_namespace(relation));
	return get_rel_persistence(relation) != RELPERSISTENCE_TEMP && schema != nullptr && strcmp(schema, "surefoot") != 0 && strcmp(schema, "surefoot_archive") != 0;
}

/* Its file, and whether this transaction made it, or gave it the file. */
struct Storage {
	Oid file;
	bool made_here, new_here;
};

Storage storage_of(Oid id)
{
	Relation relation = RelationIdGetRelation(id);
	if (!RelationIsValid(relation))
		return {InvalidOid, false, false};
	const Storage result = {compat::storage_number(relation), relation->rd_createSubid != InvalidSubTransactionId,
							compat::has_new_storage(relation)};
	RelationClose(relation);
	return result;
}

LOCKMODE strongest(LOCKMASK modes)
{
	for (LOCKMODE mode = AccessExclusiveLock; mode > AccessShareLock; mode--)
		if (modes & LOCKBIT_ON(mode))
			return mode;
	return NoLock;
}

void merge(std::vector<std::string> &names, const std::vector<std::string> &more)
{
	for (const std::string &name : more)
		if (std::find(names.begin(), names.end(), name) == names.end())
			names.push_back(name);
}

} // namespace

const std::string &Observer::name_of(Oid relation)
{
	if (const auto known = names_.find(relation); known != names_.end())
		return known->second;
	const char *name = pg_call([relation] {
		return is_worth_telling(relation)
				   ? quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), get_rel_name(relation))
				   : nullptr;
	});
	return names_.emplace(relation, name ? name : "").first->second;
}

std::map<Oid, Observer::Seen> Observer::look()
{
	std::map<Oid, Seen> result;
	LockData *all = pg_call([] { return GetLockStatusData(); });
	for (int i = 0; i < all->nelements; i++) {
		const LockInstanceData &lock = all->locks[i];
		const Oid relation = lock.locktag.locktag_field2;
		if (lock.pid == MyProcPid && lock.locktag.locktag_type == LOCKTAG_RELATION &&
			lock.locktag.locktag_field1 == MyDatabaseId && relation >= FirstNormalObjectId)
			result[relation].modes |= lock.holdMask;
	}
	/* A server may have many, and a script many statements. */
	pg_call([all] { pfree(all->locks); });
	for (auto &[relation, seen] : result) {
		if (name_of(relation).empty())
			continue;
		const Oid id = relation;
		Seen *const into = &seen;
		pg_call([id, into] {
			into->file = storage_of(id).file;
			into->scans = counter(pg_stat_get_xact_numscans, id);
			into->read = counter(pg_stat_get_xact_tuples_returned, id);
			into->inserted = counter(pg_stat_get_xact_tuples_inserted, id);
			into->updated = counter(pg_stat_get_xact_tuples_updated, id);
			into->deleted = counter(pg_stat_get_xact_tuples_deleted, id);
		});
	}
	return result;
}

Observer::Observer()
{
	/* Of earlier transactions: statistics are not reported each time. */
	static Query query("SELECT oid, pg_stat_get_xact_numscans(oid), pg_stat_get_xact_tuples_returned(oid), pg_stat_get_xact_tuples_inserted(oid), "
					   "pg_stat_get_xact_tuples_updated(oid), pg_stat_get_xact_tuples_deleted(oid) FROM pg_class WHERE oid >= 16384 "
					   "AND relkind IN ('r', 'm', 'p') AND (pg_stat_get_xact_numscans(oid) > 0 OR pg_stat_get_xact_tuples_inserted(oid) > 0 "
					   "OR pg_stat_get_xact_tuples_updated(oid) > 0 OR pg_stat_get_xact_tuples_deleted(oid) > 0)",
					   {});
	Internal internal;
	const Rows rows = query.run();
	for (size_t i = 0; i < rows.size(); i++) {
		Seen &seen = counted_[static_cast<Oid>(rows.number(i, 0))];
		seen.scans = rows.number(i, 1);
		seen.read = rows.number(i, 2);
		seen.inserted = rows.number(i, 3);
		seen.updated = rows.number(i, 4);
		seen.deleted = rows.number(i, 5);
	}
}

void Observer::prepare(const std::vector<LockedTable> &named)
{
	for (const LockedTable &locked : named)
		if (OidIsValid(locked.table.id))
			(void)name_of(locked.table.id);
	locked_.clear();
	for (const auto &[relation, seen] : look())
		locked_[relation] = seen.modes;
}

void Observer::begin()
{
	before_ = look();
	for (auto &[relation, seen] : before_)
		seen.is_new = false;
	wal_ = pgWalUsage.wal_bytes;
	started_ = GetCurrentTimestamp();
}

Observation Observer::end()
{
	Observation result;
	result.microseconds = GetCurrentTimestamp() - started_;
	result.wal_bytes = static_cast<int64>(pgWalUsage.wal_bytes - wal_);
	const std::map<Oid, Seen> after = look();
	for (const auto &[relation, now] : after) {
		const std::string &name = name_of(relation);
		if (name.empty())
			continue;
		const auto known = before_.find(relation);
		Seen was = known == before_.end() ? counted_[relation] : known->second;
		was.is_new = known == before_.end();
		counted_[relation] = now;
		const Oid id = relation;
		const Storage storage = pg_call([id] { return storage_of(id); });
		WrittenRows rows{name, std::max<int64>(0, now.inserted - was.inserted), std::max<int64>(0, now.updated - was.updated),
						 std::max<int64>(0, now.deleted - was.deleted)};
		if (rows.all() > 0)
			result.written.push_back(std::move(rows));
		/* Nobody waits for what nobody knows of. */
		if (storage.made_here)
			continue;
		const auto locked = locked_.find(relation);
		const LOCKMASK held = locked == locked_.end() ? 0 : locked->second;
		if (const LOCKMODE mode = strongest(now.modes & ~held); mode != NoLock)
			result.locks[name] = mode;
		const bool new_file = was.is_new ? storage.new_here : OidIsValid(was.file) && now.file != was.file;
		if (new_file && OidIsValid(now.file))
			result.rewritten.push_back(name);
		if (now.scans > was.scans && now.read > was.read)
			result.scanned.push_back(name);
	}
	return result;
}

void add(Observation &sum, const Observation &more)
{
	for (const auto &[name, mode] : more.locks)
		sum.locks[name] = std::max(sum.locks[name], mode);
	merge(sum.rewritten, more.rewritten);
	merge(sum.scanned, more.scanned);
	for (const WrittenRows &rows : more.written) {
		const auto known = std::find_if(sum.written.begin(), sum.written.end(),
										[&rows](const WrittenRows &other) { return other.table == rows.table; });
		if (known == sum.written.end()) {
			sum.written.push_back(rows);
			continue;
		}
		known->inserted += rows.inserted;
		known->updated += rows.updated;
		known->deleted += rows.deleted;
	}
	sum.wal_bytes += more.wal_bytes;
	sum.microseconds += more.microseconds;
}

} // namespace surefoot

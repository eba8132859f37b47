#include "server/drift/drift.hpp"

#include "core/drift.hpp"
#include "core/kinds.hpp"
#include "core/object_json.hpp"
#include "server/catalog/definitions.hpp"
#include "server/reverse/derive.hpp"
#include "server/reverse/surroundings.hpp"

extern "C" {
#include "access/transam.h"
#include "catalog/pg_inherits.h"
}

namespace surefoot {

namespace {

using Name = std::pair<std::string, std::string>;

/* What a comparison needs of the history. */
struct Remembered {
	std::vector<core::Record> records;
	std::map<Name, std::string> recorded_at; /* seconds since 1970 */
	std::set<Name> known;					 /* was there already when a migration would have made it */
	std::set<std::string> created_by_others; /* roots, as far as they were watched */
};

/*
 * Every run counts that has changed something, also one that has walked back, or has stopped half way: what it recorded last is what
 * it has left.
 */
Remembered remember()
{
	static Query read_records(
		"WITH effect AS MATERIALIZED (SELECT * FROM surefoot.effect) SELECT e.kind, e.identity, e.root, e.after::text, r.version, f.before IS NULL, "
		"r.system_identifier = $1::numeric AND r.database_oid = $2, extract(epoch FROM r.started_at) "
		"FROM (SELECT kind, identity, min(run) AS first, max(run) AS last FROM effect GROUP BY kind, identity) n "
		"JOIN effect e ON e.run = n.last AND e.kind = n.kind AND e.identity = n.identity "
		"JOIN effect f ON f.run = n.first AND f.kind = n.kind AND f.identity = n.identity "
		"JOIN surefoot.run r ON r.id = e.run",
		{TEXTOID, OIDOID});
	static Query read_skipped("SELECT DISTINCT kind, identity FROM surefoot.skipped", {});
	static Query read_created("SELECT DISTINCT root FROM surefoot.foreign_ddl WHERE command LIKE 'CREATE %' AND root IS NOT NULL", {});

	Internal internal;
	Remembered result;
	const Rows rows = read_records.run({std::to_string(GetSystemIdentifier()), Value::datum(ObjectIdGetDatum(MyDatabaseId))});
	for (size_t i = 0; i < rows.size(); i++) {
		core::Record record{rows.text(i, 0), rows.text(i, 1), rows.text(i, 2), rows.text(i, 4)};
		if (!rows.is_null(i, 3))
			record.object = *core::objects_from_json("[" + rows.text(i, 3) + "]").begin();
		record.made = rows.flag(i, 5);
		record.here = rows.flag(i, 6);
		result.recorded_at[{record.kind, record.identity}] = rows.text(i, 7);
		result.records.push_back(std::move(record));
	}
	const Rows skipped = read_skipped.run();
	for (size_t i = 0; i < skipped.size(); i++)
		result.known.emplace(skipped.text(i, 0), skipped.text(i, 1));
	const Rows created = read_created.run();
	for (size_t i = 0; i < created.size(); i++)
		result.created_by_others.insert(created.text(i, 0));
	return result;
}

/* Top-level objects, each once. */
class Roots {
public:
	void add(const ObjectAddress &root)
	{
		if (OidIsValid(root.classId) && seen_.emplace(root.classId, root.objectId).second)
			all_.push_back(root);
	}
	void add_named(const std::string &text)
	{
		if (!text.empty() && texts_.insert(text).second)
			if (const std::optional<ObjectAddress> root = catalog::resolve_root(text))
				add(*root);
	}
	const std::vector<ObjectAddress> &all() const { return all_; }

private:
	std::vector<ObjectAddress> all_;
	std::set<std::pair<Oid, Oid>> seen_;
	std::set<std::string> texts_;
};

/* The partitions of a partitioned table, of all levels; the recorded ones among them. */
std::vector<ObjectAddress> partitions_of(const std::string &root)
{
	std::vector<ObjectAddress> result;
	const std::optional<ObjectAddress> table = catalog::resolve_root(root);
	if (!table)
		return result;
	const List *all = pg_call([&table] { return find_all_inheritors(table->objectId, NoLock, nullptr); });
	for (int i = 0; i < list_length(all); i++)
		if (const ObjectAddress one = catalog::root_of(RelationRelationId, list_nth_oid(all, i)); OidIsValid(one.classId))
			result.push_back(one);
	return result;
}

/* What initdb made is nobody's, although its definition can be read. */
bool is_systems_own(const core::Object &object)
{
	return catalog::address_of(object.address).objectId < FirstNormalObjectId;
}

class Comparison {
public:
	explicit Comparison(bool everything) : history_(remember())
	{
		Roots roots;
		for (const core::Record &record : history_.records)
			roots.add_named(record.root);
		for (const std::string &root : history_.created_by_others)
			roots.add_named(root);
		live_ = catalog::read_definitions(roots.all());
		read_renamed(roots);
		std::set<std::string> whole_roots = history_.created_by_others;
		const auto also = [&](const core::Objects &objects) {
			for (const core::Object &object : objects)
				if (!is_systems_own(object))
					whole_roots.insert(object.root);
			live_.add(objects);
		};
		if (everything)
			also(catalog::read_schema(std::nullopt));
		else
			for (const core::Record &record : history_.records) {
				if (!record.made || !record.object)
					continue;
				if (record.kind == "table" && record.object->field("partition by"))
					also(catalog::read_definitions(partitions_of(record.root)));
				if (record.kind == "schema")
					if (const std::optional<ObjectAddress> schema = catalog::resolve_root(record.root))
						also(catalog::read_schema(schema->objectId));
			}
		search_.emplace(std::move(history_.records), live_, history_.known, whole_roots);
	}

	const core::DriftSearch &search() const { return *search_; }
	const std::string &recorded_at(const core::Object &object) { return history_.recorded_at[{object.kind, object.identity}]; }

private:
	/* What is not there under its name may be there under another: its address in this database tells. */
	void read_renamed(Roots &roots)
	{
		std::vector<ObjectAddress> renamed;
		for (const core::Record &record : history_.records) {
			if (!record.object || !record.here || core::is_part(*record.object) || live_.find(record.kind, record.identity))
				continue;
			const ObjectAddress address = catalog::address_of(record.object->address);
			if (!OidIsValid(address.objectId))
				continue;
			const ObjectAddress root = catalog::root_of(address.classId, address.objectId);
			if (OidIsValid(root.classId))
				renamed.push_back(root);
		}
		live_.add(catalog::read_definitions(renamed));
	}

	Remembered history_;
	core::Objects live_;
	std::optional<core::DriftSearch> search_;
};

/* Nothing is run, so nobody will look again. */
class DriftSurroundings : public LiveSurroundings {
public:
	bool is_final() override { return true; }
};

std::string comments(const std::vector<core::Loss> &losses)
{
	std::string text;
	for (const core::Loss &loss : losses)
		text.append("-- ").append(sentence(loss)).append("\n");
	return text;
}

/* What the statements drop with what is in it, which no definition tells of. */
std::vector<core::Loss> contents_lost(const std::vector<const core::Drift *> &drifts, bool to_recorded)
{
	std::vector<core::Loss> losses;
	for (const core::Drift *found : drifts) {
		const std::string &whole = found->object().kind;
		if (whole.ends_with("view") || whole == "type")
			continue;
		std::set<std::string> tables;
		for (const core::Change &change : found->changes) {
			const std::optional<core::Object> &goes = to_recorded ? change.after : change.before, &stays = to_recorded ? change.before : change.after;
			if (!goes || stays)
				continue;
			if (goes->kind == "table") {
				tables.insert(goes->root);
				losses.push_back({core::WayBack::without_rows, goes->kind, goes->identity, "its rows go with it"});
			} else if (goes->kind == "column" && !tables.contains(goes->root))
				losses.push_back({core::WayBack::without_rows, goes->kind, goes->identity, "its values go with it"});
		}
	}
	return losses;
}

/* Towards one side, with what has to be known before it is run. */
core::Inverse lead(const core::DriftSearch &search, const std::vector<const core::Drift *> &drifts, bool to_recorded)
{
	DriftSurroundings surroundings;
	core::Inverse inverse = to_recorded ? search.to_recorded(drifts, surroundings) : search.to_live(drifts, surroundings);
	std::vector<core::Loss> lost = contents_lost(drifts, to_recorded);
	inverse.losses.insert(inverse.losses.begin(), std::make_move_iterator(lost.begin()), std::make_move_iterator(lost.end()));
	return inverse;
}

std::string statements_of(const core::Inverse &inverse)
{
	std::string text = comments(inverse.losses);
	for (const std::string &statement : inverse.statements)
		text.append(statement).append(";\n");
	if (!text.empty())
		text.pop_back();
	return text;
}

/* Who has done it: the newest that was seen of the object since it was recorded. */
void find_culprit(const core::Drift &found, const std::string &since, DriftRow &row)
{
	static Query query("SELECT session_role, at, command FROM surefoot.foreign_ddl WHERE (root = ANY ($1) OR identity = ANY ($2)) "
					   "AND extract(epoch FROM at) >= coalesce($3::numeric, 0) ORDER BY root IS NULL DESC, id DESC LIMIT 1",
					   {TEXTARRAYOID, TEXTARRAYOID, TEXTOID});
	std::vector<std::string> roots, identities;
	for (const std::optional<core::Object> *side : {&found.changes.front().before, &found.changes.front().after})
		if (*side) {
			roots.push_back((*side)->root);
			identities.push_back((*side)->identity);
		}
	Internal internal;
	const Rows rows = query.run({Value::array(roots), Value::array(identities), Value::or_null(since)});
	if (rows.empty())
		return;
	row.changed_by = rows.text(0, 0);
	row.changed_at = rows.text(0, 1);
	row.command = rows.text(0, 2);
}

} // namespace

std::vector<DriftRow> drift(bool everything)
{
	Comparison comparison(everything);
	std::vector<DriftRow> rows;
	for (const core::Drift &found : comparison.search().found()) {
		DriftRow row;
		row.kind = found.object().kind;
		row.identity = found.object().identity;
		row.state = core::name_of(found.state);
		row.version = found.version;
		row.difference = found.difference();
		row.to_recorded = statements_of(lead(comparison.search(), {&found}, true));
		row.to_live = statements_of(lead(comparison.search(), {&found}, false));
		find_culprit(found, comparison.recorded_at(found.object()), row);
		rows.push_back(std::move(row));
	}
	return rows;
}

std::string drift_script(const std::string &towards, bool everything)
{
	if (towards != "recorded" && towards != "live")
		throw Error("22023", "unknown direction of a drift: \"" + towards + "\"", "", "It is \"recorded\" or \"live\".");
	Comparison comparison(everything);
	std::vector<const core::Drift *> all;
	for (const core::Drift &found : comparison.search().found())
		all.push_back(&found);
	if (all.empty())
		return "-- there is no drift\n";
	const core::Inverse inverse = lead(comparison.search(), all, towards == "recorded");
	return comments(inverse.losses) + script_of(inverse.statements);
}

} // namespace surefoot

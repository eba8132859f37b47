#include "server/keep/kept_table.hpp"

#include "core/sql_text.hpp"
#include "server/catalog/definitions.hpp"
#include "server/compat.hpp"
#include "server/keep/kept_owner.hpp"
#include "server/keep/kept_texts.hpp"
#include "server/keep/keyed_table.hpp"
#include "server/spi.hpp"
#include "server/text_query.hpp"

extern "C" {
#include "mb/pg_wchar.h"
#include "utils/acl.h"
}

namespace surefoot {

namespace {

std::string quoted(const std::string &name)
{
	const char *text = name.c_str();
	return pg_call([text] { return quote_identifier(text); });
}

/* A key, or a row without one; of long values the beginning. */
std::string words_of(const Cells &cells)
{
	constexpr int most = 60;
	std::string words;
	for (const auto &cell : cells) {
		const std::string text = cell.value_or("");
		const char *start = text.c_str();
		const int length = static_cast<int>(text.size());
		words += words.empty() ? "" : ", ";
		words += length <= most ? text : text.substr(0, pg_call([=] { return pg_mbcliplen(start, length, most); })) + "...";
	}
	return "(" + words + ")";
}

} // namespace

KeptTable::KeptTable(const std::string &version, const std::string &kept_name, const char *kinds, bool retyped, const char *direction)
	: name_(strcmp(kinds, "rows") == 0 ? kept_name : core::without_last_part(kept_name))
{
	/* Locked, so that nobody purges them before they are read. */
	static Query entry("SELECT id, owner, owner_oid, system_identifier::text, purged_at IS NOT NULL, kind = 'values' FROM surefoot.archive "
					   "WHERE version = $1 AND name = $2 AND direction = $4 AND kind = ANY (string_to_array($3, ',')) ORDER BY id DESC LIMIT 1 FOR SHARE",
					   {TEXTOID, TEXTOID, TEXTOID, TEXTOID});
	static Query columns("SELECT u.c, u.t, u.c = ANY (a.key) FROM surefoot.archive a, unnest(a.columns, a.types) WITH ORDINALITY AS u(c, t, n) "
						 "WHERE a.id = $1 ORDER BY u.n",
						 {INT8OID});
	static Query data("SELECT data, after FROM surefoot.archive_row WHERE archive = $1 ORDER BY n", {INT8OID});
	static Query found("SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
					   "WHERE format('%I.%I', n.nspname, c.relname) = $1 AND c.relkind = 'r' AND c.relpersistence = 'p' "
					   "AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND NOT i.indimmediate) "
					   "AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled IN ('A', 'R')) "
					   "AND NOT EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_enabled IN ('A', 'R'))",
					   {TEXTOID});
	static Query attributes("SELECT a.attname, CASE WHEN t.typnamespace = 'pg_catalog'::regnamespace THEN t.typname ELSE format('%I.%I', n.nspname, t.typname) END, "
							"a.attgenerated <> '', a.attnum FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace n ON n.oid = t.typnamespace "
							"WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped",
							{OIDOID});
	const Oid caller = GetUserId();
	const std::string &name = name_;
	Internal internal;
	const Rows kept = entry.run({version, kept_name, kinds, direction});
	if (kept.empty())
		throw Error("42704", "migration " + version + " has kept no " + (kept_name == name ? "changed rows of table " : "values of column ") +
								 kept_name);
	require_rights_of(caller, {kept.text(0, 1), static_cast<Oid>(kept.number(0, 2)), kept.text(0, 3)}, "the rows of table " + name);
	archive_ = kept.number(0, 0);
	purged = kept.flag(0, 4);
	of_type = kept.flag(0, 5);
	if (purged)
		return;
	const Rows table = found.run({name});
	if (table.empty())
		throw Error("55000", "the rows of table " + name + " cannot be put back",
					"It is not there, or has a trigger, a rule or a deferrable key that would act while they are.");
	id_ = static_cast<Oid>(table.number(0, 0));
	const Oid id = id_;
	if (!pg_call([id, caller] {
			LockRelationOid(id, RowExclusiveLock);
			HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(id));
			if (!HeapTupleIsValid(tuple))
				return false;
			const Oid owned_by = ((Form_pg_class)GETSTRUCT(tuple))->relowner;
			ReleaseSysCache(tuple);
			return has_privs_of_role(caller, owned_by);
		}))
		throw Error("42501", "must be owner of table " + name);
	const Rows names = columns.run({kept.number(0, 0)}), now = attributes.run({Value::datum(ObjectIdGetDatum(id_))});
	size_t generated = 0;
	for (size_t i = 0; i < now.size(); i++)
		generated += now.flag(i, 2);
	std::vector<size_t> still; /* of the columns that were kept */
	for (size_t i = 0; i < names.size(); i++) {
		const std::string column = names.text(i, 0), type = names.text(i, 1);
		size_t at = 0;
		while (at < now.size() && (now.text(at, 0) != column || (now.text(at, 1) != type && !(retyped && !names.flag(i, 2))) || now.flag(at, 2)))
			at++;
		/* One that was hidden may have been purged. */
		if (at == now.size() && column.starts_with(catalog::hidden_prefix))
			continue;
		if (at == now.size())
			throw Error("55000", "the rows of table " + name + " cannot be put back",
						"Its column " + quoted(column) + " is gone, or has another type than when they were kept.");
		if (names.flag(i, 2))
			key_.push_back(still.size());
		still.push_back(i);
		columns_.push_back(column);
		types_.push_back(type);
		numbers_.push_back(static_cast<AttrNumber>(now.number(at, 3)));
	}
	has_others_ = now.size() - generated > columns_.size();
	const auto cells_of = [&still](const Rows &rows, size_t row, size_t side) -> std::optional<Cells> {
		if (rows.is_null(row, side))
			return std::nullopt;
		Cells cells, all = kept_cells(rows.text(row, side));
		for (const size_t i : still)
			cells.push_back(std::move(all.at(i)));
		return cells;
	};
	const Rows rows = data.run({kept.number(0, 0)});
	for (size_t i = 0; i < rows.size(); i++)
		rows_.emplace_back(cells_of(rows, i, 0), cells_of(rows, i, 1));
}

Cells KeptTable::key_of(const Cells &cells) const
{
	Cells key;
	for (const size_t i : key_)
		key.push_back(cells[i]);
	return key;
}

std::string KeptTable::kept_as(size_t i) const
{
	return "surefoot_kept.c" + std::to_string(i) + "::" + type_of_kept(types_[i]);
}

std::string KeptTable::same_key() const
{
	std::string text;
	for (const size_t i : key_)
		text += (text.empty() ? "surefoot_row." : " AND surefoot_row.") + quoted(columns_[i]) + " OPERATOR(pg_catalog.=) " + kept_as(i);
	return text;
}

std::string KeptTable::list_of_kept(const std::vector<size_t> &columns) const
{
	return unnested(columns, "surefoot_kept");
}

std::vector<Cells> KeptTable::turned(const std::vector<Cells> &rows, const std::vector<size_t> &columns) const
{
	std::vector<Cells> result;
	for (const size_t i : columns) {
		Cells &column = result.emplace_back();
		for (const Cells &row : rows)
			column.push_back(row[i]);
	}
	return result;
}

/* Those of which found is true, with their places; kept: what goes by the name of surefoot_kept, of columns. */
std::vector<Cells> KeptTable::rows_that_are(const std::string &found, Locks locks, const std::vector<Cells> &kept, const std::vector<size_t> &columns) const
{
	std::string list;
	for (const std::string &column : columns_)
		list += "surefoot_row." + quoted(column) + ", ";
	return run_with_texts("SELECT " + list + "surefoot_row.ctid FROM ONLY " + name_ + " AS surefoot_row " + found +
							  (locks == Locks::none ? "" : " FOR UPDATE OF surefoot_row") + (locks == Locks::at_once ? " SKIP LOCKED" : ""),
						  turned(kept, columns));
}

std::map<Cells, PlacedRow> KeptTable::there(Locks locks) const
{
	std::vector<Cells> named;
	for (const Pair &row : rows_)
		named.push_back(row.first ? *row.first : *row.second);
	std::map<Cells, PlacedRow> result;
	for (Cells &row : rows_that_are("JOIN " + list_of_kept(key_) + " ON " + same_key(), locks, named, key_)) {
		std::string place = *row.back();
		row.pop_back();
		if (Cells key = key_of(row); !result.emplace(std::move(key), PlacedRow{std::move(place), std::move(row)}).second)
			throw Error("55000", "the rows of table " + name_ + " cannot be put back", "What was their key is not unique any more.");
	}
	return result;
}

/*
 * Those that equal one that is kept, as it was or as the migration left it. By their texts: not every type has an operator for that, and a
 * cast of a text to a type of users may be a function of theirs.
 */
std::multimap<Cells, PlacedRow> KeptTable::there_without_key(Locks locks) const
{
	std::vector<Cells> named;
	for (const Pair &row : rows_) {
		if (row.first)
			named.push_back(*row.first);
		if (row.second)
			named.push_back(*row.second);
	}
	std::vector<size_t> all;
	std::string now, kept;
	for (size_t i = 0; i < columns_.size(); i++) {
		all.push_back(i);
		now += (i ? ", surefoot_row." : "surefoot_row.") + quoted(columns_[i]);
		kept += (i ? ", surefoot_kept.c" : "surefoot_kept.c") + std::to_string(i);
	}
	std::multimap<Cells, PlacedRow> result;
	for (Cells &row : rows_that_are("WHERE textin(record_out(ROW(" + now + "))) IN (SELECT textin(record_out(ROW(" + kept + "))) FROM " + list_of_kept(all) + ")",
									locks, named, all)) {
		std::string place = *row.back();
		row.pop_back();
		Cells cells = row;
		result.emplace(std::move(cells), PlacedRow{std::move(place), std::move(row)});
	}
	return result;
}

void KeptTable::look_at_types()
{
	const std::map<Cells, PlacedRow> now = there(Locks::after_waiting);
	for (const Pair &row : rows_)
		if (const auto found = now.find(key_of(row)); found != now.end() && found->second.cells != *row.second) {
			conflicts.push_back(words_of(key_of(row)));
			others_.push_back(kept_text(*row.first));
		}
}

void KeptTable::forget_conflicts() const
{
	static Query forget("DELETE FROM surefoot.archive_row WHERE archive = $1 AND data = ANY ($2)", {INT8OID, TEXTARRAYOID});
	const Internal internal;
	(void)forget.run({archive_, Value::array(others_)});
}

/* found: where it is as the migration left it, if that left it. */
void KeptTable::set_aside(const Pair &row, const PlacedRow *found)
{
	if (!row.first)
		removed_.push_back(*found);
	else if (row.second)
		changed_.push_back({found->place, *row.first});
	else
		added_.push_back(*row.first);
	done_.push_back(row);
}

void KeptTable::look()
{
	if (!has_key()) {
		look_without_key();
		return;
	}
	const std::map<Cells, PlacedRow> now = there(Locks::after_waiting);
	for (const Pair &row : rows_) {
		const Cells key = key_of(row);
		const auto found = now.find(key);
		const std::optional<Cells> is = found == now.end() ? std::nullopt : std::optional(found->second.cells);
		if (is == row.first)
			continue;
		if (is != row.second)
			conflicts.push_back(words_of(key));
		else
			set_aside(row, found == now.end() ? nullptr : &found->second);
	}
}

/*
 * Each row that is there counts once. First for what the migration left: what equals that may equal what another one was. Of equal rows
 * those are taken that nobody else has locked; others are waited for only when these are too few.
 */
void KeptTable::look_without_key()
{
	using Places = std::multimap<Cells, PlacedRow>;
	std::vector<const Pair *> left, removed;
	for (const Pair &row : rows_)
		(row.second ? left : removed).push_back(&row);
	std::set<std::string> taken;
	const auto not_taken = [&taken](Places now) {
		std::erase_if(now, [&taken](const auto &row) { return taken.contains(row.second.place); });
		return now;
	};
	const auto take_left = [&](Places now) {
		std::vector<const Pair *> missing;
		for (const Pair *row : left)
			if (const auto found = now.find(*row->second); found != now.end()) {
				taken.insert(found->second.place);
				set_aside(*row, &found->second);
				now.erase(found);
			} else
				missing.push_back(row);
		left = std::move(missing);
		return now;
	};
	(void)take_left(there_without_key(Locks::at_once));
	if (left.empty() && removed.empty())
		return;
	Places now = not_taken(there_without_key(Locks::none));
	if (std::any_of(left.begin(), left.end(), [&now](const Pair *row) { return now.contains(*row->second); }))
		now = take_left(not_taken(there_without_key(Locks::after_waiting)));
	const auto is_as_it_was = [&now](const Pair &row) {
		const auto found = now.find(*row.first);
		if (found == now.end())
			return false;
		now.erase(found);
		return true;
	};
	for (const Pair *row : left)
		if (row->first && !is_as_it_was(*row))
			conflicts.push_back(words_of(*row->second));
	for (const Pair *row : removed)
		if (!is_as_it_was(*row))
			set_aside(*row, nullptr);
}

void KeptTable::look_at_values()
{
	const std::map<Cells, PlacedRow> now = there(Locks::after_waiting);
	for (Pair &row : rows_)
		if (const auto found = now.find(key_of(row)); found != now.end() && found->second.cells != *row.first) {
			changed_.push_back({found->second.place, *row.first});
			done_.push_back(row);
		}
}

void KeptTable::write()
{
	if (to_do() == 0)
		return;
	try {
		in_subtransaction([this] {
			remove_rows(id_, removed_);
			update_rows(id_, numbers_, changed_);
			insert_rows(id_, numbers_, added_);
		});
	} catch (Error &error) {
		/* Rows that have swapped what is unique can only come back together. What they have in columns that came since would be lost. */
		if (has_others_ || !(error.is("23505") || error.is("23P01")))
			throw;
		std::vector<Cells> changed;
		for (const PlacedRow &row : changed_)
			changed.push_back(row.cells);
		remove_rows(id_, removed_);
		remove_rows(id_, changed_);
		insert_rows(id_, numbers_, changed);
		insert_rows(id_, numbers_, added_);
	}
}

void KeptTable::check()
{
	const auto differs = [this] {
		return Error("55000", "the rows of table " + name_ + " do not come back as they were");
	};
	if (!has_key()) {
		std::multimap<Cells, PlacedRow> now = there_without_key(Locks::none);
		for (const Pair &row : done_) {
			if (!row.first)
				continue;
			const auto found = now.find(*row.first);
			if (found == now.end())
				throw differs();
			now.erase(found);
		}
		return;
	}
	const std::map<Cells, PlacedRow> now = there(Locks::none);
	for (const Pair &row : done_) {
		const auto found = now.find(key_of(row));
		if ((found == now.end() ? std::nullopt : std::optional(found->second.cells)) != row.first)
			throw differs();
	}
}

Touched KeptTable::touched() const
{
	Touched result{id_, name_, columns_, types_, key_, {}, {}, {}, {}};
	for (const Pair &row : done_) {
		if (row.first)
			result.put.push_back(*row.first);
		if (row.second)
			result.taken.push_back(*row.second);
		if (!row.second)
			result.come.push_back(*row.first);
		if (!row.first)
			result.gone.push_back(*row.second);
	}
	return result;
}

} // namespace surefoot

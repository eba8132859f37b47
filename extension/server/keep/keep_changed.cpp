#include "server/keep/keep.hpp"

#include "core/kinds.hpp"
#include "core/sql_text.hpp"
#include "server/catalog/definitions.hpp"
#include "server/catalog/roots.hpp"
#include "server/keep/changed_rows.hpp"
#include "server/keep/keyed_table.hpp"
#include "server/keep/why_not_kept.hpp"
#include "server/record/recorder.hpp"
#include "server/settings.hpp"
#include "server/spi.hpp"

namespace surefoot {

namespace {

/*
 * Leaves the columns that were there before, called and typed as now; false when that is not so of one of them. A key of other columns
 * is none.
 */
bool leave_old_columns(KeyedTable &table, const Recorder &recorder)
{
	const auto address = [&table](AttrNumber column) {
		return catalog::address_text({RelationRelationId, table.id, column});
	};
	const core::Object *was = nullptr;
	for (const core::Object &object : recorder.before())
		if (object.address == address(0))
			was = &object;
	const auto all_fit = [&table] {
		return std::all_of(table.columns.begin(), table.columns.end(), [](const KeyedColumn &column) { return column.fits; });
	};
	/* What no statement was about but queries is as it was. */
	if (was == nullptr)
		return all_fit();
	if (was->identity != table.name)
		return false;
	const core::Objects now = catalog::read_definitions({catalog::root_of(RelationRelationId, table.id)});
	std::set<std::string> old;
	for (const core::Object &object : recorder.before()) {
		if (object.kind != "column" || object.root != was->root)
			continue;
		const core::Object *there = now.find(object.kind, object.identity);
		if (there == nullptr || there->address != object.address)
			return false;
		for (const char *field : {"type", "generated", "collation"})
			if (core::value_of(object, field) != core::value_of(*there, field))
				return false;
		old.insert(object.address);
	}
	bool key_is_old = true;
	std::erase_if(table.columns, [&](const KeyedColumn &column) {
		/* One that is hidden by this migration is none of those that are there. */
		const bool is_new = !old.contains(address(column.number)) && !column.name.starts_with(catalog::hidden_prefix);
		key_is_old = key_is_old && !(is_new && column.in_key);
		return is_new;
	});
	for (KeyedColumn &column : table.columns)
		column.in_key = column.in_key && key_is_old;
	return !table.columns.empty() && all_fit();
}

/* Keeps what was written to the table, and why that cannot all be put back, if so; names gets its name when something has changed. */
std::string keep_table(const Speaker &speaker, Recorder &recorder, Oid id, Oid role, TransactionId step, std::vector<std::string> &names)
{
	const int64 largest = int64(settings::keep_size) * 1024;
	if (table_name(id).empty())
		return "it is dropped in the same migration";
	const std::optional<int64> size = recorder.size_before(id);
	/* Asked when something is in the way alone: most of what is written is kept. */
	const auto why = [&](const char *otherwise) {
		const std::string known = why_not_changed(id, role, size.value_or(0), false);
		return known.empty() ? otherwise : known;
	};
	if (!size || *size > largest || is_stored_anew(id))
		return why("it is stored anew in the same transaction");
	std::optional<KeyedTable> table;
	std::optional<std::map<Cells, ChangedRow>> rows;
	{
		Internal internal;
		pg_call([] { pin_output(); });
		table = keyed_table(id, role, true);
		if (!table || !leave_old_columns(*table, recorder))
			return why("its columns are changed in the same migration");
		/* Before there was the index, several rows may have had the same key. */
		if (OidIsValid(table->index) && is_stored_anew(table->index))
			for (KeyedColumn &column : table->columns)
				column.in_key = false;
		std::vector<AttrNumber> numbers;
		std::vector<size_t> key;
		for (const KeyedColumn &column : table->columns) {
			if (column.in_key)
				key.push_back(numbers.size());
			numbers.push_back(column.number);
		}
		rows = key.empty() ? changed_rows_without_key(id, numbers, step, 2 * largest) : changed_rows(id, numbers, key, step, 2 * largest);
		if (!rows)
			return std::string("more of it is changed than surefoot.keep_size allows") + (key.empty() ? ", or one of several equal rows is gone" : "");
		if (!rows->empty())
			store_rows(speaker, *table, "rows", table->name, *rows);
	}
	if (!rows->empty())
		names.push_back(table->name);
	return "";
}

} // namespace

void keep_changed(const Speaker &speaker, Recorder &recorder)
{
	if (!settings::keep_rows) {
		recorder.rows_not_kept = "surefoot.keep_rows is off";
		return;
	}
	if (recorder.wrote_beyond())
		return;
	/* Of tables that the step has made itself, at most. */
	if (recorder.written().empty()) {
		recorder.rows_kept = true;
		return;
	}
	/* What is deferred to the end of a caller's own transaction may write anything. */
	for (const Oid id : recorder.written())
		if (pg_call([id] { return AfterTriggerPendingOnRel(id); }))
			return;
	const Oid role = GetUserId();
	const TransactionId step = pg_call([] { return GetCurrentTransactionId(); });
	const Recorder::Pause unrecorded;
	try {
		in_subtransaction([&] {
			std::vector<std::string> names;
			for (const Oid id : recorder.written())
				/* With its name, as the script may write to several. */
				if (const std::string why = keep_table(speaker, recorder, id, role, step, names); !why.empty())
					throw Error("0A000", (table_name(id).empty() ? "" : "table " + table_name(id) + ": ") + why);
			std::sort(names.begin(), names.end());
			std::string arguments;
			for (const std::string &name : names)
				arguments += ", " + core::literal(name);
			if (!names.empty())
				recorder.restore = "SELECT surefoot.restore_rows(" + core::literal(speaker.version) + arguments + ")";
			recorder.restored = std::move(names);
			recorder.rows_kept = true;
		});
	} catch (Error &error) {
		recorder.restore.clear();
		recorder.rows_not_kept = error.message;
		/* That rows cannot be kept is no reason not to change them: the way back is without them. */
		if (ends_step(error))
			throw;
	}
}

} // namespace surefoot

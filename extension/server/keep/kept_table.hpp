/* Rows or values of one table as they are kept, against what is there now. */
#pragma once

#include "server/keep/restored_keys.hpp"
#include "server/keep/row_writer.hpp"

namespace surefoot {

/* A table's part of what is kept, and what there is of it. */
class KeptTable {
public:
	/* kinds: rows that were changed, or the values of a column. retyped: it has another type still than that of its values. */
	KeptTable(const std::string &version, const std::string &name, const char *kinds = "rows", bool retyped = false, const char *direction = "up");

	bool purged = false, of_type = false; /* values that a change of the type took */
	/* Of a table without a key a row is known by all that is in it. */
	bool has_key() const { return !key_.empty(); }
	/* Locks the rows that are there now, and sorts out what there is to do. */
	void look();
	/* The same of a column that is new, or has its type again. */
	void look_at_values();
	/* Of one that has the type still that the migration has given it: finds the conflicts. */
	void look_at_types();
	/* Those are left as they are. */
	void forget_conflicts() const;
	void write();
	/* Raises unless every row is what it was. */
	void check();

	std::vector<std::string> conflicts; /* keys; or rows, as the migration left them */
	int64 to_do() const { return static_cast<int64>(removed_.size() + changed_.size() + added_.size()); }
	Touched touched() const;

private:
	using Pair = std::pair<std::optional<Cells>, std::optional<Cells>>; /* was, left by the migration */
	Cells key_of(const Cells &cells) const;
	Cells key_of(const Pair &row) const { return key_of(row.first ? *row.first : *row.second); }
	enum class Locks { none, at_once, after_waiting }; /* at_once: without the rows that others have locked */
	std::map<Cells, PlacedRow> there(Locks locks) const;
	std::multimap<Cells, PlacedRow> there_without_key(Locks locks) const;
	std::vector<Cells> rows_that_are(const std::string &found, Locks locks, const std::vector<Cells> &kept, const std::vector<size_t> &columns) const;
	void look_without_key();
	void set_aside(const Pair &row, const PlacedRow *found);
	std::string same_key() const;
	std::vector<Cells> turned(const std::vector<Cells> &rows, const std::vector<size_t> &columns) const;
	std::string kept_as(size_t i) const;
	std::string list_of_kept(const std::vector<size_t> &columns) const;

	std::string name_;
	int64 archive_ = 0;
	std::vector<std::string> others_; /* rows of the archive that are conflicts */
	Oid id_ = InvalidOid;
	std::vector<std::string> columns_, types_;
	std::vector<AttrNumber> numbers_;
	std::vector<size_t> key_;
	bool has_others_ = false; /* columns that are not kept */
	std::vector<Pair> rows_;
	std::vector<PlacedRow> removed_, changed_; /* where they are; as they are to be */
	std::vector<Cells> added_;
	std::vector<Pair> done_;
};

} // namespace surefoot

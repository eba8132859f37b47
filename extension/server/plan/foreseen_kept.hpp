/*
 * What apply will keep of what a script removes, as far as that is certain before it runs; the rules of keeping are in keep/keep.hpp and
 * reverse/column_place.hpp. Where a statement of the script may change one of their conditions, nothing is certain.
 */
#pragma once

#include "server/plan/planned.hpp"

namespace surefoot {

class Keeping {
public:
	Keeping() = default; /* nothing is kept */
	explicit Keeping(const Planned &planned);

	/* Whether the rows of all tables that a DROP TABLE or a TRUNCATE removes will be kept. */
	bool keeps_dropped(const DropStmt *drop) const;
	bool keeps_truncated(const TruncateStmt *truncate) const;

	/* A sequence that is dropped comes back where it stood. */
	bool keeps_positions() const { return positions_; }
	/* What is certain to be in the way of that, in words; empty where nothing is. */
	std::string why_not_dropped(const DropStmt *drop) const;
	std::string why_not_truncated(const TruncateStmt *truncate) const;
	/* The same of rows that are changed, in a table that may not be there yet. */
	std::string why_not_changed(const RangeVar *table) const;
	/* Why nothing is kept at all, if so. */
	const std::string &why_none() const { return why_none_; }

	/* What becomes of a column that is dropped; place: it can be given its place again, hidden: and the values of all rows. */
	enum class Column { gone, place, hidden };
	Column dropped_column(Oid table, const char *name) const;

	/* Nothing but what is dropped changes rows. */
	bool leaves_rows() const { return !opaque_ && !writes_; }
	/* Rows that are changed are kept, of some tables: see surefoot.keep_rows. */
	bool keeps_rows() const { return rows_; }

private:
	/* What the statements of the script, without those that drop or truncate it, do to a table. */
	enum class Effect { none, columns, unknown };
	void follow(const Statement &statement, const Facts &facts);
	bool is_kept_whole(Oid table) const;
	std::string why_not_all(const std::vector<Oid> &tables) const;
	Effect effect_on(Oid table) const;

	bool tables_ = false, rows_ = false, places_ = false, hides_ = false; /* as set, where anything can be kept at all */
	std::string why_none_;
	bool positions_ = false;
	bool opaque_ = false; /* a statement may do anything */
	bool writes_ = false; /* a statement changes rows */
	std::map<Oid, Effect> effects_;
	std::set<Oid> altered_; /* by statements that do more than to change rows */
	mutable std::map<Oid, std::string> not_changed_; /* by table, why_not_changed: a script may have many statements about one */
	std::set<std::string> made_; /* names, without their schemas, that the script gives to relations */
	std::map<Oid, int> removals_; /* how often it is dropped or truncated */
};

} // namespace surefoot

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
	Effect effect_on(Oid table) const;

	bool tables_ = false, rows_ = false, places_ = false, hides_ = false; /* as set, where anything can be kept at all */
	bool opaque_ = false; /* a statement may do anything */
	bool writes_ = false; /* a statement changes rows */
	std::map<Oid, Effect> effects_;
	std::set<std::string> made_; /* names, without their schemas, that the script gives to relations */
	std::map<Oid, int> removals_; /* how often it is dropped or truncated */
};

} // namespace surefoot

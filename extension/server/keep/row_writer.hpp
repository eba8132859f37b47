/*
 * Writes rows as rows, and not by statements: constraints that belong to the table and its indexes hold, but no trigger and no rule runs, and no
 * setting of the session has to be changed for that, under which users' own defaults, checks and index expressions would run.
 *
 * Whoever writes has seen to the rights, and checks foreign keys, which are triggers.
 */
#pragma once

#include "server/compat.hpp"
#include "server/keep/changed_rows.hpp"

extern "C" {
#include "executor/executor.h"
}

namespace surefoot {

/* Plain data, made and used inside one guarded call. */
struct RowWriter {
	Relation table;
	EState *estate;
	ResultRelInfo *target;

	static RowWriter open(Relation table);
	TupleTableSlot *new_slot(Relation of) const;
	/* By number, what new rows get in the columns whose numbers are not in given; nullptr: nothing, or it follows from the row. */
	ExprState **defaults_beside(const Bitmapset *given) const;
	/* In the memory of one row. */
	void set_defaults(ExprState *const *defaults, TupleTableSlot *row) const;
	void insert(TupleTableSlot *row) const;
	/* at: the place of the row that becomes row, or goes. */
	void update(const ItemPointerData &at, TupleTableSlot *row) const;
	void remove(const ItemPointerData &at) const;
	/* Also makes what was written visible to the next command. */
	void close() const;
};

/* A row that is there, by its place, as text. */
struct PlacedRow {
	std::string place;
	Cells cells;
};

/* Rows as texts of the columns with these numbers; to be called when the texts' settings are pinned (pin_output). */
void remove_rows(Oid table, const std::vector<PlacedRow> &rows);
/* The other columns stay as they are. */
void update_rows(Oid table, const std::vector<AttrNumber> &columns, const std::vector<PlacedRow> &rows);
/* The other columns have their defaults. */
void insert_rows(Oid table, const std::vector<AttrNumber> &columns, const std::vector<Cells> &rows);

} // namespace surefoot

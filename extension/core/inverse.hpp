/*
 * The way back of an effect, as SQL: from what is now to what was before.
 *
 * It is derived from the two definitions of each object, never from the statements that led from one to the other. What differs
 * and has no statement that would restore it is named as lost: nothing is passed over in silence.
 */
#pragma once

#include "core/object.hpp"

namespace surefoot::core {

/* How much of what was there comes back; each is worse than the one before it. */
enum class WayBack { exact, column_order, without_rows, none };

/* "exact", "exact but for column order", "exact without rows", "no way back" */
const char *name_of(WayBack way_back);

/* Something that does not come back, and why. */
struct Loss {
	WayBack way_back = WayBack::none;
	std::string kind, identity, reason;
};

struct Inverse {
	std::vector<std::string> statements; /* in an order that works */
	std::vector<Loss> losses;
	bool again = false; /* only names come back by these: what else there is to do shows when they have run */

	WayBack way_back() const;
};

/* What the definitions do not tell. */
class Surroundings {
public:
	struct Dependent {
		std::string address; /* of what depends: a whole object, or a part such as a column or a trigger */
		Objects root;		 /* the definitions of the object that it is or belongs to, as they are now */
	};
	virtual ~Surroundings() = default;
	/* What would stand in the way if object were dropped or got another type. */
	virtual std::vector<Dependent> dependents(const Object &) { return {}; }
	/* How values of a type are stored unless somebody says otherwise; empty when it is not known. */
	virtual std::string storage_of(const std::string &) { return {}; }
	/* A value that any row can get when nothing is known of the one it had, as SQL; empty when the type has none. */
	virtual std::string filler_of(const std::string &) { return {}; }
	/* Whether the statements of an earlier look have made it: then it is altered, and not made once more. */
	virtual bool is_remade(const Object &) { return false; }
	/* Whether names that come back may be put into the definitions of now by text: nobody will look again. */
	virtual bool is_final() { return true; }
	/* The statement that fills a table, or puts a sequence where it stood, when it has been made anew; empty when nothing does. */
	virtual std::string refill(const Object &) { return {}; }
	/*
	 * The statement that gives a column the values again that a change of its type took from it; nothing when none does, an empty one when it took
	 * none. Before the type is changed back, the same with check_values for restore_column sees to what others have changed since.
	 */
	virtual std::optional<std::string> revalue(const Object &) { return std::nullopt; }
	/*
	 * The statement that refuses, right before a column gets its former type back, when a value would be another one then: others may have
	 * written what only the present type can hold. Empty when nothing does.
	 */
	virtual std::string cast_check(const Object &) { return {}; }
	/* The statement that gives a column that was dropped its place again, with the values of rows not written since; empty when none does. */
	virtual std::string place(const Object &) { return {}; }
	/* Whether no row has a value there, as its table was stored anew. */
	virtual bool is_empty_place(const Object &) { return false; }
	/* Whether a table that is there was truncated, and gets its rows back, with all values, when its columns are what they were. */
	virtual bool has_rows_to_come(const Object &) { return false; }
	/* A column that a table had dropped, or that was hidden in it, and that may come back to its place. */
	struct Hole {
		int number; /* among all columns, from 1 on */
		std::string name, type;
		bool is_dropped;
	};
	/* Those of a table that is made anew, by number, with all other dropped columns; none when nobody asks for any of them. */
	virtual std::vector<Hole> holes(const Object &) { return {}; }

	int version = 150000;
	std::string role; /* as whom the statements will run */
};

/* before: what is to be restored; now: what is there. Both whole: a table with all that hangs on it. */
Inverse derive_inverse(const Objects &before, const Objects &now, Surroundings &surroundings);

/* Whether each value of type from can be had back after a cast to type to: one is wider, or a text that keeps all. */
bool keeps_values(std::string_view from, std::string_view to);

} // namespace surefoot::core

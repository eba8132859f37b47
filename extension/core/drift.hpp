/*
 * What the history recorded against what is there.
 *
 * A difference is told once: a table that is missing is one row with its columns and indexes, and what was only renamed is one object
 * and not two.
 */
#pragma once

#include "core/inverse.hpp"

#include <map>
#include <set>

namespace surefoot::core {

/* The newest that the history says of an object. */
struct Record {
	std::string kind, identity, root, version;
	std::optional<Object> object; /* absent: it was dropped */
	bool made = false;			  /* a migration created it */
	bool here = false;			  /* recorded in this very database, where its address means the same object */
};

/* missing: a migration made it. unexpected: none did, or one has dropped it. */
enum class DriftState { missing, changed, unexpected };
const char *name_of(DriftState state);

struct Drift {
	DriftState state = DriftState::changed;
	std::string version;		 /* that has recorded it, or what it belongs to */
	std::vector<Change> changes; /* from recorded to live: its own first, then those of what belongs to it */

	const Object &object() const { return changes.front().before ? *changes.front().before : *changes.front().after; }
	/* What differs, for people: "- " was recorded, "+ " is there. */
	std::string difference() const;
};

class DriftSearch {
public:
	/*
	 * live: the definitions of all that is recorded, with all that hangs on it, and of what else could be unexpected. known: what need
	 * not be recorded (kind, identity). whole_roots: top-level objects that count as unexpected when nothing is recorded of them.
	 */
	DriftSearch(std::vector<Record> records, const Objects &live, const std::set<std::pair<std::string, std::string>> &known,
				const std::set<std::string> &whole_roots);

	const std::vector<Drift> &found() const { return found_; }

	/* The statements that lead from what is there to what was recorded, or back, for some of what was found. */
	Inverse to_recorded(const std::vector<const Drift *> &drifts, Surroundings &surroundings) const;
	Inverse to_live(const std::vector<const Drift *> &drifts, Surroundings &surroundings) const;

private:
	using Name = std::pair<std::string, std::string>;
	struct Sides {
		Objects recorded, live;
	};

	void give_addresses();
	void compare(const std::set<Name> &known, const std::set<std::string> &whole_roots);
	void gather();
	Sides sides(const std::vector<const Drift *> &drifts) const;

	std::vector<Record> records_;
	const Objects &live_;
	std::map<Name, Record *> by_name_;
	std::map<std::string, const Object *> live_at_;		  /* by address */
	std::map<std::string, std::vector<const Object *>> live_roots_;
	std::vector<Drift> found_;
};

} // namespace surefoot::core

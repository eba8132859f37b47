/*
 * Definitions of database objects, and what differs between two sets of them.
 *
 * An Object is what a person means by "the definition of": an identity, and named properties in the words of SQL. It holds no OID
 * and nothing that is not schema, so it can be compared across time, databases and restores. Where it is found is no part of it.
 */
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace surefoot::core {

struct Object {
	std::string kind;     /* table, column, index, function ... */
	std::string identity; /* qualified and quoted, as in PostgreSQL's own object identities */
	std::string root;     /* where to find the top-level object again; see catalog/roots.hpp */
	std::vector<std::pair<std::string, std::string>> fields = {}; /* properties that have their ordinary value are left out */
	std::string address = {}; /* the same for as long as the object lives, whatever it is called; means nothing elsewhere */

	/* The field's value, or nullptr. */
	const std::string *field(std::string_view name) const;
};

/* logical: what a person means by the schema. physical: also what only the storage knows, such as holes of dropped columns. */
enum class Kind { logical, physical };

/* Whether a field belongs to the physical kind alone. */
bool is_physical(std::string_view field);

/* Same kind, identity and fields; the ways to find it do not count. */
bool equal(const Object &a, const Object &b, Kind kind = Kind::logical);

/* A set of objects, ordered by kind and identity. */
class Objects {
public:
	/* An object that is there already stays as it is: the first image wins. */
	void add(Object object);
	void add(const Objects &others);
	const Object *find(std::string_view kind, std::string_view identity) const;
	bool empty() const { return objects_.empty(); }
	size_t size() const { return sorted().size(); }
	std::vector<Object>::const_iterator begin() const { return sorted().begin(); }
	std::vector<Object>::const_iterator end() const { return sorted().end(); }

private:
	const std::vector<Object> &sorted() const;
	mutable std::vector<Object> objects_;
	mutable size_t in_order_ = 0; /* so many at the beginning are sorted, and none is there twice */
};

bool equal(const Objects &a, const Objects &b, Kind kind = Kind::logical);

/* One object before and after; one of the two may be absent. */
struct Change {
	std::optional<Object> before, after;

	const Object &object() const { return after ? *after : *before; }
};

/* What changed from before to after, ordered by kind and identity. */
std::vector<Change> difference(const Objects &before, const Objects &after, Kind kind = Kind::logical);

/* The names in a field such as "columns": quoted where they have to be, separated by ", "; sorted. */
std::vector<std::string_view> sorted_names(std::string_view list);

/* They differ, and only in the order of columns. */
bool differs_only_in_column_order(const Object &a, const Object &b);
bool differs_only_in_column_order(const std::vector<Change> &changes);
bool differs_only_in_column_order(const Objects &a, const Objects &b);

/* A few lines for a person: a heading, then what was ("- ") and what is ("+ "). */
std::string render(const Change &change);
std::string render(const std::vector<Change> &changes);

/* The definition alone, one field a line (later lines of a value indented). */
std::string render(const Object &object);

/* A hash (64 hexadecimal digits) of the definitions; the same for equal sets, whatever the order they were added in. */
std::string fingerprint(const Objects &objects, Kind kind = Kind::logical);

} // namespace surefoot::core

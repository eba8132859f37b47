/* How an inverse is derived: what the files that know one kind of object each share. Not for others. */
#pragma once

#include "core/inverse.hpp"
#include "core/kinds.hpp"
#include "core/sql_text.hpp"

#include <functional>
#include <list>
#include <map>
#include <set>

namespace surefoot::core {

/* A few statements that belong together. */
struct Action {
	enum class Phase { drop, change, create, finish };
	Phase phase = Phase::change;
	int rank = 0;
	long place = 0;				   /* among those of the same rank */
	const Object *ends = nullptr;  /* the definition that it does away with */
	const Object *makes = nullptr; /* the definition that it brings back */
	bool apart = false;			   /* other objects do not wait for what it makes */
	std::vector<std::string> statements;
};

/* An object that is there, and has to become as it was. A field that nobody takes is lost. */
class Changing {
public:
	Changing(const Object &object_before, const Object &object_now) : before(object_before), now(object_now) {}

	const Object &before, &now;
	std::vector<std::string> statements;
	bool rebuild = false;	  /* it has to be dropped and created */
	bool free = false;		  /* what depends on it has to be away meanwhile */

	std::string was(std::string_view field) const { return value_of(before, field); }
	std::string is(std::string_view field) const { return value_of(now, field); }
	bool differs(std::string_view field) const { return was(field) != is(field); }
	/* Whether it differs; it is seen to from here on. */
	bool take(std::string_view field)
	{
		taken_.emplace(field);
		return differs(field);
	}
	void run(std::string statement) { statements.push_back(std::move(statement)); }
	/* Fields that differ and were not taken. */
	std::vector<std::string> left() const;

private:
	std::set<std::string, std::less<>> taken_;
};

/* The definitions of one time, found by name, address and root. */
class Side {
public:
	explicit Side(const Objects &objects);
	void add(const Object &object);
	const Object *find(const std::string &kind, const std::string &identity) const;
	const Object *at(const std::string &address) const;
	/* All that hangs on a top-level object, itself among it; by its root. */
	const std::vector<const Object *> &members(const std::string &root) const;
	/* The table that a column is of, and so on; the object itself when it is no part. */
	const Object *whole(const Object &object) const;
	/* The parts of one kind, in the order of their addresses. */
	std::vector<const Object *> parts(const Object &whole, std::string_view kind) const;
	const std::list<Object> &all() const { return objects_; }

private:
	std::list<Object> objects_;
	std::map<std::pair<std::string, std::string>, const Object *> names_;
	std::map<std::string, const Object *> addresses_;
	std::map<std::string, std::vector<const Object *>> roots_;
};

class Derivation {
public:
	Derivation(const Objects &objects_before, const Objects &objects_now, Surroundings &surroundings);
	Inverse run();

	Side before, now;
	Surroundings &around;

	void lose(WayBack way_back, const Object &object, std::string reason);
	/* An action beside those that every object has. */
	Action &also(Action::Phase phase, int rank, const Object *makes);
	/* Whether an object of now goes, or one of before comes, as a whole. */
	bool goes(const Object &object) const;
	bool comes(const Object &object) const;
	/* Whether a column that stays loses, or gets, its identity with its sequence, as another sequence has, or had, that one's name. */
	bool identity_gives_way(const Object &sequence) const;
	/* What fills a table that comes; empty when it refers to one that comes back empty. */
	std::string refill(const Object &object);
	/* The statements that make now what before is: nothing is left out without a loss. */
	std::vector<std::string> make(const Object &object_before, const Object &object_now);

private:
	struct Node {
		const Object *before = nullptr, *now = nullptr;
		bool rebuild = false;
		bool detach = false; /* a column without its default for a while */
	};
	using Key = std::pair<std::string, std::string>;

	void build_nodes();
	bool names_first();
	bool follows_parent(const Node &node) const;
	bool goes_by_name(const std::string &name) const;
	/* Whether an object of now stays, and what it is a part of does not, or not with it. */
	bool is_released(const Object &object) const;
	void let_go(const Object &object, std::vector<std::string> statements);
	/* Whether a base type that goes takes its functions along; whether a function is taken along. */
	bool goes_with_functions(const Object &type);
	bool goes_with_type(const Object &function);
	void add_checks(const Object &table);
	void add_release(const Object &was, const Object &is);
	void find_rebuilt();
	void find_remade_sequence(Node &node);
	void rebuild_referring(std::vector<Node *> remade);
	void rebuild(Node &node);
	/* stays: object is altered in place */
	void free_dependents(const Object &object, bool stays);
	void add_actions();
	void add_drop(const Node &node);
	void add_create(const Node &node);
	void add_change(Node &node);
	bool whole_is_rebuilt(const Object &part) const;
	std::vector<std::string> create(const Object &object);
	std::vector<std::string> ordered();

	std::map<Key, Node> nodes_;
	std::list<Action> actions_;
	std::vector<std::pair<const Object *, const Object *>> renames_;
	std::set<std::string> known_roots_;
	Inverse result_;
};

/* What one kind of object needs beyond the fields that all kinds have. */
struct Emitter {
	std::string_view kind;
	/* The statement that creates it; fresh gets the fields that it has then. Empty: it comes by itself, or nothing creates it. */
	void (*create)(Derivation &, const Object &object, Object &fresh, std::vector<std::string> &statements);
	void (*change)(Derivation &, Changing &);
	/* nullptr: DROP and its name */
	void (*drop)(Derivation &, const Object &, std::vector<std::string> &statements);
};
const Emitter *emitter_of(std::string_view kind);

/* The emitters of each kind. */
extern const Emitter table_emitters[], column_emitters[], constraint_emitters[], index_emitters[], sequence_emitters[],
	view_emitters[], routine_emitters[], part_emitters[], type_emitters[], other_emitters[], foreign_emitters[];

/* Fields that many kinds have: owner, grants, comment, security labels, extensions that it belongs to or depends on. */
void change_common(Derivation &, Changing &);
bool is_common(std::string_view field);
void change_grants(Derivation &, Changing &);
/* The same of a field that is about something else than the object itself. */
void change_grants_on(Derivation &, Changing &, const std::string &field, const KindOfObject &words, const std::string &name);
void change_companions(Derivation &, Changing &);
/* ALTER DEFAULT PRIVILEGES has the same clauses. */
std::vector<std::string> grant_statements(const KindOfObject &words, const std::string &was, const std::string &is,
										  const std::string &owner, const std::string &role, const std::string &prefix,
										  const std::string &on, const std::string &column, int version);

/* A statement for a field: $i the name, $t the table of a part, $n the name of a part, $v the value. */
struct FieldRule {
	std::string_view kind, field;
	const char *set, *reset; /* nullptr: nothing restores it */
};
void apply_rules(Changing &changing, const FieldRule *first, size_t count);

struct Partition {
	std::string parent, bound;
};
Partition partition_of(const Object &object);
/* The statements by which object is let go by what goes; and, was being given, by the parents that it did not have then. */
std::vector<std::string> release(const Object &object, const Object *was, const std::function<bool(const std::string &)> &goes);
bool can_be_released(const Object &object);

/* Copies fields into fresh: they are there when the object has been created. */
void keep(Object &fresh, const Object &object, std::initializer_list<std::string_view> fields);

/* The constraint that index stands behind; nullptr when it is an index by itself. */
const Object *constraint_of(const Side &side, const Object &index);

/* A number by which columns of a table stand in their order, and other objects in that in which they were made. */
long place_of(const Object &object);

/* What the rows get in a column that is NOT NULL and comes back to them without its values; empty when nothing has to be said. */
std::string filler_of(Derivation &derivation, const Object &column);

/* The definition of a column within CREATE TABLE and ADD COLUMN; fresh gets the fields that it has then. */
std::string column_definition(Derivation &derivation, const Object &column, Object &fresh);
/* "GENERATED ... AS IDENTITY (...)" */
std::string identity_clause(const Side &side, const Object &column, const std::string &kind);
/* The sequence of an identity column; nullptr when it has none. */
const Object *identity_sequence(const Side &side, const Object &column);
/* The options of a sequence as CREATE SEQUENCE takes them: those that are not ordinary. */
std::string sequence_options(const Object &sequence);
/* "SET (a=1)" and "RESET (b)" that make options what they were; empty when they are. */
std::vector<std::string> option_clauses(const std::string &was, const std::string &is);
/* "OPTIONS (ADD a 'x', DROP b)" for foreign objects; with CREATE: no words. */
std::string foreign_options(const std::string &was, const std::string &is);

} // namespace surefoot::core

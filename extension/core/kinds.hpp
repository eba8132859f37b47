/* What each kind of object is called in SQL, and where it stands among the others. */
#pragma once

#include "core/object.hpp"

namespace surefoot::core {

struct KindOfObject {
	std::string_view kind; /* as in Object */
	const char *sql;	   /* CREATE, ALTER, DROP and COMMENT ON take this word */
	int rank;			   /* created in this order, and dropped in the opposite one */
	bool bears_others;	   /* columns, expressions and the like are made of it: dropped after everything else */
	const char *grant;	   /* GRANT ... ON takes this word; nullptr when there are no privileges */
	const char *owner_has; /* the privileges that the owner has unless somebody says otherwise */
	const char *public_has;
};

/* Of a kind that nobody knows: a rank behind all others and no words. */
const KindOfObject &kind_of(std::string_view kind);

/* Belongs to a table, a view, a type ...; not one itself. */
bool is_part(const Object &object);

/* Of two of the same name: whether rows or values went with the one when the other was made. */
bool is_another(const Object &object, const Object &other);

/* As ALTER, DROP, COMMENT ON and GRANT name it: "TABLE public.t", "TRIGGER x ON public.t". */
std::string reference(const Object &object);
/* The same without the kind. */
std::string name_in_sql(const Object &object);

/* A constraint that an index of the same name stands behind, or that refers to another table. */
bool has_index(const Object &constraint);
bool is_foreign_key(const Object &constraint);
/* What a concurrent build leaves behind that did not come to its end. */
bool is_invalid_index(const Object &object);

/* The value of a field, or ""; all values of one that is there several times, a line each. */
std::string value_of(const Object &object, std::string_view field);

} // namespace surefoot::core

/* Datums as C++ texts. */
#pragma once

#include "server/guard.hpp"

namespace surefoot::catalog {

/* The bytes of a text, varchar or similar; they live in the current memory context. */
std::string_view text_of(Datum value);

/* The elements of a text[], an oid[], a smallint[] or a "char"[]. */
std::vector<std::string_view> texts_of(Datum array);
std::vector<Oid> oids_of(Datum array);
std::vector<AttrNumber> numbers_of(Datum array);

/* name as an identifier, in quotes when it needs them. */
std::string quoted(std::string_view name);
std::string quoted(const NameData &name);
/* text as a string literal. */
std::string literal(std::string_view text);

/* Options (name=value) sorted, as in a WITH or OPTIONS list; a NULL array gives "". */
std::string options_of(Datum array, bool is_null, std::string_view prefix = {});

/* Appends item with ", " in front unless it is the first. */
void append_item(std::string &list, std::string_view item);

/* Calls a function of SQL that returns text, with OIDs; nothing when it returns NULL. */
std::optional<std::string> call_text(PGFunction function, Oid argument);
std::optional<std::string> call_text(PGFunction function, Oid first, Oid second);
/* The same of one that deparses expressions, which a user may have worded otherwise. */
std::string canonical_text(PGFunction function, Oid argument);

} // namespace surefoot::catalog

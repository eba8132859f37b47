/* Which tables a statement is about by name, as far as that can be told before it runs. */
#pragma once

#include "server/script/script.hpp"

namespace surefoot {

/* The name, without its schema, that a relation has from it; nullptr when it gives none. */
const char *name_made(Node *statement);

/* What names mean, or whose rights count, may be other than they are now. */
bool changes_environment(Node *statement);

/* The table that it writes rows of; nullptr when it writes none. */
const RangeVar *written(Node *statement);

} // namespace surefoot

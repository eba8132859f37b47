/* Why the rows of a table are not kept, in words that follow its name; empty where nothing is known to be in the way. */
#pragma once

#include "server/guard.hpp"

namespace surefoot {

inline constexpr char written_before[] = "it was changed before in the same migration";
/* What "it has". */
inline const std::string other_types = "types that are neither the server's own nor enums";

/* All of them, of a table that is dropped or truncated by role. */
std::string why_not_whole(Oid table, Oid role);

/* Those that statements of role change, or, by_key, values of its columns; bytes: how large it is. */
std::string why_not_changed(Oid table, Oid role, int64 bytes, bool by_key);

/* Qualified and quoted; empty when it is gone. */
std::string table_name(Oid table);

} // namespace surefoot

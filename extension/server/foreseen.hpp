/* What a statement tells of its way back by itself. */
#pragma once

#include "core/inverse.hpp"
#include "server/script.hpp"

namespace surefoot {

/* The statements that change rows: they change no definition, and nothing takes them back. */
std::vector<core::Loss> written_rows(const Script &script);

/* What can be told of a way back by the statement alone. */
enum class Foreseen { derived, without_rows, none, needless };
Foreseen foresee_way_back(Node *statement);

} // namespace surefoot

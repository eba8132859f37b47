/* An attempt as bytes, to cross from the session that failed to the worker that writes it down. */
#pragma once

#include "jobs/launch.hpp"

namespace surefoot {

std::string serialize(const Attempt &attempt);
Attempt deserialize(std::string_view bytes);

/* From where this session is. */
void add_origin(Attempt &attempt);

/* Writes attempt to the history: a run that was rolled back, and the event. In a transaction of the caller's. */
void write_attempt(const Attempt &attempt, const std::string &session_role);

} // namespace surefoot

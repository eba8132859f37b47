/* The one statement that takes an operation back, where there is one: advice for who writes the way back, never executed. */
#pragma once

#include "server/plan/operations.hpp"

namespace surefoot {

/* Empty when it takes more than a glance at the statement to know. */
std::string natural_inverse(Node *statement, const Operation &operation);

} // namespace surefoot

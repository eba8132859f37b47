// A call of which nobody knows whether it was committed: the connection broke before the answer.
#pragma once

#include <string>

#include "failure.hpp"
#include "rows.hpp"

namespace surefoot::client {

struct Run;

// Tries for a while; throws the failure when the server does not come back.
void connect_again(Run &run, Failure failure, double seconds, const std::string &hint);

// Connects again and reads the history: what the call would have answered had it been heard. When it
// left no trace, or the server does not come back, the failure is thrown with what is known.
Answer find_answer(Run &run, const std::string &version, const std::string &direction,
				   Failure failure);

} // namespace surefoot::client

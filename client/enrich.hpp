// Adds to a failure what only the client knows: the script's lines and the command to paste next.
#pragma once

#include "failure.hpp"

namespace surefoot::client {

struct Run;

void enrich(Run &run, Failure &failure);

} // namespace surefoot::client

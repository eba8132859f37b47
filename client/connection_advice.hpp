// Turns libpq's words about a failed connection into the variable to look at.
#pragma once

#include <string>

#include "failure.hpp"
#include "settings.hpp"

namespace surefoot::client {

Failure connection_failure(const ConnectionSettings &settings, std::string libpq_message,
						   bool needs_password);

} // namespace surefoot::client

// --echo: the SQL of a call, so that it can be pasted into psql.
#pragma once

#include <string>

#include "connection.hpp"

namespace surefoot::client {

// Parameters are put in as literals; long ones (scripts) by their beginning.
std::string echo_statement(const std::string &sql, const Params &params);

} // namespace surefoot::client

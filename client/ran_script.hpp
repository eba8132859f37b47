// Which text an error speaks of: the file, or, where that is another text by now, what the server has run.
#pragma once

#include <optional>
#include <string>

#include "failure.hpp"

namespace surefoot::client {

struct Run;

struct RanScript {
	std::string text;
	std::string place; // the file, or what it is
	bool derived = false;
};

// Nothing where it cannot be told for certain.
std::optional<RanScript> ran_script(Run &run, const Failure &failure);

} // namespace surefoot::client

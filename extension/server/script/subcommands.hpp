/* The parts of a statement that does several things at once, so that some of them can be left out. */
#pragma once

#include "server/script/script.hpp"

namespace surefoot {

/* "ALTER TABLE t" and "ADD a int", "ADD b int" ... */
struct Subcommands {
	std::string head;
	std::vector<std::string> parts;

	/* The statement again with the parts for which keep says so; empty when none is left. */
	std::string with(const std::vector<bool> &keep) const;
};

/* Of an ALTER TABLE (or of a DROP of several objects); its parts are in the order of the parse tree's list. */
std::optional<Subcommands> split_subcommands(const Statement &statement);

} // namespace surefoot

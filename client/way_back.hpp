// Whether there is a way back, before somebody sets out on it.
#pragma once

#include <string>
#include <vector>

#include "rows.hpp"

namespace surefoot::client {

struct Run;

// The server's word for it; a migration that has one, however lossy, can be reverted.
bool lacks_way_back(const StatusRow &row);

// Throws when one of these, newest first, cannot be walked back: then none shall be.
void refuse_dead_end(Run &run, const std::vector<StatusRow> &rows);

// What undoes the migrations that were just applied, in order, as far as that is possible.
struct WayBack {
	std::string command; // empty when there is none
	std::string remark;	 // for people
	std::vector<Verdict> verdicts; // of those whose way back is less than exact
};
WayBack way_back_of(Run &run, const std::vector<std::string> &applied);

// The last word of a run that has applied these.
void tell_way_back(Run &run, const std::vector<std::string> &applied);

} // namespace surefoot::client

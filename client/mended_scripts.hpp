// The way back and the proof may be mended after their migration has run.
#pragma once

#include <string>
#include <vector>

namespace surefoot::client {

struct Run;
struct Script;

// The end of that warning for a revert.
constexpr const char *registered_way_back = "the way back is the one that was registered";

// Gives the server the down and verify scripts as the files have them. Where an up script was changed since, those
// that were registered stay, which a warning says; its end is instead.
void register_mended(Run &run, const std::vector<std::string> &versions, const std::string &instead);

// Begins a transaction in which the server has the files, for a question, and which is to be rolled back. For the way back it does not
// matter that an up script was changed since: then what was registered is asked about, with the same warning.
void begin_with_files(Run &run, const Script &script, bool way_back);

} // namespace surefoot::client

// The folder of a sandbox, and the remains of those whose guard was killed.
#pragma once

#include <filesystem>

#include "settings.hpp"

namespace surefoot::client {

// Where sandboxes are made: in memory where there is room.
std::filesystem::path sandbox_parent(const Environment &env);

// A new folder, owned by the account (0: by us), with a lock that is held as long as `lock` is open.
std::filesystem::path make_sandbox_folder(const std::filesystem::path &parent, uid_t uid, gid_t gid,
										  int &lock);

// Removes the folders of that account which nobody holds any more.
void sweep_sandboxes(const std::filesystem::path &parent, uid_t uid);

} // namespace surefoot::client
